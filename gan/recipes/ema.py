"""Exponential moving average of weights, with its half-life in images."""

from typing import Any

import jax
import jax.numpy as jnp


def update_average(
    average: Any,
    params: Any,
    *,
    nimg: jax.Array,
    batch_size: int,
    halflife_nimg: float | jax.Array,
    rampup: float,
) -> Any:
    """One step of the average: beta = 0.5 ^ (batch / half-life); float32 trees of equal structure.

    Args:
        average: average before this step.
        params: current weights.
        nimg: images seen before this step.
        batch_size: images of this step.
        halflife_nimg: images after which the contribution of a weight is halved; 0: no averaging.
        rampup: the half-life is at most rampup * nimg; 0 means no ramp.

    Source: Karras et al. 2018, "Progressive growing of GANs", appendix A.1 (the average); Karras et al. 2020,
    "Training GANs with limited data", appendix C (half-lives in images).
    """
    halflife = jnp.float32(halflife_nimg)
    if rampup > 0:
        halflife = jnp.minimum(halflife, nimg.astype(jnp.float32) * rampup)
    beta = jnp.exp2(-jnp.float32(batch_size) / jnp.maximum(halflife, 1e-8))
    return jax.tree.map(lambda a, p: p + (a - p) * beta, average, params)
