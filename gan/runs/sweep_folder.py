"""Folder of a sweep: its trainings, a table of settings, the best first, and a sheet of samples.

<out>/<run>/        run folder of each setting and seed, as of `gan train`
<out>/sweep.json    settings, measures and failures, written after each run
<out>/table.txt     see `table`
<out>/samples.png   see `sample_sheet`
"""

import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from data_prep import outputs
from data_prep.errors import InputError
from data_prep.images import write_image
from data_prep.images.contact_sheet import labelled_rows
from data_prep.progress import Failures, Note, Progress, counted, ignore, no_progress
from data_prep.records.dataset import Dataset
from gan.config import TrainConfig, to_json
from gan.runs.sweep import FILE, MEASURES, Summary, Sweep, SweepRun, as_word, plan_runs, sweep
from gan.sample import load_generator, sample_seeds
from gan.training import prepare, train_run

MISSING = "-"
DIGITS = 4  # significant digits of a measure
ROW_PX = 64  # least height of a row of images
TABLE, SHEET = "table.txt", "samples.png"


@dataclasses.dataclass(frozen=True)
class SweepFiles:
    """Result of `write_sweep`.

    Attributes:
        folder: of the sweep.
        sweep: its runs, ranked.
        failures: name of each run that failed -> reason.
    """

    folder: Path
    sweep: Sweep
    failures: Mapping[str, str]

    def __str__(self) -> str:
        runs = counted(len(self.sweep.runs), "run")
        return f"{table(self.sweep)}\n{self.folder}  {runs}, {FILE}, {TABLE}, {SHEET}"


def write_sweep(
    config: TrainConfig,
    axes: Mapping[str, Sequence[Any]],
    data: Path,
    out: Path,
    *,
    seeds: Sequence[int],
    budget_nimg: int,
    columns: int = 8,
    overwrite: bool = False,
    progress: Progress = no_progress,
    note: Note = ignore,
) -> SweepFiles:
    """Train with every combination of values and seeds, in sequence; write the table and the sheet.

    The same call resumes: runs that are done are not trained again.

    Args:
        config: values of all fields that `axes` does not have.
        axes: field -> values.
        data: dataset folder.
        out: the folder.
        seeds: seeds of each setting.
        budget_nimg: images that each run is trained for.
        columns: samples of each run on the sheet.
        overwrite: replace another sweep in `out`.
        progress: opens a progress bar.
        note: called with each message of the trainings, and a line for each run that ends.

    Raises: InputError: a value is invalid, or dataset, config and folder do not fit.
    """
    for flag, value in (("--budget-nimg", budget_nimg), ("--columns", columns)):
        if value < 1:
            raise InputError(f"{flag} {value}: must be at least 1")
    runs = plan_runs(config, axes, seeds=seeds, budget_nimg=budget_nimg, out=out)
    prepare(runs[0].config, data)  # raises what keeps every run from starting, before `out` exists
    settings = {"data": Dataset(data).content_hash, "seeds": seeds, "budget_nimg": budget_nimg}
    settings |= {"axes": axes, "config": to_json(config)}
    failures = Failures()

    def train(config: TrainConfig, run: Path) -> None:
        train_run(config, data, run, progress=progress, note=note)

    def report(run: SweepRun, number: int) -> None:
        note(f"{number + 1}/{len(runs)} {run.folder}  {run.error or 'done'}")
        if run.error is not None:
            failures(run.folder.name, run.error)

    with outputs.work(
        out, command="gan sweep", settings=settings, source=data, overwrite=overwrite, failures=failures
    ):
        result = sweep(runs, out=out, train=train, report=report)
        with outputs.replacing(out / TABLE) as partial:
            partial.write_text(table(result) + "\n", encoding="utf-8")
        if (sheet := sample_sheet(result, columns=columns)) is not None:
            write_image(out / SHEET, sheet)
    return SweepFiles(out, result, failures)


def table(sweep: Sweep) -> str:
    """Lines of aligned columns: fields of the setting, seeds done, means over seeds, range of the score."""
    shown = [name for name in MEASURES if any(name in summary.means for summary in sweep.summaries)]
    header = [*sweep.summaries[0].setting, "seeds", *shown]
    rows = [header, *(_row(summary, shown) for summary in sweep.summaries)]
    widths = [max(len(row[i]) for row in rows) for i in range(len(header))]
    lines = ["  ".join(word.ljust(width) for word, width in zip(row, widths, strict=True)) for row in rows]
    return "\n".join(line.rstrip() for line in lines)


def sample_sheet(sweep: Sweep, *, columns: int) -> np.ndarray | None:
    """Images of the same seeds from each run that is done, a labelled row each, in the table's order.

    Args:
        sweep: the runs.
        columns: images per row.

    Returns: uint8 [H, W, 3]; None: no run is done.
    """
    done = [run for run in sweep.runs if run.is_done]
    rows = [_samples(run, columns) for run in done]
    return labelled_rows(rows, labels=[_label(run) for run in done]) if rows else None


def _row(summary: Summary, shown: Sequence[str]) -> list[str]:
    done = [run for run in summary.runs if run.is_done]
    words = [as_word(value) for value in summary.setting.values()] + [f"{len(done)}/{len(summary.runs)}"]
    for name in shown:
        word = _number(summary.means.get(name))
        if name == "score" and len(done) > 1 and name in summary.means:
            values = [run.measures[name] for run in done]
            word += f" ({_number(min(values))} to {_number(max(values))})"
        words.append(word)
    return words


def _number(value: float | None) -> str:
    return MISSING if value is None else f"{value:.{DIGITS}g}"


def _samples(run: SweepRun, columns: int) -> np.ndarray:
    generator = load_generator(run.folder)
    scale = max(1, -(-ROW_PX // generator.resolution[0]))
    batches = sample_seeds(generator, range(columns), label=None, truncation=1.0, scale=scale)
    return np.concatenate(list(batches))


def _label(run: SweepRun) -> str:
    fields: dict[str, Any] = run.setting | {"seed": run.config.seed}
    words = [f"{name} {as_word(value)}" for name, value in fields.items()]
    words += [f"{name} {_number(run.measures[name])}" for name in MEASURES[:5] if name in run.measures]
    return ", ".join(words)
