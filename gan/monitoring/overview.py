"""Overview of a run from its files: progress, curves, snapshots, the best one, alarms. Imports no jax."""

import dataclasses
import json
import math
import shutil
from pathlib import Path
from typing import Any

import numpy as np

from data_prep.errors import InputError
from gan.metrics.results import FILE as RESULTS
from gan.metrics.results import read_results
from gan.monitoring.plots import arrange, log_series, result_series
from gan.monitoring.watchdog import assess
from gan.runs.log import FILE as LOG
from gan.runs.log import read_log

CONFIG, SAMPLES, CHECKPOINTS = "config.json", "samples", "checkpoints"
HIGHER_IS_BETTER = ("precision", "recall")
RATE_TICKS = 5  # of the mean of images per second
NOTES = 20  # newest messages
NOT_VALUES = {"kind", "nimg", "values", "extractor", "sec", "metric_images"}


@dataclasses.dataclass(frozen=True)
class Curve:
    """Values of the log by images seen; `floor` of a distance has a curve of its own."""

    name: str
    nimg: list[float]
    values: list[float]


@dataclasses.dataclass(frozen=True)
class CurvePanel:
    """Curves of one pair of axes."""

    title: str
    log_scale: bool
    curves: list[Curve]


@dataclasses.dataclass(frozen=True)
class Snapshot:
    """One snapshot: its sample grid, if it is there, and what was measured."""

    nimg: int
    samples: Path | None
    values: dict[str, float]


@dataclasses.dataclass(frozen=True)
class Alarm:
    """Something that needs attention, in words; `kind` is that of a finding, "not finite" or "disk"."""

    kind: str
    nimg: int
    text: str


@dataclasses.dataclass(frozen=True)
class Overview:
    """State of a run.

    Attributes:
        recipe, preset: of the run.
        data: "folder", "content_hash", "shape" and "classes" of its images.
        nimg, total_nimg: images seen, and the length of the training.
        images_per_sec: mean of the newest ticks; None: no tick yet.
        left_sec: estimated time to total_nimg; None: unknown.
        panels: curves in the order of `inkloop gan curves`.
        snapshots: by nimg.
        best_nimg: the best snapshot by `best_by`; None: none is measured.
        alarms: what needs attention, collapses first.
        notes: newest messages of the log, oldest first: (nimg, message).
    """

    recipe: str
    preset: str
    data: dict[str, Any]
    nimg: int
    total_nimg: int
    images_per_sec: float | None
    left_sec: float | None
    panels: list[CurvePanel]
    snapshots: list[Snapshot]
    best_nimg: int | None
    best_by: str
    alarms: list[Alarm]
    notes: list[tuple[int, str]]


def read_overview(run: Path) -> Overview:
    """Read the log, results and sample grids of a run, which may still be training.

    Raises: InputError: it is no run folder, or its config.json is damaged.
    """
    config = _config(run)
    train = config["train"]
    lines = read_log(run) if (run / LOG).is_file() else []
    series = log_series(lines) | result_series(read_results(run / RESULTS))
    panels = [
        CurvePanel(
            panel.title,
            panel.log_scale,
            [Curve(name, series[name][0].tolist(), series[name][1].tolist()) for name in names],
        )
        for panel, names in (arrange(series) if series else [])
    ]
    ticks = [line for line in lines if line.get("kind") == "tick"]
    rates = [line["images_per_sec"] for line in ticks[-RATE_TICKS:] if "images_per_sec" in line]
    nimg = max((line.get("nimg", 0) for line in lines), default=0)
    total = int(train.get("total_nimg", 0))
    rate = float(np.mean(rates)) if rates else None
    snapshots = _snapshots(run, lines)
    best_by = str(train.get("evaluation", {}).get("best_by", "score"))
    values = {shot.nimg: shot.values[best_by] for shot in snapshots if shot.nimg and best_by in shot.values}
    return Overview(
        recipe=config.get("recipe", "adversarial"),
        preset=str(train.get("preset", "")),
        data=config["data"],
        nimg=nimg,
        total_nimg=total,
        images_per_sec=rate,
        left_sec=(total - nimg) / rate if rate and total >= nimg else None,
        panels=panels,
        snapshots=snapshots,
        best_nimg=best(values, by=best_by),
        best_by=best_by,
        alarms=_alarms(run, lines, ticks),
        notes=[(line["nimg"], line["message"]) for line in lines if line.get("kind") == "note"][-NOTES:],
    )


def best(values: dict[int, float], *, by: str) -> int | None:
    """The first key with the best of the finite values: the least; of precision and recall the greatest."""
    finite = {key: value for key, value in sorted(values.items()) if np.isfinite(value)}
    sign = -1 if by in HIGHER_IS_BETTER else 1
    return min(finite, key=lambda key: sign * finite[key], default=None)


def sample_grid(run: Path, nimg: int | None) -> Path:
    """The sample grid of a snapshot; None: that of real images. Raises: InputError: there is none."""
    path = run / SAMPLES / ("reals.png" if nimg is None else f"{nimg:09d}.png")
    if not path.is_file():
        raise InputError(f"{run.name} has no {SAMPLES}/{path.name}")
    return path


def _config(run: Path) -> dict[str, Any]:
    try:
        config = json.loads((run / CONFIG).read_text(encoding="utf-8"))
        if not isinstance(config["train"], dict) or not isinstance(config["data"], dict):
            raise ValueError("of another schema")
    except FileNotFoundError:
        raise InputError(f"{run} holds no {CONFIG}; name a run folder of gan train") from None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(f"{run / CONFIG} is damaged ({error}); choose another run") from None
    return dict(config)


def _snapshots(run: Path, lines: list[dict[str, Any]]) -> list[Snapshot]:
    grids = {int(path.stem): path for path in (run / SAMPLES).glob("*.png") if path.stem.isdecimal()}
    measured: dict[int, dict[str, float]] = {}
    for line in lines:
        if line.get("kind") == "snapshot":
            numbers = {name: value for name, value in line.items() if name not in NOT_VALUES}
            measured[line["nimg"]] = numbers | line.get("values", {})
    return [
        Snapshot(nimg, grids.get(nimg), measured.get(nimg, {})) for nimg in sorted(set(grids) | set(measured))
    ]


def _alarms(run: Path, lines: list[dict[str, Any]], ticks: list[dict[str, Any]]) -> list[Alarm]:
    alarms = [Alarm(finding.kind, finding.nimg, finding.words) for finding in assess(lines)]
    if ticks:
        bad = [name for name, value in ticks[-1].items() if isinstance(value, float) and math.isnan(value)]
        if bad:
            text = f"{', '.join(bad)} is no longer finite"
            alarms.append(Alarm("not finite", ticks[-1]["nimg"], text))
    free, needed = shutil.disk_usage(run).free, 2 * _checkpoint_bytes(run)
    if free < needed:
        text = f"{free / 1e9:.1f} GB of disk are free; the next checkpoints need about {needed / 1e9:.1f} GB"
        alarms.append(Alarm("disk", ticks[-1]["nimg"] if ticks else 0, text))
    return alarms


def _checkpoint_bytes(run: Path) -> int:
    """Size of the newest checkpoint."""
    folders = [path for path in (run / CHECKPOINTS).glob("*") if path.is_dir() and path.name.isdecimal()]
    newest = max(folders, key=lambda path: int(path.name), default=None)
    files = newest.rglob("*") if newest else []
    return sum(path.stat().st_size for path in files if path.is_file())
