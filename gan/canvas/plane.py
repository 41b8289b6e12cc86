"""Latents of an endless plane: one vector per cell, keyed by seed and integer coordinates.

Any window of the plane has the same vectors, however large it is and in whatever order windows are drawn; the
plane never repeats (rows and columns are numbered modulo 2^32), or does so with a period.
"""

from functools import partial

import jax
import numpy as np

from gan import latents
from gan.families.field import Field
from gan.random_streams import Stream

Window = tuple[int, int, int, int]
"""Top row, left column, rows, columns of a part of the plane, in cells. Rows and columns may be negative."""


def plane_key(seed: int) -> jax.Array:
    """Key of the cells of a seed's plane."""
    return jax.random.fold_in(jax.random.key(seed), Stream.CANVAS_CELLS)


def plane_style(family: Field, seed: int) -> jax.Array:
    """Global vector of a seed [G] ~ N(0, 1): that of its image in every command."""
    return latents.from_seeds([seed], z_dim=family.z_dim)[0, : family.config.global_dim]


def plane_cells(
    key: jax.Array, window: Window, *, dim: int, period: tuple[int, int] | None = None
) -> jax.Array:
    """Vectors ~ N(0, 1) of the cells of a window: float32 [rows, columns, dim].

    Args:
        key: of the plane, `plane_key`.
        window: the part.
        dim: length of a vector.
        period: rows and columns after which the plane repeats; default: never.
    """
    return _vectors_at(key, *_window_numbers(window, period), dim=dim)


def cell_keys(key: jax.Array, window: Window, *, period: tuple[int, int] | None = None) -> jax.Array:
    """The key of every cell of a window, [rows, columns]: that of the plane with row and column folded in."""
    return _keys_at(key, *_window_numbers(window, period))


def cell_numbers(first: int, count: int, *, cycle: int | None = None) -> np.ndarray:
    """Numbers of rows or columns from `first` on, repeating after `cycle`: uint32 [count]."""
    return ((first + np.arange(count)) % (cycle or 2**32)).astype(np.uint32)


def vectors_at(key: jax.Array, y: jax.Array, x: jax.Array, *, dim: int) -> jax.Array:
    """`plane_cells` of rows y [h] and columns x [w], of `cell_numbers`: pure, for use inside jit."""
    draw = jax.vmap(jax.vmap(lambda own: jax.random.normal(own, (dim,))))
    return draw(keys_at(key, y, x))


def keys_at(key: jax.Array, y: jax.Array, x: jax.Array) -> jax.Array:
    """`cell_keys` of rows y [h] and columns x [w], uint32: pure, for use inside jit."""
    return jax.vmap(lambda row: latents.item_keys(row, x))(latents.item_keys(key, y))


_keys_at = jax.jit(keys_at)
_vectors_at = partial(jax.jit, static_argnames="dim")(vectors_at)


def _window_numbers(window: Window, period: tuple[int, int] | None) -> tuple[np.ndarray, np.ndarray]:
    top, left, rows, columns = window
    cycle_rows, cycle_columns = period or (None, None)
    return cell_numbers(top, rows, cycle=cycle_rows), cell_numbers(left, columns, cycle=cycle_columns)
