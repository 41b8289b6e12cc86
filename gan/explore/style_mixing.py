"""Style mixing: some layers of one style, the rest of another.

Source: Karras et al. 2019, "A style-based generator architecture for GANs", section 3.1 and figure 3.
"""

import re
from collections.abc import Sequence

import jax
import jax.numpy as jnp
import numpy as np

from data_prep.errors import InputError


def mix_styles(rows: jax.Array, columns: jax.Array, *, layers: Sequence[int]) -> jax.Array:
    """Every row's style with every column's style in some layers.

    Args:
        rows: w [R, L, W].
        columns: w [C, L, W].
        layers: those that take the column's style, 0 to L - 1; the others keep the row's.

    Returns: w [R, C, L, W].
    """
    taken = jnp.zeros(rows.shape[1], bool).at[jnp.asarray(layers, jnp.int32)].set(True)
    return jnp.where(taken.reshape(1, 1, -1, 1), columns[None], rows[:, None])


def with_sources(mixed: np.ndarray, rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
    """Pictures [R, C, H, W, D] with their sources' [R, H, W, D] down the left edge and [C, H, W, D] along the
    top: uint8 [R + 1, C + 1, H, W, D], white in the corner."""
    corner = np.full_like(columns[:1], 255)
    top = np.concatenate([corner, columns])[None]
    return np.concatenate([top, np.concatenate([rows[:, None], mixed], axis=1)])


def parse_layers(text: str | None, *, count: int) -> list[int]:
    """'0-3' or '0,2,5-7' -> the layers' numbers, in order; None: all of them.

    Args:
        text: as given to --layers.
        count: L, layers that the generator has; 0 is the coarsest.

    Raises: InputError: it is something else, or the generator has no such layers.
    """
    if text is None:
        return list(range(count))
    chosen: set[int] = set()
    for part in text.split(","):
        match = re.fullmatch(r"(\d+)(?:-(\d+))?", part.strip(), re.ASCII)
        first, last = (int(match[1]), int(match[2] or match[1])) if match else (1, 0)
        if last < first:
            raise InputError(f"--layers {text}: give numbers and ranges, as in 0-3 or 0,2,5-7")
        if last >= count:
            known = f"layers 0 to {count - 1}" if count > 1 else "one style for the whole picture, layer 0"
            raise InputError(f"--layers {text}: this generator has {known}")
        chosen.update(range(first, last + 1))
    return sorted(chosen)
