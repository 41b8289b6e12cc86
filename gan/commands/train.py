"""`gan train`: a dataset -> a run folder with a trained generator."""

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import tyro

from configs.gan import ABOUT, CONFIGS, DRAW_CONFIGS
from data_prep.cli import Commands, ParseAgain
from data_prep.progress import print_note, progress
from gan import config as configuration
from gan.commands.train_draw import train_draw_command
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
        from gan.devices import distributed as processes
        from gan.training import saved_training, train_run

        if not is_saved and (saved := saved_training(run, default=default)) is not None:
            raise ParseAgain(train_command(saved, is_saved=True))
        configuration.check(config)
        processes.join(
            distributed=distributed,
            coordinator=coordinator,
            num_processes=num_processes,
            process_id=process_id,
            wait_sec=wait_sec,
        )
        with processes.leaving_together():
            trained = train_run(config, data, run, progress=progress, note=print_note)
            if processes.is_first():
                print(trained)

    return train


TRAIN = Commands(
    {preset: train_command(config) for preset, config in CONFIGS.items()}
    | {preset: train_draw_command(config) for preset, config in DRAW_CONFIGS.items()},
    description="Train a GAN on a dataset, or DRAW on doodles; the preset sets the defaults of the flags.",
    noun="preset",
    about=ABOUT,
)
