"""Adam with beta1 0, corrected for lazy penalties, whose rate and decay may follow schedules.

Adam whose beta1 is 0 is RMSprop with bias correction, which keeps no first moment in memory.
"""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax

from gan.config import TrainConfig
from gan.recipes.schedules import Number, Scheduled, changing

EPSILON = 1e-8


class VaryingDecayState(NamedTuple):
    """State of `scale_by_varying_rms`."""

    decay_product: jax.Array  # of the decays so far, float32 []
    nu: Any  # second moments


def generator_optimizer(config: TrainConfig, now: Scheduled) -> optax.GradientTransformation:
    """Adam at one time, corrected for the lazy path length penalty where there is one."""
    interval = config.loss.path_interval if config.loss.path_weight > 0 else None
    return _adam(now, interval, varying="beta2" in changing(config))


def discriminator_optimizer(config: TrainConfig, now: Scheduled) -> optax.GradientTransformation:
    """Adam at one time, corrected for the lazy R1 and R2 penalties."""
    return _adam(now, config.loss.r1_interval, varying="beta2" in changing(config))


def descend(optimizer: optax.GradientTransformation, grads: Any, opt: Any, params: Any) -> tuple[Any, Any]:
    """One step: (parameters, state of the optimizer)."""
    with jax.numpy_dtype_promotion("standard"):  # optax raises a float to an integer power
        updates, opt = optimizer.update(grads, opt)
        return optax.apply_updates(params, updates), opt


def scale_by_varying_rms(decay: Number) -> optax.GradientTransformation:
    """`optax.scale_by_rms` with bias correction for a decay that differs between steps.

    After t steps nu = sum_i (1 - decay_i) prod_{j > i} decay_j g_i^2. Its weights add up to 1 - prod decay_i,
    which the correction divides by; the state holds the product.

    Source: Kingma and Ba 2015, "Adam", section 3, with decays that vary.
    """

    def init(params: Any) -> VaryingDecayState:
        return VaryingDecayState(jnp.ones(()), jax.tree.map(jnp.zeros_like, params))

    def update(grads: Any, state: VaryingDecayState, params: Any = None) -> tuple[Any, VaryingDecayState]:
        product = state.decay_product * decay
        nu = jax.tree.map(lambda n, g: decay * n + (1 - decay) * jnp.square(g), state.nu, grads)
        scaled = jax.tree.map(lambda n, g: g / (jnp.sqrt(n / (1 - product)) + EPSILON), nu, grads)
        return scaled, VaryingDecayState(product, nu)

    return optax.GradientTransformation(init, update)


def _adam(now: Scheduled, interval: int | None, *, varying: bool) -> optax.GradientTransformation:
    """With c = interval / (interval + 1): rate c * lr and decay beta2^c. The state depends on `varying` only.

    Source: Karras et al. 2020, "Analyzing and improving the image quality of StyleGAN", appendix B.
    """
    c = 1.0 if interval is None else interval / (interval + 1)
    rate, decay = now.learning_rate * c, now.beta2**c
    if varying:
        return optax.chain(scale_by_varying_rms(decay), optax.scale_by_learning_rate(rate))
    return optax.rmsprop(rate, decay=decay, eps=EPSILON, eps_in_sqrt=False, bias_correction=True)
