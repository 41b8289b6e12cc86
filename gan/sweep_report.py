"""Report of a sweep: a table of settings, the best first, and a sheet of samples with a row per run."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from data_prep.images.contact_sheet import labelled_rows
from gan.sample import load_generator, sample_seeds
from gan.sweep import MEASURES, Summary, Sweep, SweepRun, as_word

MISSING = "-"
DIGITS = 4  # significant digits of a measure
ROW_PX = 64  # least height of a row of images


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
