"""Gradient penalties, one value per item."""

import math
from collections.abc import Callable

import jax
import jax.numpy as jnp

from gan.latents import item_keys


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


def path_lengths(
    key: jax.Array, synthesize: Callable[[jax.Array], jax.Array], w: jax.Array, *, items: jax.Array
) -> jax.Array:
    """How far an image moves per step in w: [N] float32.

    Args:
        key: of the random directions in image space; item i's is drawn from fold_in(key, i).
        synthesize: w [N, L, W] -> images [N, H, W, C].
        w: where lengths are measured.
        items: numbers of the items, [N].

    Returns:
        |J_w^T y| with y ~ N(0, I) / sqrt(H W), the root mean over the L styles of the squared norms.

    Source: Karras et al. 2020, "Analyzing and improving the image quality of StyleGAN", section 3.2 and
    appendix B.
    """
    images, pullback = jax.vjp(synthesize, w)
    draw = jax.vmap(lambda k: jax.random.normal(k, images.shape[1:]))
    direction = draw(item_keys(key, items)) / math.sqrt(images.shape[1] * images.shape[2])
    (gradient,) = pullback(direction)
    return jnp.sqrt(jnp.square(gradient).sum(2).mean(1))
