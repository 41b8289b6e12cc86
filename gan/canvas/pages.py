"""Canvases of seeds, drawn a strip at a time by one program: memory grows with the width only."""

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import jax
import numpy as np

from data_prep.errors import InputError
from data_prep.images import write_image
from data_prep.images.row_files import ROW_SUFFIXES, row_file
from gan.canvas.blocks import Blocks, plan_blocks
from gan.canvas.plane import cell_numbers, plane_key, plane_style, vectors_at
from gan.canvas.size import CanvasSize
from gan.canvas.variation import Mixed, Variation, draw_pixels
from gan.families.field import Field
from gan.sample import Generator

WHOLE_BYTES = 1 << 30  # of pixels of an image in a format that is written whole
MOST_SIDE_PX = {".jpg": 65_500, ".jpeg": 65_500, ".webp": 16_383}


def field_of(generator: Generator, *, flag: str = "--canvas") -> Field:
    """The family of a generator without a frame. Raises: InputError: it has one."""
    if isinstance(generator.family, Field):
        return generator.family
    height, width = generator.resolution
    raise InputError(
        f"{flag}: this network has a fixed frame of {width}x{height} px; only family field draws any size. "
        "`inkloop animate STYLE RUN --mosaic 3x2` shows several of its paths side by side"
    )


def iter_strips(
    generator: Generator,
    seed: int,
    size: CanvasSize,
    *,
    tileable: bool = False,
    truncation: float = 1.0,
    blocks: Blocks | None = None,
    variation: Variation | None = None,
) -> Iterator[np.ndarray]:
    """Draw the canvas of a seed from top to bottom; the next strip is drawn while one is used.

    Args:
        generator: of family field.
        seed: of the plane of cells, of which the canvas is the part right and below of cell (0, 0), and of
            the global vector.
        size: of the canvas; sides that are not whole cells are cropped.
        tileable: draw a torus, whose opposite edges meet; the sides are whole cells.
        truncation: psi: 1 = off.
        blocks: how the map is divided; changes rounding only. Default: by platform.
        variation: mixed in by its mask, which repeats with the tiles of a torus.

    Yields: uint8 [rows, W, C], together the canvas.
    """
    family, px = field_of(generator), size.cell_px
    assert size.is_whole or not tileable, size
    blocks = plan_blocks(size.cells, cell_px=px) if blocks is None else blocks
    (down, across), (h, w), halo = blocks.counts, blocks.shape, family.halo_cells
    period = size.cells if tileable else (None, None)
    key, style = plane_key(seed), plane_style(family, seed)

    def dispatch(row: int) -> list[jax.Array]:
        y = cell_numbers(row * h - halo, h + 2 * halo, cycle=period[0])
        columns = [cell_numbers(i * w - halo, w + 2 * halo, cycle=period[1]) for i in range(across)]
        mixed: list[Mixed | None] = [None] * across
        if variation is not None:
            corners = [(row * h - halo, i * w - halo) for i in range(across)]
            around = h + 2 * halo, w + 2 * halo
            mixed = [variation.mixed((*corner, *around), wraps=tileable) for corner in corners]
        return [
            _block(family, generator.params, key, style, y, x, truncation, other)
            for x, other in zip(columns, mixed, strict=True)
        ]

    ready = dispatch(0)
    for row in range(down):
        ahead = dispatch(row + 1) if row + 1 < down else []
        strip = np.concatenate([np.asarray(block) for block in ready], axis=1)
        yield strip[: size.height_px - row * h * px, : size.width_px]
        ready = ahead


def write_canvas(
    path: Path, strips: Iterator[np.ndarray], *, shape: tuple[int, int, int], on_rows: Callable[[int], Any]
) -> None:
    """Write strips uint8 [rows, W, C] to an image file: by rows, or whole in formats that are not streamed.

    Args:
        path: the file.
        strips: of an image of `shape`.
        shape: (H, W, C).
        on_rows: called with the number of rows of every strip.

    Raises: WorkError: the file could not be written.
    """
    if path.suffix.lower() in ROW_SUFFIXES:
        with row_file(path, shape=shape) as write:
            for strip in strips:
                write(strip)
                on_rows(len(strip))
        return
    image, top = np.empty(shape, np.uint8), 0
    for strip in strips:
        image[top : top + len(strip)] = strip
        top += len(strip)
        on_rows(len(strip))
    write_image(path, image)


def check_format(suffix: str, shape: tuple[int, int, int], *, flag: str) -> None:
    """Raise InputError, naming the flag, unless a file of this format can be made of an image of `shape`."""
    height, width, channels = shape
    if suffix in ROW_SUFFIXES:
        return
    most = MOST_SIDE_PX.get(suffix, max(height, width))
    if max(height, width) > most or height * width * channels > WHOLE_BYTES:
        why = (
            f"has at most {most} px a side"
            if max(height, width) > most
            else f"is written whole, from up to {WHOLE_BYTES >> 30} GiB of pixels in memory"
        )
        name = suffix[1:]
        raise InputError(
            f"{flag} {name}: {width}x{height} px are too many, {name} {why}; use {flag} png or tif, which "
            "are written row by row"
        )


@partial(jax.jit, static_argnums=0)
def _block(
    family: Field,
    params: Any,
    key: jax.Array,
    style: jax.Array,
    y: jax.Array,
    x: jax.Array,
    truncation: Any,
    mixed: Mixed | None,
) -> jax.Array:
    """Draw the cells of rows y and columns x without the halo: uint8 [h cell_px, w cell_px, C]."""
    cells = vectors_at(key, y, x, dim=family.config.local_dim)
    return draw_pixels(family, params, style, cells, mixed, truncation=truncation)
