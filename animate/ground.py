"""The endless drawing below a camera, in square tiles of the plane that are drawn when they are needed.

A tile depends only on the seed, its number and the offset of the cells, so frames do not depend on the order
in which they are drawn, and places keep their pixels.
"""

import math
from collections import OrderedDict
from collections.abc import Callable
from functools import partial
from typing import Any, TypeVar

import jax
import jax.numpy as jnp
import numpy as np

from gan.canvas.plane import plane_cells, plane_key, plane_style
from gan.canvas.variation import Mixed, Variation, draw_pixels
from gan.families.field import Field
from gan.sample import Generator

TILE_PX = 256
LEAST_CELLS = 16  # per side of a tile
TAPS = 6  # of the interpolation of latents

T = TypeVar("T")
Tile = tuple[int, int]  # row, column
Phase = tuple[float, float]  # (y, x) of the latents relative to the cells, in cells, 0 to below 1


def tile_cells(family: Field) -> int:
    """Cells along a side of a tile: at least as many as a tile needs of its neighbours."""
    return max(TILE_PX // family.config.cell_px, LEAST_CELLS, family.halo_cells + TAPS // 2)


class Ground:
    """The drawing of a seed.

    Args:
        generator: of family field.
        seed: of all latents.
        truncation: psi.
        loop: (rows, columns) of tiles after which the drawing repeats along that line; None: never.
        variation: mixed in by its mask.
        cached: tiles held in memory.
    """

    def __init__(
        self,
        generator: Generator,
        *,
        seed: int,
        truncation: float = 1.0,
        loop: Tile | None = None,
        variation: Variation | None = None,
        cached: int = 256,
    ) -> None:
        assert isinstance(generator.family, Field), generator.family
        self.family: Field = generator.family
        self._params, self._truncation, self._loop = generator.params, truncation, loop
        self._variation = variation
        self._key, self._style = plane_key(seed), plane_style(self.family, seed)
        self._cells: OrderedDict[Any, np.ndarray] = OrderedDict()
        self._images: OrderedDict[Any, np.ndarray] = OrderedDict()
        self._most = cached
        self.cells = tile_cells(self.family)
        self.tile_px = self.cells * self.family.config.cell_px

    def window(self, first: Tile, counts: Tile, *, phase: Phase = (0.0, 0.0)) -> np.ndarray:
        """Tiles side by side: uint8 [rows tile_px, columns tile_px, C].

        Args:
            first: the top left one.
            counts: rows and columns of tiles.
            phase: offset of the latents.
        """
        rows = [
            np.concatenate(
                [self.tile((first[0] + i, first[1] + j), phase=phase) for j in range(counts[1])], axis=1
            )
            for i in range(counts[0])
        ]
        return np.concatenate(rows)

    def tile(self, tile: Tile, *, phase: Phase = (0.0, 0.0)) -> np.ndarray:
        """One tile: uint8 [tile_px, tile_px, C]."""
        tile = self._once(tile)
        return _cached(self._images, (tile, phase), self._most, lambda: self._drawn(tile, phase))

    def _drawn(self, tile: Tile, phase: Phase) -> np.ndarray:
        reach = self.family.halo_cells + (TAPS // 2 if any(phase) else 0)
        blocks = [[self._latents((tile[0] + i, tile[1] + j)) for j in (-1, 0, 1)] for i in (-1, 0, 1)]
        whole = np.concatenate([np.concatenate(row, axis=1) for row in blocks])
        inner = slice(self.cells - reach, 2 * self.cells + reach)
        weights = interpolation(phase) if any(phase) else None
        cells, mixed = whole[inner, inner], None
        if self._variation is not None:
            mixed = Mixed(self._mask(tile, phase), self._variation.style, self._variation.params)
        image = _draw(self.family, self._params, self._style, cells, weights, mixed, self._truncation)
        return np.asarray(image)

    def _mask(self, tile: Tile, phase: Phase) -> np.ndarray:
        """The mask of a tile and its halo, float32 [h, w]; between cells linear."""
        assert self._variation is not None
        halo = self.family.halo_cells
        side = self.cells + 2 * halo + 1
        part = tile[0] * self.cells - halo, tile[1] * self.cells - halo, side, side
        mask = self._variation.window(part)
        mask = (1 - phase[0]) * mask[:-1] + phase[0] * mask[1:]
        return ((1 - phase[1]) * mask[:, :-1] + phase[1] * mask[:, 1:]).astype(np.float32)

    def _latents(self, tile: Tile) -> np.ndarray:
        """Latents of the cells of a tile [cells, cells, D]."""
        row, column = self._once(tile)
        part = row * self.cells, column * self.cells, self.cells, self.cells
        dim = self.family.config.local_dim
        return _cached(
            self._cells,
            (row, column),
            4 * self._most,
            lambda: np.asarray(plane_cells(self._key, part, dim=dim)),
        )

    def _once(self, tile: Tile) -> Tile:
        """The first of the tiles that are alike because the drawing repeats."""
        if self._loop is None:
            return tile
        axis = int(abs(self._loop[1]) >= abs(self._loop[0]))
        times = tile[axis] // self._loop[axis]
        return tile[0] - times * self._loop[0], tile[1] - times * self._loop[1]


def interpolation(phase: Phase) -> np.ndarray:
    """Weights of TAPS neighbouring vectors along y and x, float32 [2, TAPS].

    Lanczos' windowed sinc, band-limited; scaled to sum of squares 1, so that independent N(0, 1) numbers
    stay N(0, 1). At phase 0 it is exactly the vector itself.
    """
    return np.stack([_lanczos(part) for part in phase]).astype(np.float32)


def _lanczos(part: float) -> np.ndarray:
    if part == 0:
        return np.eye(TAPS)[TAPS // 2 - 1]
    distance = part - (np.arange(TAPS) - (TAPS // 2 - 1))
    weights = np.sinc(distance) * np.sinc(distance / (TAPS // 2))
    return weights / math.sqrt(np.square(weights).sum())


def _cached(cache: OrderedDict[Any, T], name: Any, most: int, make: Callable[[], T]) -> T:
    """An entry of a cache, which drops the one that was not used for longest."""
    if name not in cache:
        cache[name] = make()
        if len(cache) > most:
            cache.popitem(last=False)
    cache.move_to_end(name)
    return cache[name]


@partial(jax.jit, static_argnums=0)
def _draw(
    family: Field,
    params: Any,
    style: jax.Array,
    cells: jax.Array,
    weights: jax.Array | None,
    mixed: Mixed | None,
    truncation: float,
) -> jax.Array:
    """Image uint8 of cells [h, w, D] with the halo, or TAPS / 2 more on each side to be interpolated."""
    if weights is not None:
        height, width = cells.shape[0] - TAPS, cells.shape[1] - TAPS
        cells = sum((weights[0, n] * cells[n + 1 : n + 1 + height] for n in range(TAPS)), jnp.zeros(()))
        cells = sum((weights[1, n] * cells[:, n + 1 : n + 1 + width] for n in range(TAPS)), jnp.zeros(()))
    return draw_pixels(family, params, style, cells, mixed, truncation=truncation)
