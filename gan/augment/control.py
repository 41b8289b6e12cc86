"""Adaptive probability: increased while the discriminator overfits, decreased otherwise.

Source: the paper, section 3, equation 1 (r_t) and the paragraphs around it.
"""

import jax
import jax.numpy as jnp
from flax import struct

from gan.augment.config import AugmentConfig
from gan.config_fields import number


class AdaState(struct.PyTreeNode):
    """p and statistics since its last adjustment; all float32 []."""

    p: jax.Array
    sign_sum: jax.Array
    sign_count: jax.Array


def initial(config: AugmentConfig) -> AdaState:
    """The state at the start of training: p = 0, or the fixed p."""
    zero = jnp.zeros((), jnp.float32)
    return AdaState(
        p=jnp.full((), number(config.augment_p or 0.0), jnp.float32), sign_sum=zero, sign_count=zero
    )


def observe(state: AdaState, mean_sign: jax.Array, *, count: int) -> AdaState:
    """Add the mean sign, float32 [], of the discriminator's outputs on `count` augmented training images."""
    return state.replace(
        sign_sum=state.sign_sum + mean_sign * count,
        sign_count=state.sign_count + count,
    )


def probability(state: AdaState, *, config: AugmentConfig) -> jax.Array:
    """The p to augment with, float32 []: constant, or adaptive and at most augment_p_max."""
    if config.augment_p is not None:
        return jnp.full_like(state.p, number(config.augment_p))
    return jnp.minimum(state.p, config.augment_p_max)


def adjust(state: AdaState, *, batch_size: int, config: AugmentConfig) -> AdaState:
    """Call once per iteration: every `augment_interval` iterations p is adjusted and statistics are reset.

    p increases by images / speed_nimg if their mean sign r_t is above the target, decreases if it is below,
    and is clipped to [0, p_max]. A constant p is not changed.

    Args:
        state: after `observe`.
        batch_size: images observed per iteration; p is due when the count of the statistics reaches
            augment_interval * batch_size, so that resumed runs adjust at the same images.
        config: options of the adaptation; static.
    """
    due = state.sign_count >= config.augment_interval * batch_size
    r_t = state.sign_sum / jnp.maximum(state.sign_count, 1)
    p = state.p
    if config.augment_p is None and config.augment != "off":
        step = state.sign_count / number(config.augment_speed_nimg)
        p = jnp.clip(p + jnp.sign(r_t - config.augment_target) * step, 0.0, config.augment_p_max)
    adjusted = AdaState(p=p, sign_sum=jnp.zeros_like(r_t), sign_count=jnp.zeros_like(r_t))
    return jax.tree.map(lambda new, old: jnp.where(due, new, old), adjusted, state)
