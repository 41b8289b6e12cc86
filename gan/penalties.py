"""Gradient penalties, one value per item."""

from collections.abc import Callable

import jax
import jax.numpy as jnp


def squared_gradient(
    critic: Callable[[jax.Array], jax.Array], images: jax.Array
) -> tuple[jax.Array, jax.Array]:
    """|grad_x critic(x)|^2 per item, the R1 penalty without its weight gamma / 2.

    Args:
        critic: images [N, H, W, C] -> logits [N].
        images: where the gradient is taken, float32 in [-1, 1].

    Returns:
        (squared norms [N] float32, logits [N]): the logits come with the gradient, at no cost.

    Source: Mescheder et al. 2018, "Which training methods for GANs do actually converge?", equation 9.
    """
    logits, pullback = jax.vjp(critic, images)
    (gradient,) = pullback(jnp.ones_like(logits))
    return jnp.sum(jnp.square(gradient.astype(jnp.float32)), axis=(1, 2, 3)), logits
