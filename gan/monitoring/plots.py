"""Plots of a run: values of log.jsonl and metrics.jsonl over images seen."""

import math
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from data_prep.errors import InputError, WorkError
from data_prep.outputs import replacing

Series = dict[str, tuple[np.ndarray, np.ndarray]]  # name -> (nimg, values), in order

COLUMNS = 2
PANEL_IN = (5.6, 2.6)  # width and height
DPI = 120
MANY = 200  # number of points from which a running mean is added
SCHEDULES = ("r1_gamma", "learning_rate", "beta2", "ema_halflife_nimg")
NOT_DRAWN = {"kind", "nimg", "sec", "metric_images", "message"}


class Panel(NamedTuple):
    """One set of axes."""

    title: str
    matches: Callable[[str], bool]  # whether a name belongs here
    log_scale: bool = False
    limits: tuple[float, float | None] | None = None  # of the value axis; None: automatic


PANELS = (
    Panel("bound, nats", lambda name: name.startswith("nats")),
    Panel("losses", lambda name: name.startswith("loss")),
    Panel("penalties, path length", lambda name: name.startswith(("penalty", "path"))),
    Panel("discriminator's logits", lambda name: name.startswith(("logit", "margin"))),
    Panel(
        "augmentation p, sign of D",
        lambda name: (
            name in ("p", "r_t") or name.startswith(("sign", "ada", "augment")) or name.endswith("_p")
        ),
    ),
    Panel(
        "distance at snapshots",
        lambda name: name.startswith(("distance", "floor")) or name == "score",
        log_scale=True,
    ),
    Panel(
        "variety, ratio to reals (1 is right)",
        lambda name: name.startswith(("layout", "pixel_std", "nearest")),
        log_scale=True,
    ),
    Panel("ink fraction", lambda name: name.startswith("ink_fraction"), limits=(0, None)),
    Panel("precision, recall", lambda name: name.startswith(("precision", "recall")), limits=(0, 1.02)),
    Panel("nearest training image, ratio", lambda name: "ratio" in name),
    Panel("metrics", lambda name: " " in name, log_scale=True),
    Panel("images per second", lambda name: name == "images_per_sec", limits=(0, None)),
    Panel("fraction of time waiting for images", lambda name: name == "input_wait", limits=(0, None)),
    Panel("schedules", lambda name: name in SCHEDULES, log_scale=True),
    Panel("others", lambda name: True),
)
"""A series is drawn in the first panel that matches; panels without series are omitted."""


def log_series(lines: Iterable[dict[str, Any]]) -> Series:
    """Series of all numbers in a run's log (`gan.runs.log.read_log`), by name."""
    found: dict[str, list[tuple[float, float]]] = {}
    for line in lines:
        if line.get("kind") not in ("tick", "snapshot"):
            continue
        for name, value in line.items():
            if name not in NOT_DRAWN and isinstance(value, int | float):
                found.setdefault(name, []).append((line["nimg"], value))
    return {name: _arrays(points) for name, points in found.items()}


def result_series(lines: Iterable[dict[str, Any]]) -> Series:
    """Series of `gan metrics` (`gan.metrics.results.read_results`), one per measurement protocol."""
    found: dict[str, dict[float, float]] = {}
    for line in lines:
        how = f"{str(line['extractor']).split('-')[0]}, {line['images']} images"
        if line["truncation"] != 1:
            how += f", truncation {line['truncation']:g}"
        for name, value in line["values"].items():
            if name not in ("relative", "kid_std", "reals_compared", "compared", "least_rms"):
                found.setdefault(f"{name} ({how})", {})[line["nimg"]] = value
    return {name: _arrays(sorted(points.items())) for name, points in found.items()}


def draw_curves(path: Path, series: Series, *, title: str) -> None:
    """Write a PNG with a panel per kind of series.

    Raises: WorkError: the file could not be written.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure
    from matplotlib.ticker import EngFormatter

    drawn = arrange(series)
    rows = -(-len(drawn) // COLUMNS)
    figure = Figure(figsize=(PANEL_IN[0] * COLUMNS, PANEL_IN[1] * rows + 0.4), layout="constrained")
    FigureCanvasAgg(figure)
    figure.suptitle(title)
    grid = np.ravel(figure.subplots(rows, COLUMNS, squeeze=False))
    last = max(float(nimg[-1]) for nimg, _ in series.values())
    for axes, (panel, names) in zip(grid, drawn, strict=False):
        for name in names:
            _draw(axes, name, *series[name])
        axes.set_title(panel.title, fontsize="medium")
        axes.xaxis.set_major_formatter(EngFormatter(sep=""))
        axes.set_xlabel("images seen", fontsize="small")
        axes.grid(alpha=0.3)
        axes.tick_params(labelsize="small")
        axes.set_xlim(-0.02 * last - 1, 1.02 * last + 1)
        if panel.limits is not None:
            axes.set_ylim(*panel.limits)
        if panel.log_scale and all((series[name][1] > 0).all() for name in names):
            axes.set_yscale("log")
        axes.legend(fontsize="x-small")
    for axes in grid[len(drawn) :]:
        axes.set_axis_off()
    try:
        with replacing(path) as partial:
            figure.savefig(partial, dpi=DPI, metadata={"Software": None})
    except OSError as error:
        raise WorkError(f"{path} could not be written: {error.strerror or error}") from error


def arrange(series: Series) -> list[tuple[Panel, list[str]]]:
    """Assign series to panels: non-empty panels with their series names.

    Raises: InputError: no series.
    """
    panels = {name: next(panel for panel in PANELS if panel.matches(name)) for name in series}
    drawn = [(panel, [name for name in series if panels[name] is panel]) for panel in PANELS]
    if not series:
        raise InputError("the log has no numbers yet; the first line is written after --tick-nimg images")
    return [(panel, names) for panel, names in drawn if names]


def running_mean(values: np.ndarray, *, window: int) -> np.ndarray:
    """Mean over `window` neighbours (odd) around each value [N]; fewer at the ends."""
    sums = np.convolve(values, np.ones(window), mode="same")
    return sums / np.convolve(np.ones(len(values)), np.ones(window), mode="same")


def _draw(axes: Any, name: str, nimg: np.ndarray, values: np.ndarray) -> None:
    finite = np.isfinite(values)
    nimg, values = nimg[finite], values[finite]
    if len(values) < MANY:
        axes.plot(nimg, values, label=name, linewidth=1.2, marker="." if len(values) < 40 else None)
        return
    (line,) = axes.plot(nimg, values, linewidth=0.5, alpha=0.3)
    mean = running_mean(values, window=2 * (math.isqrt(len(values)) // 2) + 1)
    axes.plot(nimg, mean, label=name, linewidth=1.4, color=line.get_color())


def _arrays(points: Iterable[tuple[float, float]]) -> tuple[np.ndarray, np.ndarray]:
    nimg, values = zip(*points, strict=True)
    return np.asarray(nimg, float), np.asarray(values, float)
