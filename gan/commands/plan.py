"""`gan plan`: what a training would take, without training."""

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import tyro

from configs.gan import CONFIGS
from data_prep.errors import InputError
from gan import config as configuration
from gan.config import TrainConfig
from gan.config_fields import number


def plan_command(default: TrainConfig) -> Callable[..., None]:
    """`gan plan` with the values of `default` in its flags."""

    def plan(
        preset: tyro.conf.Positional[str],
        config: Annotated[TrainConfig, tyro.conf.arg(name="")] = default,
        *,
        data: Path | None = None,
    ) -> None:
        """Parameters, work per image, memory and expected speed of a training on these devices.

        Args:
            preset: a checked-in config (auto, demo, blob-256 ...).
            config: every field is a flag, as in `gan train`.
            data: dataset folder; without it --resolution and --channels (1 unless given) say what images are.
        """
        if preset not in CONFIGS:
            raise InputError(f"no preset {preset!r}; there are {', '.join(CONFIGS)}")
        configuration.check(config)
        if data is None and config.resolution is None:
            raise InputError(f"preset {preset} takes images of any size; give --data or --resolution")
        from data_prep.records.dataset import Dataset
        from gan import auto, sharding
        from gan.data.reals import open_reals
        from gan.plan import make_plan

        if data is None:
            shape = (config.resolution or 0, config.resolution or 0, config.channels or 1)
            classes = 0
        else:
            reals = open_reals(Dataset(data), config)
            shape, classes = reals.image_shape, len(reals.class_names)
        configuration.check_shape(config, shape)
        mesh = sharding.make_mesh()
        config, reasons = auto.resolve(config, shape, devices=mesh.devices.size)
        sharding.check_batch(number(config.batch_size), mesh)
        print(f"family {config.family}, {' x '.join(map(str, shape))}, batch {config.batch_size}")
        for line in [*reasons, *make_plan(config, shape, mesh, num_classes=classes).lines()]:
            print(line)

    return plan
