"""How the latents of a walk move, drawn."""

from pathlib import Path

import numpy as np
from PIL import Image

from animate.paths.path import Walk
from data_prep.errors import InputError, WorkError
from data_prep.outputs import check_place, replacing

CHARTS = 64  # dimensions that have a chart of their own; more are a heat map
COLUMNS = 8
BESIDE = ("bitloop", "period", "phase")  # styles whose clips have a plot beside them
MOST_POINTS = 1200  # of a line; more would only be ink


def plot_beside(style: str) -> bool:
    """Whether clips of a style are made with a plot: those that are told by their dimensions."""
    return style in BESIDE


def check_plot(walk: Walk, out: Path, *, overwrite: bool = False) -> None:
    """Raise InputError unless a plot of the walk may have this name; no other file is replaced."""
    if out.suffix.lower() != ".png":
        raise InputError(f"{out} is no name for a plot; it should end in .png")
    check_place(out)
    if out.is_dir():
        raise InputError(f"{out} is a folder; name a file in it")
    if out.exists() and not overwrite and _said_by(out) != _name(walk):
        raise InputError(
            f"{out} exists and is no plot of this path; choose another name, or replace it with --overwrite"
        )


def write_plot(walk: Walk, out: Path, *, overwrite: bool = False) -> str:
    """Draw a walk into a PNG file, whole or not at all; returns a line that says what was drawn.

    A walk in w is drawn by its first layer. The file names the path in its metadata.

    Raises:
        InputError: as `check_plot`.
        WorkError: the file could not be written.
    """
    check_plot(walk, out, overwrite=overwrite)
    from matplotlib.figure import Figure  # drawn lazily

    count = len(walk.latents)
    shown = walk.latents[:: max(1, count // MOST_POINTS)]
    values = shown if shown.ndim == 2 else shown[:, 0]
    seconds = np.arange(count)[:: max(1, count // MOST_POINTS)] / walk.fps
    size = values.shape[1]
    if size <= CHARTS:
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
        what = f"{size} charts"
    else:
        figure = Figure(figsize=(10, 6), layout="constrained")
        axis = figure.subplots()
        span = float(np.abs(values).max()) or 1.0
        extent = (0.0, count / walk.fps, size - 0.5, -0.5)
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
        what = f"a heat map of {size} dimensions"
    figure.suptitle(f"{walk.style}, seed {walk.seed}, {count / walk.fps:g} s", fontsize=8)
    try:
        with replacing(out) as partial:
            figure.savefig(partial, dpi=120, metadata={"Software": None, "Comment": _name(walk)})
    except OSError as error:
        raise WorkError(f"{out} could not be written: {error.strerror or error}") from error
    return f"{out}  {what}"


def _name(walk: Walk) -> str:
    return f"{walk.style} {walk.seed} {walk.fps:g} {walk.digest()}"


def _said_by(out: Path) -> str | None:
    """The path that a plot names; None: it is none."""
    try:
        with Image.open(out) as picture:
            return picture.info.get("Comment")
    except OSError:
        return None
