"""Plots of latents over time."""

from pathlib import Path

import numpy as np
from PIL import Image

from animate.paths.path import LatentPath
from data_prep.errors import InputError, WorkError
from data_prep.outputs import check_place, replacing

MAX_CHARTS = 64  # dimensions with a chart each; more are drawn as a heat map
COLUMNS = 8
PLOTTED = ("bitloop", "period", "phase")  # styles defined dimension by dimension
MAX_POINTS = 1200  # per line


def has_plot(style: str) -> bool:
    """Whether videos of a style come with a plot of the path."""
    return style in PLOTTED


def check_plot(path: LatentPath, out: Path, *, overwrite: bool = False) -> None:
    """Raise InputError unless a plot of the path can be written there without replacing another file."""
    if out.suffix.lower() != ".png":
        raise InputError(f"--out {out}: a plot's name must end in .png")
    check_place(out)
    if out.is_dir():
        raise InputError(f"{out} is a folder; name a file in it")
    if out.exists() and not overwrite and _plotted_path(out) != _name(path):
        raise InputError(
            f"{out} exists and is not a plot of this path; choose another --out, or pass --overwrite"
        )


def write_plot(path: LatentPath, out: Path, *, overwrite: bool = False) -> str:
    """Plot a path to a PNG file, whole or not at all; returns a one-line summary.

    Of a path in w the first layer is plotted. The metadata identify the path.

    Raises:
        InputError: as `check_plot`.
        WorkError: the file could not be written.
    """
    check_plot(path, out, overwrite=overwrite)
    from matplotlib.figure import Figure  # slow import

    count = len(path.latents)
    shown = path.latents[:: max(1, count // MAX_POINTS)]
    values = shown if shown.ndim == 2 else shown[:, 0]
    seconds = np.arange(count)[:: max(1, count // MAX_POINTS)] / path.fps
    size = values.shape[1]
    if size <= MAX_CHARTS:
        columns = min(COLUMNS, size)
        rows = -(-size // columns)
        figure = Figure(figsize=(1.5 * columns, 1.0 * rows + 0.5), layout="constrained")
        axes = figure.subplots(rows, columns, sharex=True, sharey=True, squeeze=False)
        for i, axis in enumerate(axes.flat):
            axis.set_axis_on() if i < size else axis.set_axis_off()
            if i < size:
                axis.plot(seconds, values[:, i], color="black", linewidth=0.8)
                axis.set_title(str(i), fontsize=6, pad=2)
                axis.tick_params(labelsize=5)
        summary = f"{size} charts"
    else:
        figure = Figure(figsize=(10, 6), layout="constrained")
        axis = figure.subplots()
        span = float(np.abs(values).max()) or 1.0
        extent = (0.0, count / path.fps, size - 0.5, -0.5)
        image = axis.imshow(
            values.T,
            aspect="auto",
            cmap="RdBu",
            vmin=-span,
            vmax=span,
            extent=extent,
            interpolation="nearest",
        )
        axis.set_xlabel("seconds")
        axis.set_ylabel("dimension")
        figure.colorbar(image)
        summary = f"a heat map of {size} dimensions"
    figure.suptitle(f"{path.style}, seed {path.seed}, {count / path.fps:g} s", fontsize=8)
    try:
        with replacing(out) as partial:
            figure.savefig(partial, dpi=120, metadata={"Software": None, "Comment": _name(path)})
    except OSError as error:
        raise WorkError(f"{out} could not be written: {error.strerror or error}") from error
    return f"{out}  {summary}"


def _name(path: LatentPath) -> str:
    return f"{path.style} {path.seed} {path.fps:g} {path.digest()}"


def _plotted_path(out: Path) -> str | None:
    """The path identified in a plot's metadata; None: not a plot."""
    try:
        with Image.open(out) as image:
            return image.info.get("Comment")
    except OSError:
        return None
