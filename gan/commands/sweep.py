"""`gan sweep`: trainings of several settings in sequence -> run folders, a table, a sheet of samples."""

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import tyro

from configs.gan import ABOUT, CONFIGS
from data_prep.cli import Commands
from data_prep.errors import WorkError
from data_prep.progress import counted, print_note, progress, some
from gan.config import TrainConfig
from gan.config.lists import listed, split


def sweep_command(preset: TrainConfig) -> Callable[..., None]:
    """`gan sweep PRESET`: every number and choice of the preset may have several values."""
    default = listed(preset)

    def sweep(
        config: Any = default,
        *,
        data: Path,
        out: Path,
        seeds: tuple[int, ...] = (0,),
        budget_nimg: int = 10_000,
        columns: int = 8,
        overwrite: bool = False,
    ) -> None:
        """Train with every combination of the values given, in sequence, and rank the settings.

        The same command resumes: finished runs are not trained again. A run that fails is reported, and the
        others go on. Settings are sorted by the mean over seeds of the last snapshot's score, which weighs
        distance and variety.

        Args:
            config: flags of `gan train`; numbers and choices take one value or more.
            data: dataset folder from data-prep.
            out: folder of a run folder per setting and seed, sweep.json, table.txt and samples.png.
            seeds: seeds of each setting.
            budget_nimg: images that each run is trained for.
            columns: samples of each run on the sheet.
            overwrite: replace another sweep in --out.
        """
        from gan.runs.sweep_folder import write_sweep

        base, axes = split(config, like=preset)
        made = write_sweep(
            base,
            axes,
            data,
            out,
            seeds=seeds,
            budget_nimg=budget_nimg,
            columns=columns,
            overwrite=overwrite,
            progress=progress,
            note=print_note,
        )
        print(made)
        if made.failures:
            raise WorkError(f"{counted(len(made.failures), 'run')} failed: {some(list(made.failures))}")

    sweep.__annotations__["config"] = Annotated[type(default), tyro.conf.arg(name="")]
    return sweep


SWEEP = Commands(
    {preset: sweep_command(config) for preset, config in CONFIGS.items()},
    description="Train with several values of settings in sequence, and rank them by distance and variety.",
    noun="preset",
    about=ABOUT,
)
