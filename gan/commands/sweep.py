"""`gan sweep`: trainings of several settings in sequence -> run folders, a table, a sheet of samples."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import tyro

from configs.gan import ABOUT, CONFIGS
from data_prep.cli import Commands
from data_prep.errors import InputError, WorkError
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
        for flag, value in (("--budget-nimg", budget_nimg), ("--columns", columns)):
            if value < 1:
                raise InputError(f"{flag} {value}: must be at least 1")
        base, axes = split(config, like=preset)
        _sweep(base, axes, data, out, seeds, budget_nimg, columns, overwrite)

    sweep.__annotations__["config"] = Annotated[type(default), tyro.conf.arg(name="")]
    return sweep


SWEEP = Commands(
    {preset: sweep_command(config) for preset, config in CONFIGS.items()},
    description="Train with several values of settings in sequence, and rank them by distance and variety.",
    noun="preset",
    about=ABOUT,
)


def _sweep(
    base: TrainConfig,
    axes: dict[str, tuple[Any, ...]],
    data: Path,
    out: Path,
    seeds: tuple[int, ...],
    budget_nimg: int,
    columns: int,
    overwrite: bool,
) -> None:
    from data_prep import outputs
    from data_prep.images import write_image
    from data_prep.progress import counted, some
    from data_prep.records.dataset import Dataset
    from gan import sweep as sweeps
    from gan.config import to_json
    from gan.sweep_report import sample_sheet, table
    from gan.training import prepare, train_run

    runs = sweeps.plan_runs(base, axes, seeds=seeds, budget_nimg=budget_nimg, out=out)
    prepare(runs[0].config, data)  # what no run could start with ends here
    settings = {"data": Dataset(data).content_hash, "seeds": seeds, "budget_nimg": budget_nimg}
    settings |= {"axes": axes, "config": to_json(base)}

    def train(config: TrainConfig, run: Path) -> None:
        train_run(config, data, run, report=lambda line: print(line, file=sys.stderr))

    def report(run: sweeps.SweepRun, number: int) -> None:
        print(f"{number + 1}/{len(runs)} {run.folder}  {run.error or 'done'}", file=sys.stderr)

    with outputs.work(out, command="gan sweep", settings=settings, source=data, overwrite=overwrite):
        result = sweeps.sweep(runs, out=out, train=train, report=report)
        with outputs.replacing(out / "table.txt") as partial:
            partial.write_text(table(result) + "\n", encoding="utf-8")
        if (sheet := sample_sheet(result, columns=columns)) is not None:
            write_image(out / "samples.png", sheet)
        print(table(result))
        print(f"{out}  {counted(len(runs), 'run')}, sweep.json, table.txt, samples.png")
        if failed := [run.folder.name for run in result.failed]:
            raise WorkError(f"{counted(len(failed), 'run')} failed: {some(failed)}; the others are in {out}")
