"""`gan plan`: memory, FLOPs and speed of a training, without training."""

import math
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import tyro

from configs.gan import ABOUT, CONFIGS
from data_prep.cli import Commands
from data_prep.errors import InputError
from gan import config as configuration
from gan.config import TrainConfig
from gan.config_fields import number


def plan_command(default: TrainConfig) -> Callable[..., None]:
    """`gan plan PRESET` with the values of `default`."""

    def plan(
        config: Annotated[TrainConfig, tyro.conf.arg(name="")] = default,
        *,
        data: Path | None = None,
    ) -> None:
        """Print parameters, FLOPs per image, memory and estimated speed of a training on these devices.

        Args:
            config: every field is a flag, as in `gan train`.
            data: dataset folder; without it, --resolution and --channels (default 1) describe the images.
        """
        configuration.check(config)
        if data is None and config.resolution is None:
            raise InputError(f"preset {default.preset} has no fixed resolution; pass --data or --resolution")
        from data_prep.records.dataset import Dataset
        from gan.config import auto
        from gan.data.reals import open_reals
        from gan.devices import sharding
        from gan.plan import make_plan

        if data is None:
            shape = (config.resolution or 0, config.resolution or 0, config.channels or 1)
            classes, count = 0, math.inf
        else:
            reals = open_reals(Dataset(data), config)
            shape, classes, count = reals.image_shape, len(reals.class_names), reals.count
        configuration.check_shape(config, shape)
        mesh = sharding.make_mesh()
        config, reasons = auto.resolve(config, shape, devices=mesh.devices.size, images=count)
        sharding.check_batch(number(config.batch_size), mesh)
        print(f"family {config.family}, {' x '.join(map(str, shape))}, batch {config.batch_size}")
        for line in [*reasons, *make_plan(config, shape, mesh, num_classes=classes).lines()]:
            print(line)

    return plan


PLAN = Commands(
    {preset: plan_command(config) for preset, config in CONFIGS.items()},
    description="Print parameters, FLOPs per image, memory and estimated speed of a training.",
    noun="preset",
    about=ABOUT,
)
