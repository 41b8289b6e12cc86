"""What a discriminator looks for: pictures that climb its score. Pure functions of arrays.

Plain ascent ends in noise that scores high. A smooth picture that scores high wherever it is shifted has to
have the lines themselves.

Sources: Mahendran and Vedaldi 2015, "Understanding deep image representations by inverting them", section 3
(total variation, jitter); Mordvintsev et al. 2015, "Inceptionism" (steps of one size).
"""

from functools import partial
from typing import Any

import jax
import jax.numpy as jnp

from gan.explore.dream_config import DreamConfig
from gan.families import Family


def begin(keys: jax.Array, shape: tuple[int, int, int], *, std: float) -> jax.Array:
    """Noise to begin in, one picture per key [N]: [N, H, W, C] float32 in [-1, 1]."""
    noise = jax.vmap(lambda key: jax.random.normal(key, shape))(keys)
    return jnp.clip(std * noise, -1, 1)


def scores(family: Family, params: Any, images: jax.Array, labels: jax.Array | None) -> jax.Array:
    """A discriminator's logits of images [N, H, W, C] in [-1, 1], each alone: [N] float32.

    A batch of one has no deviation, so that a score does not depend on the other pictures.
    """

    def one(image: jax.Array, label: jax.Array | None) -> jax.Array:
        own = None if label is None else label[None]
        return family.discriminate(params, image[None], labels=own)[0]

    return jax.vmap(one)(images, labels)


def variation(images: jax.Array) -> jax.Array:
    """Mean length of the differences to the neighbours right and below: [N] of [N, H, W, C]."""
    down = jnp.diff(images, axis=1, append=images[:, -1:])
    right = jnp.diff(images, axis=2, append=images[:, :, -1:])
    return jnp.sqrt(jnp.square(down) + jnp.square(right) + 1e-6).mean((1, 2, 3))


def shifted(images: jax.Array, shifts: jax.Array) -> jax.Array:
    """Images [N, H, W, C] rolled by shifts int32 [N, 2], down and right; what leaves comes in opposite."""
    return jax.vmap(lambda image, shift: jnp.roll(image, shift, axis=(0, 1)))(images, shifts)


def ascend(
    keys: jax.Array,
    images: jax.Array,
    step: jax.Array,
    params: Any,
    labels: jax.Array | None,
    *,
    family: Family,
    config: DreamConfig,
) -> jax.Array:
    """One step up: images [N, H, W, C] float32 in [-1, 1] -> the same, none depending on the others.

    Args:
        keys: [N], of the pictures; each step folds its own shifts from them.
        images: before.
        step: its number, int32 [].
        params: of the discriminator.
        labels: classes int32 [N]; None where it knows none.
        family, config: which network, and how.
    """

    def shift(key: jax.Array) -> jax.Array:
        most = config.jitter_px
        return jax.random.randint(jax.random.fold_in(key, step), (2,), -most, most + 1)

    shifts = jax.vmap(shift)(keys)
    seen = shifted(images, shifts)
    up = _of_one_size(jax.grad(lambda x: scores(family, params, x, labels).sum())(seen))
    up = shifted(up, -shifts)
    if config.total_variation:
        up = up - config.total_variation * _of_one_size(jax.grad(lambda x: variation(x).sum())(images))
    share = step.astype(jnp.float32) / config.steps
    rate = config.learning_rate * (1 - 0.9 * share)
    return jnp.clip(images + rate * up, -1, 1)


@partial(jax.jit, static_argnames=("family", "config", "count"))
def climb(
    keys: jax.Array,
    images: jax.Array,
    step: jax.Array,
    params: Any,
    labels: jax.Array | None,
    *,
    family: Family,
    config: DreamConfig,
    count: int,
) -> jax.Array:
    """`count` steps of `ascend` from number `step` on; for one there is no loop, which is slow on CPU."""
    one = partial(ascend, family=family, config=config)
    if count == 1:
        return one(keys, images, step, params, labels)
    return jax.lax.fori_loop(0, count, lambda i, x: one(keys, x, step + i, params, labels), images)


def _of_one_size(gradient: jax.Array) -> jax.Array:
    """Gradients [N, H, W, C], each scaled to a root mean square of 1."""
    squared = jnp.square(gradient).mean((1, 2, 3), keepdims=True)
    return gradient * jax.lax.rsqrt(squared + 1e-20)
