"""Apply a function to an array in batches of one shape, so that it is compiled once.

No item of a result depends on the batch size as long as `fn` treats items independently.
"""

from collections.abc import Callable, Iterator
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np


def pad_batch(x: Any, *, size: int) -> Any:
    """Repeat the last item of every array [N, ...] of a pytree until it has `size` items, N <= size."""

    def pad(array: Any) -> Any:
        missing = size - len(array)
        if not missing:
            return array
        xp = np if isinstance(array, np.ndarray) else jnp
        return xp.concatenate([array, xp.repeat(array[-1:], missing, axis=0)])

    return jax.tree.map(pad, x)


def iter_batches(fn: Callable[[Any], Any], x: Any, *, batch: int) -> Iterator[Any]:
    """Yield fn(part) for consecutive parts of `x`, as NumPy arrays of at most `batch` items.

    Args:
        fn: pytree of arrays [batch, ...] -> pytree of arrays [batch, ...].
        x: pytree of arrays [N, ...], NumPy or JAX; None counts as an empty pytree.
        batch: items per call. The last part is padded by repeating its last item, and its result is cut.
    """
    count = len(jax.tree.leaves(x)[0])
    for first in range(0, count, batch):
        part = jax.tree.map(lambda array, i=first: array[i : i + batch], x)
        n = min(batch, count - first)
        result = fn(pad_batch(part, size=batch))
        yield jax.tree.map(lambda array, n=n: np.asarray(array)[:n], result)


def map_in_batches(fn: Callable[[Any], Any], x: Any, *, batch: int) -> Any:
    """fn(x) computed `batch` items at a time: `iter_batches`, concatenated. `x` holds at least one item."""
    return jax.tree.map(lambda *parts: np.concatenate(parts), *iter_batches(fn, x, batch=batch))
