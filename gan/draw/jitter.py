"""Jitter: random changes of a seed image's pixels, so that its variations differ more."""

import jax
import jax.numpy as jnp

from gan.config.draw import Where

EDGE = 0.25  # of the largest gradient, from which a pixel is at an edge
RAISED = 0.25  # added to a raised pixel
CHANGES = ("set to 1", "doubled", "halved", "raised", "cleared")
"""What happens to a changed pixel, each with the same probability 1/5; results are clipped to [0, 1]."""


def jitter_ink(key: jax.Array, ink: jax.Array, *, probability: float, where: Where = "edges") -> jax.Array:
    """Change random pixels of ink [H, W] in [0, 1]; see CHANGES.

    Args:
        key: of the pixels and of what happens to them.
        ink: 1 is ink.
        probability: that a candidate pixel is changed.
        where: candidates: pixels at edges by the Sobel operator, or all.
    """
    which, how = jax.random.split(key)
    chosen = jax.random.uniform(which, ink.shape) < probability
    if where == "edges":
        chosen &= edges(ink)
    change = jax.random.randint(how, ink.shape, 0, len(CHANGES))
    changed = jnp.stack([jnp.ones_like(ink), 2 * ink, ink / 2, ink + RAISED, jnp.zeros_like(ink)])
    picked = jnp.take_along_axis(changed, change[None], axis=0)[0]
    return jnp.clip(jnp.where(chosen, picked, ink), 0, 1)


def edges(ink: jax.Array) -> jax.Array:
    """Pixels whose Sobel gradient is at least EDGE of the largest: bool [H, W]."""
    padded = jnp.pad(ink, 1, mode="edge")
    smooth_y = padded[:-2] + 2 * padded[1:-1] + padded[2:]
    smooth_x = padded[:, :-2] + 2 * padded[:, 1:-1] + padded[:, 2:]
    squared = jnp.square(smooth_y[:, 2:] - smooth_y[:, :-2]) + jnp.square(smooth_x[2:] - smooth_x[:-2])
    return (squared >= EDGE**2 * squared.max()) & (squared > 0)
