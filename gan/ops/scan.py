"""A loop over stacked inputs inside jit, compiled as `lax.scan` or unrolled."""

from collections.abc import Callable
from typing import Any

import jax
from jax import lax


def scan_or_unroll(body: Callable[[Any, Any], Any], carry: Any, xs: Any, *, unroll: bool) -> Any:
    """Return the carry after `carry = body(carry, x)` for each x along the first axis of `xs`.

    Args:
        body: (carry, x) -> carry; pure.
        carry: a pytree of arrays.
        xs: a pytree of arrays with equal first axes, possibly of length 0.
        unroll: trace `body` once per x. XLA's CPU backend runs convolutions inside a loop many times
            slower, so callers unroll on CPU; on other backends a scan compiles faster.
    """
    if not unroll:
        return lax.scan(lambda carry, x: (body(carry, x), None), carry, xs)[0]
    for i in range(jax.tree.leaves(xs)[0].shape[0]):
        carry = body(carry, jax.tree.map(lambda leaf, i=i: leaf[i], xs))
    return carry
