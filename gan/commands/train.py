"""`gan train`: a dataset -> a run folder with a trained generator."""

import dataclasses
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated

import tyro

from configs.gan import CONFIGS
from data_prep.errors import InputError
from gan import config as configuration
from gan.config import TrainConfig
from gan.config_fields import number


def train_command(default: TrainConfig) -> Callable[..., None]:
    """`gan train` with the values of `default` in its flags: a preset's, or those of the run that goes on."""

    def train(
        preset: tyro.conf.Positional[str],
        config: Annotated[TrainConfig, tyro.conf.arg(name="")] = default,
        *,
        data: Path,
        run: Path,
        distributed: bool = False,
        coordinator: str | None = None,
        num_processes: int | None = None,
        process_id: int | None = None,
        wait_sec: int = 300,
    ) -> None:
        """Train a GAN; the same command again goes on where it was.

        Args:
            preset: a checked-in config: auto, small, demo, blob-256, blob-512, blob-1024, tiny or
                stylegan2-tiny; once it is named, its values are this help's defaults.
            config: every field is a flag; the run folder remembers them.
            data: dataset folder, made by data-prep: tiles, or whole pages that are cut while training.
            run: run folder: config, log, samples, checkpoints and the generator.
            distributed: train in several processes, which SLURM, Open MPI, Kubernetes or a TPU pod has
                started. When one is lost the others leave within a minute, and the same commands go on
                from the last checkpoint.
            coordinator: the same without such a cluster: HOST:PORT of process 0.
            num_processes: how many processes there are.
            process_id: which of them this is, from 0.
            wait_sec: seconds that processes wait for one another at the start.
        """
        if preset not in CONFIGS:
            raise InputError(f"no preset {preset!r}; there are {', '.join(CONFIGS)}")
        if config.preset != preset:
            raise InputError(
                f"{run} was started from preset {config.preset!r}, not {preset!r}; choose a new --run"
            )
        configuration.check(config)
        from gan import distributed as processes

        processes.join(
            distributed=distributed,
            coordinator=coordinator,
            num_processes=num_processes,
            process_id=process_id,
            wait_sec=wait_sec,
        )
        with processes.leaving_together():
            _train(config, data, run)

    return train


def train_default(args: Sequence[str]) -> TrainConfig:
    """The config whose values flags start from: the run's own if --run exists, else the named preset's."""
    from gan.runs.run_folder import FILE, saved_config

    for i, word in enumerate(args):
        run = args[i + 1] if word == "--run" and i + 1 < len(args) else word.removeprefix("--run=")
        if run != word and (Path(run) / FILE).is_file():
            return saved_config(Path(run)) or TrainConfig()
    words = [word for before, word in zip(["", *args], args, strict=False) if not before.startswith("--")]
    return next((CONFIGS[word] for word in words if word in CONFIGS), TrainConfig())


def _train(config: TrainConfig, data: Path, run: Path) -> None:
    import contextlib

    import jax

    from data_prep.records.dataset import Dataset
    from gan import auto, loop, sharding
    from gan import distributed as processes
    from gan.data import batches
    from gan.data.reals import open_reals
    from gan.monitoring import evaluation
    from gan.recipes import build_recipe
    from gan.runs import run_folder

    dataset = Dataset(data)
    reals = open_reals(dataset, config)
    configuration.check_shape(config, reals.image_shape)
    mesh = sharding.make_mesh()
    config, reasons = auto.resolve(config, reals.image_shape, devices=mesh.devices.size)
    if dataset.kind == "tiles":
        batches.check_dataset(dataset, batch_size=number(config.batch_size))
    sharding.check_batch(number(config.batch_size), mesh)
    if config.metric_weights is not None:
        config = dataclasses.replace(config, metric_weights=str(Path(config.metric_weights).resolve()))
    if config.metrics:
        evaluation.open_extractor(config.metric_weights)
        if reals.count < configuration.FEWEST:
            raise InputError(
                f"{data} holds {len(dataset)} images; --metrics need at least {configuration.FEWEST}"
            )
    run_folder.check_same(config, dataset)
    with processes.first_process_first("run folder"):
        config, changed = run_folder.open_run(run, config, dataset, reals)
    leads = jax.process_index() == 0
    for reason in reasons if leads else ():
        print(reason, file=sys.stderr)
    with run_folder.locked(run) if leads else contextlib.nullcontext():
        recipe = build_recipe(config, reals.image_shape, num_classes=len(reals.class_names))
        nimg = loop.train(recipe, reals, run, mesh=mesh, changed=changed)
    if leads:
        print(f"{run}/generator  nimg {nimg}")
        if (run / evaluation.BEST).is_dir():
            print(f"{run / evaluation.BEST}/generator  the best by {config.best_by}")
