"""Images and canvases of several seeds as files, and a grid of them."""

import math
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np

from data_prep.errors import InputError
from data_prep.images import CHANNELS, read_image, write_image
from data_prep.progress import Note, Progress, ignore, no_progress
from gan.canvas.mask_config import MaskConfig
from gan.canvas.pages import check_format, field_of, iter_strips, write_canvas
from gan.canvas.size import CanvasSize, parse_size, rounding_note
from gan.canvas.variation import Variation, read_variation
from gan.runs.log import square_columns, write_grid
from gan.sample import Generator, sample_seeds

GRID_PX = 256  # longer side of a canvas in the grid
REDUCED = ".reduced-"  # files of canvases as in the grid, until it is written: these canvases are finished


class Reduction:
    """Area means of an image that comes in strips; rows and columns that do not fill a pixel are left out.

    Args:
        shape: (H, W, C) of the image.
        most_px: longer side of the reduced image.
    """

    def __init__(self, shape: tuple[int, int, int], *, most_px: int) -> None:
        self._factor = max(1, min(-(-max(shape[:2]) // most_px), *shape[:2]))
        self._waiting = np.empty((0, *shape[1:]), np.uint8)
        self._rows: list[np.ndarray] = []

    def add(self, strip: np.ndarray) -> None:
        """Take the next rows, uint8 [n, W, C]."""
        factor, rows = self._factor, np.concatenate([self._waiting, strip])
        height, width = (side // factor * factor for side in rows.shape[:2])
        whole, self._waiting = rows[:height, :width], rows[height:]
        blocks = whole.reshape(height // factor, factor, width // factor, factor, rows.shape[2])
        self._rows.append(np.rint(blocks.mean(axis=(1, 3), dtype=np.float32)).astype(np.uint8))

    def image(self) -> np.ndarray:
        """The reduced image, uint8 [h, w, C]."""
        return np.concatenate(self._rows)


def check_images(*, scale: int, truncation: float) -> None:
    """Raise InputError, naming the flag, unless images can be drawn with these settings."""
    if not 1 <= scale <= 16:
        raise InputError(f"--scale {scale}: must be from 1 to 16")
    if not math.isfinite(truncation):
        raise InputError(f"--truncation {truncation}: must be finite")


def plan_samples(
    generator: Generator,
    canvas: str | None,
    *,
    tileable: bool = False,
    scale: int = 1,
    format: str = "png",
    note: Callable[[str], object] = ignore,
) -> CanvasSize | None:
    """The size of canvases as written; None: images of the network's own size.

    Args:
        generator: of family field, for canvases.
        canvas: size such as 1920x1080, or None.
        tileable: sides are rounded up to whole cells, and not cropped.
        scale: factor by which images are enlarged.
        format: of the files.
        note: receives a line where sides are not whole cells.

    Raises: InputError, naming the flag: a network with a frame, an invalid size, or flags that do not agree.
    """
    if canvas is None:
        if tileable:
            raise InputError("--tileable requires --canvas WIDTHxHEIGHT")
        return None
    height, width = parse_size(canvas)
    if scale != 1:
        raise InputError(f"--scale {scale}: --canvas {canvas} sets the size; leave --scale out")
    size = CanvasSize(height, width, field_of(generator).config.cell_px)
    if message := rounding_note(size, tileable=tileable):
        note(message)
    size = size.rounded_up() if tileable else size
    shape = (size.height_px, size.width_px, generator.channels)
    check_format(f".{format}", shape, flag="--format")
    return size


def plan_variation(
    generator: Generator, config: MaskConfig, size: CanvasSize | None, *, note: Note = ignore
) -> Variation | None:
    """What the flags of a mask mix into canvases of a size; None: nothing.

    Raises: InputError: a mask without a canvas; as `read_variation`.
    """
    config.check()
    if size is not None:
        size_px = size.height_px, size.width_px
        return read_variation(config, generator, size_px=size_px, note=note)
    if config.mask is not None:
        raise InputError(f"--mask {config.mask} requires --canvas WIDTHxHEIGHT")
    return None


def write_images(
    generator: Generator,
    seeds: Sequence[int],
    out: Path,
    *,
    label: int | None,
    truncation: float,
    scale: int,
    suffix: str,
    grid: bool,
) -> None:
    """Write the image of every seed at the network's own size to out/seed00017.png, and a grid of all.

    Args: as for `write_samples` and `gan.sample.sample_seeds`.
    Raises: WorkError: a file could not be written.
    """
    batches = sample_seeds(generator, seeds, label=label, truncation=truncation, scale=scale)
    images = [image for batch in batches for image in batch]
    for seed, image in zip(seeds, images, strict=True):
        write_image(out / f"seed{seed:05d}{suffix}", image)
    if grid:
        write_grid(out / "grid.png", np.stack(images), columns=square_columns(len(images)))


def write_samples(
    generator: Generator,
    seeds: Sequence[int],
    out: Path,
    *,
    size: CanvasSize,
    tileable: bool,
    truncation: float,
    suffix: str,
    grid: bool,
    variation: Variation | None = None,
    progress: Progress = no_progress,
) -> None:
    """Write the canvas of every seed to out/seed00017.png, and a grid of all.

    Canvases that an interrupted call finished stay as they are.

    Args:
        generator: of family field.
        seeds: of the canvases.
        out: folder, whose files are those of a call with the same arguments.
        size: of each.
        tileable: draw tiles, whose opposite edges meet.
        truncation: psi.
        suffix: of the files.
        grid: also write grid.png, of the canvases reduced to `GRID_PX`.
        variation: mixed in by its mask.
        progress: opens a progress bar, of rows.

    Raises: WorkError: a file could not be written.
    """
    shape = (size.height_px, size.width_px, generator.channels)
    reduced = [out / f"{REDUCED}{seed:05d}.png" for seed in seeds]
    sheet = out / "grid.png"
    with progress(len(seeds) * size.height_px, unit="row", label=f"drawing {out.name}") as bar:
        for seed, small in zip(seeds, reduced, strict=True):
            file = out / f"seed{seed:05d}{suffix}"
            if file.exists() and (not grid or sheet.exists() or small.exists()):
                bar.update(size.height_px)
                continue
            reduction = Reduction(shape, most_px=GRID_PX)
            strips = iter_strips(
                generator, seed, size, tileable=tileable, truncation=truncation, variation=variation
            )
            watched = _reducing(strips, reduction) if grid else strips
            write_canvas(file, watched, shape=shape, on_rows=bar.update)
            if grid:
                write_image(small, reduction.image())
    if grid and not sheet.exists():
        mode = next(mode for mode, count in CHANNELS.items() if count == generator.channels)
        images = np.stack([read_image(small, mode=mode) for small in reduced])
        write_grid(sheet, images, columns=square_columns(len(images)))
    for small in reduced:
        small.unlink(missing_ok=True)


def _reducing(strips: Iterator[np.ndarray], reduction: Reduction) -> Iterator[np.ndarray]:
    for strip in strips:
        reduction.add(strip)
        yield strip
