"""What a survey found, for the eye: numbers as JSON and CSV, records on contact sheets."""

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from data_prep import images, outputs
from data_prep.errors import WorkError
from data_prep.images.contact_sheet import contact_sheet
from data_prep.records.dataset import Dataset
from data_prep.records.quality import Survey, bareness

SHOWN, COLUMNS, PAIRS = 64, 8, 32  # records on a sheet
PERCENTILES = (0, 1, 5, 50, 95, 99, 100)


def write_report(folder: Path, dataset: Dataset, found: Survey) -> list[Path]:
    """Write report.json, records.csv and the sheets.

    sheet.png shows records spread evenly over the dataset; barest.png and blurriest.png begin with those
    that have least ink (or paper) and least sharpness, beyond the thresholds too, so that a better threshold
    can be read off; duplicates.png shows pairs. Labels: position, share of ink, sharpness.

    Args:
        folder: to write into.
        dataset: with everything it holds.
        found: its survey, with measures.

    Returns: the files.
    """
    outputs.write_json(folder / "report.json", summary(dataset, found))
    with outputs.replacing(folder / "records.csv") as partial, partial.open("w", newline="") as file:
        table = csv.writer(file)
        table.writerow(["record", "sound", "ink_share", "sharpness", "same_as"])
        columns = (found.sound, found.ink_share, found.sharpness, found.first)
        for i, (sound, ink, sharp, first) in enumerate(zip(*columns, strict=True)):
            table.writerow([i, int(sound), f"{ink:.5f}", f"{sharp:.5f}", "" if first == i else first])
    written = [folder / "report.json", folder / "records.csv"]

    bare = bareness(found.ink_share)
    drawn = found.sound.copy()
    drawn[found.blank] = False
    sheets: dict[str, Sequence[int]] = {
        "sheet.png": np.unique(np.linspace(0, len(dataset) - 1, SHOWN).astype(int)).tolist(),
        "barest.png": _least(bare, found.sound),
        "blurriest.png": _least(found.sharpness, drawn),
        "duplicates.png": np.stack([found.first, np.arange(len(dataset))], 1)[found.duplicates][:PAIRS]
        .ravel()
        .tolist(),
    }
    for name, positions in sheets.items():
        path = folder / name
        if positions := [position for position in positions if found.sound[position]]:
            write_sheet(path, dataset, found, positions)
            written.append(path)
        else:
            path.unlink(missing_ok=True)
    return written


def summary(dataset: Dataset, found: Survey) -> dict[str, Any]:
    """The numbers of a survey, as report.json holds them."""
    sound = found.sound
    repeats = found.duplicates
    return {
        "schema": 1,
        "dataset": dataset.folder.name,
        "records": len(dataset),
        "shards": len(dataset.shards),
        "excluded": len(dataset.excluded),
        "damages": found.damages,
        "ink_threshold": found.ink_threshold,
        "ink_share": _percentiles(found.ink_share[sound]),
        "sharpness": _percentiles(found.sharpness[sound]),
        "blank": {"ink_share": _numbers(found.blank, found.ink_share)},
        "blurred": {
            "sharpness_below": found.blurred_below,
            "sharpness": _numbers(found.blurred, found.sharpness),
        },
        "duplicates": {"same_as": _numbers(repeats, found.first)},
    }


def write_sheet(path: Path, dataset: Dataset, found: Survey, positions: Sequence[int]) -> None:
    """A contact sheet of some records, with their positions and measures."""
    labels = [f"{i}  {found.ink_share[i]:.2%}  {found.sharpness[i]:.3f}" for i in positions]
    pictures = (dataset[i].image for i in positions)
    try:
        images.write_image(path, contact_sheet(pictures, columns=COLUMNS, labels=labels, background=225))
    except WorkError as error:
        raise WorkError(f"{path} could not be made: {error}") from error


def _least(values: np.ndarray, among: np.ndarray) -> list[int]:
    """Positions of the smallest values, the smallest first."""
    positions = np.flatnonzero(among)
    return positions[np.argsort(values[positions], kind="stable")[:SHOWN]].tolist()


def _percentiles(values: np.ndarray) -> dict[str, float]:
    """Percentiles by name; none of nothing."""
    points = np.percentile(values, PERCENTILES) if len(values) else []
    return {f"p{point}": round(float(value), 5) for point, value in zip(PERCENTILES, points, strict=False)}


def _numbers(positions: np.ndarray, values: np.ndarray) -> dict[str, float | int]:
    """Position -> number."""
    return {
        str(i): round(float(values[i]), 5) if values.dtype.kind == "f" else int(values[i]) for i in positions
    }
