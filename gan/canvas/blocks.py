"""Draw large maps of cells in blocks of one shape, so that memory is bounded and one program draws all."""

import dataclasses
import math
from typing import Any

import jax
import jax.numpy as jnp

from gan.canvas.variation import Mixed, part_varied
from gan.families.field import Field

CPU_PX = 1 << 18  # pixels of a block by default
GPU_PX = 1 << 22


@dataclasses.dataclass(frozen=True)
class Blocks:
    """How a map of cells is divided; the last blocks of a row or column may extend beyond it.

    Attributes:
        cells: (h, w) of the map.
        shape: (h, w) of a block, in cells.
    """

    cells: tuple[int, int]
    shape: tuple[int, int]

    @property
    def counts(self) -> tuple[int, int]:
        """Blocks along each axis."""
        return -(-self.cells[0] // self.shape[0]), -(-self.cells[1] // self.shape[1])

    @property
    def covered(self) -> tuple[int, int]:
        """(h, w) of all blocks together, in cells: at least those of the map."""
        (down, across), (h, w) = self.counts, self.shape
        return down * h, across * w


def plan_blocks(cells: tuple[int, int], *, cell_px: int, block_px: int | None = None) -> Blocks:
    """Divide a map (h, w) into equal blocks of at most about `block_px` pixels, nearly square, or wide.

    Args:
        cells: (h, w) of the map.
        cell_px: side of a cell.
        block_px: pixels of a block; default: by platform.
    """
    if block_px is None:
        block_px = CPU_PX if jax.default_backend() == "cpu" else GPU_PX
    most = max(1, block_px // cell_px**2)
    h, w = cells
    width = min(w, max(1, math.isqrt(2 * most)))
    width = -(-w // -(-w // width))
    height = min(h, max(1, most // width))
    height = -(-h // -(-h // height))
    return Blocks(cells, (height, width))


def draw_blocks(
    family: Field,
    params: Any,
    style: jax.Array,
    cells: jax.Array,
    *,
    blocks: Blocks,
    mixed: Mixed | None = None,
) -> jax.Array:
    """Draw a part of a larger map, block by block in one compiled program: pure, for use inside jit.

    Args:
        family: the networks.
        params: of the generator.
        style: global vectors as in w, [N, G].
        cells: as in w, the part and `halo_cells` more on each side, [N, h + 2 halo, w + 2 halo, D].
        blocks: how the part is divided.
        mixed: see `part_varied`.

    Returns: images [N, h cell_px, w cell_px, C] float32, those of `part_varied` up to rounding.
    """
    if blocks.counts == (1, 1):
        return part_varied(family, params, style, cells, mixed)
    n, halo, px = len(style), 2 * family.halo_cells, family.config.cell_px
    (down, across), (h, w) = blocks.counts, blocks.shape
    extra = [total - size for total, size in zip(blocks.covered, blocks.cells, strict=True)]
    cells = jnp.pad(cells, ((0, 0), (0, extra[0]), (0, extra[1]), (0, 0)))
    mask = None if mixed is None else jnp.pad(mixed.mask, ((0, extra[0]), (0, extra[1])))

    def one(number: jax.Array) -> jax.Array:
        y, x = number // across * h, number % across * w
        size = (n, h + halo, w + halo, cells.shape[3])
        part = jax.lax.dynamic_slice(cells, (0, y, x, 0), size)
        own = mixed
        if mixed is not None and mask is not None:
            own = mixed._replace(mask=jax.lax.dynamic_slice(mask, (y, x), size[1:3]))
        return part_varied(family, params, style, part, own)

    drawn = jax.lax.map(one, jnp.arange(down * across))
    drawn = drawn.reshape(down, across, n, h * px, w * px, -1).transpose(2, 0, 3, 1, 4, 5)
    image = drawn.reshape(n, down * h * px, across * w * px, -1)
    return image[:, : blocks.cells[0] * px, : blocks.cells[1] * px]


def wrapped_cells(cells: jax.Array, *, halo: int) -> jax.Array:
    """Continue a map [N, h, w, D] on a torus: [N, h + 2 halo, w + 2 halo, D]."""
    return jnp.pad(cells, ((0, 0), (halo, halo), (halo, halo), (0, 0)), mode="wrap")
