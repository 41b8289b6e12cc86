"""Report of a survey: numbers as JSON and CSV, records on contact sheets."""

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

SHOWN, COLUMNS, PAIRS = 64, 8, 32  # maximum numbers of records, columns and pairs on a sheet
PERCENTILES = (0, 1, 5, 50, 95, 99, 100)


def write_report(folder: Path, dataset: Dataset, found: Survey) -> list[Path]:
    """Write report.json, records.csv and the sheets.

    sheet.png shows records at even intervals of the dataset; barest.png and blurriest.png are sorted by ink
    (or paper) and by sharpness, across the thresholds, so that a better threshold can be read off;
    duplicates.png shows pairs. Labels: position, ink fraction, sharpness.

    Args:
        folder: output folder.
        dataset: opened with all its records.
        found: its survey, with measurements.

    Returns: paths of the files.
    """
    outputs.write_json(folder / "report.json", summary(dataset, found))
    with outputs.replacing(folder / "records.csv") as partial, partial.open("w", newline="") as file:
        table = csv.writer(file)
        table.writerow(["record", "sound", "ink_fraction", "sharpness", "same_as"])
        columns = (found.sound, found.ink_fraction, found.sharpness, found.first)
        for i, (sound, ink, sharp, first) in enumerate(zip(*columns, strict=True)):
            table.writerow([i, int(sound), f"{ink:.5f}", f"{sharp:.5f}", "" if first == i else first])
    written = [folder / "report.json", folder / "records.csv"]

    bare = bareness(found.ink_fraction)
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
    """Numbers of a survey, as written to report.json."""
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
        "ink_fraction": _percentiles(found.ink_fraction[sound]),
        "sharpness": _percentiles(found.sharpness[sound]),
        "blank": {"ink_fraction": _numbers(found.blank, found.ink_fraction)},
        "blurred": {
            "sharpness_below": found.blurred_below,
            "sharpness": _numbers(found.blurred, found.sharpness),
        },
        "duplicates": {"same_as": _numbers(repeats, found.first)},
    }


def write_sheet(path: Path, dataset: Dataset, found: Survey, positions: Sequence[int]) -> None:
    """Write a contact sheet of records, labelled with position, ink fraction and sharpness."""
    labels = [f"{i}  {found.ink_fraction[i]:.2%}  {found.sharpness[i]:.3f}" for i in positions]
    shown = (dataset[i].image for i in positions)
    try:
        images.write_image(path, contact_sheet(shown, columns=COLUMNS, labels=labels, background=225))
    except WorkError as error:
        raise WorkError(f"{path} could not be written: {error}") from error


def _least(values: np.ndarray, among: np.ndarray) -> list[int]:
    """Positions of the smallest values, in ascending order."""
    positions = np.flatnonzero(among)
    return positions[np.argsort(values[positions], kind="stable")[:SHOWN]].tolist()


def _percentiles(values: np.ndarray) -> dict[str, float]:
    """Percentiles by name; empty for no values."""
    points = np.percentile(values, PERCENTILES) if len(values) else []
    return {f"p{point}": round(float(value), 5) for point, value in zip(PERCENTILES, points, strict=False)}


def _numbers(positions: np.ndarray, values: np.ndarray) -> dict[str, float | int]:
    """Values by position."""
    return {
        str(i): round(float(values[i]), 5) if values.dtype.kind == "f" else int(values[i]) for i in positions
    }
