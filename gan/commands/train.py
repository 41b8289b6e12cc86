"""`gan train`: a dataset -> a run folder with a trained generator."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import tyro

from configs.gan import ABOUT, CONFIGS
from data_prep.cli import Commands, ParseAgain
from data_prep.errors import InputError
from gan import config as configuration
from gan.config import TrainConfig


def train_command(default: TrainConfig, *, is_saved: bool = False) -> Callable[..., None]:
    """`gan train PRESET` with the values of `default`: those of the preset, or of a saved run."""

    def train(
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
        """Train a GAN; the same command again resumes from the last checkpoint.

        Flags that a resumed run does not repeat keep the run's values.

        Args:
            config: every field is a flag; the run folder stores them.
            data: dataset folder from data-prep: tiles, or whole pages, cut into tiles during training.
            run: run folder: config, log, samples, checkpoints and the generator.
            distributed: multi-process training under SLURM, Open MPI, Kubernetes or a TPU pod. If one process
                is lost, the others exit within a minute; the same commands resume from the last checkpoint.
            coordinator: HOST:PORT of process 0, for multi-process training without such a cluster.
            num_processes: number of processes.
            process_id: number of this process, from 0.
            wait_sec: timeout for the processes to connect at the start, seconds.
        """
        if not is_saved and (saved := _saved_config(run, preset=default.preset)) is not None:
            raise ParseAgain(train_command(saved, is_saved=True))
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


TRAIN = Commands(
    {preset: train_command(config) for preset, config in CONFIGS.items()},
    description="Train a GAN on a dataset; the preset sets the defaults of the flags.",
    noun="preset",
    about=ABOUT,
)


def _saved_config(run: Path, *, preset: str) -> TrainConfig | None:
    """The config of an existing run, None if there is none. Raises InputError if it has another preset."""
    from gan.runs.run_folder import FILE, saved_config

    saved = saved_config(run) if (run / FILE).is_file() else None
    if saved is None:
        return None
    if not isinstance(saved, TrainConfig) or saved.preset != preset:
        raise InputError(
            f"{run} was started from preset {saved.preset!r}, not {preset!r}; choose a new --run"
        )
    return saved


def _train(config: TrainConfig, data: Path, run: Path) -> None:
    import jax

    from gan.training import train_run

    trained = train_run(config, data, run, report=lambda line: print(line, file=sys.stderr))
    if jax.process_index() == 0:
        print(f"{run}/generator  nimg {trained.nimg}")
        if trained.best is not None:
            print(f"{trained.best}/generator  the best by {trained.config.evaluation.best_by}")
