"""Adam, corrected for lazy penalties, whose rate and decay may follow schedules, and decoupled weight decay.

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


class VaryingAdamState(NamedTuple):
    """State of `scale_by_varying_adam`."""

    first_decay_product: jax.Array  # beta1 to the number of steps, float32 []
    decay_product: jax.Array  # of the second-moment decays so far, float32 []
    mu: Any  # first moments
    nu: Any  # second moments


def generator_optimizer(config: TrainConfig, now: Scheduled) -> optax.GradientTransformation:
    """Adam at one time, corrected for the lazy path length penalty where there is one."""
    interval = config.loss.path_interval if config.loss.path_weight > 0 else None
    return _adam(config, now, interval, frozen=0)


def discriminator_optimizer(config: TrainConfig, now: Scheduled) -> optax.GradientTransformation:
    """Adam at one time, corrected for the lazy R1 and R2 penalties."""
    return _adam(config, now, config.loss.r1_interval, frozen=config.optim.freeze_d)


def descend(optimizer: optax.GradientTransformation, grads: Any, opt: Any, params: Any) -> tuple[Any, Any]:
    """One step: (parameters, state of the optimizer)."""
    with jax.numpy_dtype_promotion("standard"):  # optax raises a float to an integer power
        updates, opt = optimizer.update(grads, opt, params)
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


def scale_by_varying_adam(beta1: float, decay: Number) -> optax.GradientTransformation:
    """Adam with a first moment; corrected as `scale_by_varying_rms`.

    Source: Kingma and Ba 2015, "Adam", algorithm 1.
    """

    def init(params: Any) -> VaryingAdamState:
        zeros = jax.tree.map(jnp.zeros_like, params)
        return VaryingAdamState(jnp.ones(()), jnp.ones(()), zeros, jax.tree.map(jnp.zeros_like, params))

    def update(grads: Any, state: VaryingAdamState, params: Any = None) -> tuple[Any, VaryingAdamState]:
        first, second = state.first_decay_product * beta1, state.decay_product * decay
        mu = jax.tree.map(lambda m, g: beta1 * m + (1 - beta1) * g, state.mu, grads)
        nu = jax.tree.map(lambda n, g: decay * n + (1 - decay) * jnp.square(g), state.nu, grads)
        scaled = jax.tree.map(lambda m, n: m / (1 - first) / (jnp.sqrt(n / (1 - second)) + EPSILON), mu, nu)
        return scaled, VaryingAdamState(first, second, mu, nu)

    return optax.GradientTransformation(init, update)


def frozen_layers(discriminator: Any, count: int) -> set[str]:
    """Names of the layers in the first `count` blocks of a discriminator's tree, counted from the image.

    A block is one halving, the first with from-RGB.

    Source: Mo et al. 2020, "Freeze the discriminator: a simple baseline for fine-tuning GANs".
    """
    levels = sorted(
        (int(name.split("_")[1]) for name in discriminator if name.startswith("down_")), reverse=True
    )
    names = {f"{layer}_{level}" for level in levels[:count] for layer in ("conv", "down", "skip")}
    return names | ({"rgb"} if count else set())


def _adam(
    config: TrainConfig, now: Scheduled, interval: int | None, *, frozen: int
) -> optax.GradientTransformation:
    """Adam of one network at one time.

    With c = interval / (interval + 1): rate c * lr, decays beta1^c and beta2^c. The state depends on whether
    beta1 and weight_decay are 0 and beta2 varies, not on their values.

    Sources: Karras et al. 2020, "Analyzing and improving the image quality of StyleGAN", appendix B;
    Loshchilov and Hutter 2019, "Decoupled weight decay regularization", algorithm 2.
    """
    c = 1.0 if interval is None else interval / (interval + 1)
    rate, decay, beta1 = now.learning_rate * c, now.beta2**c, config.optim.beta1**c
    varying, weight_decay = "beta2" in changing(config), config.optim.weight_decay
    if beta1 == 0 and weight_decay == 0 and not varying:
        return optax.rmsprop(rate, decay=decay, eps=EPSILON, eps_in_sqrt=False, bias_correction=True)
    parts = [scale_by_varying_adam(beta1, decay) if beta1 > 0 else scale_by_varying_rms(decay)]
    if weight_decay > 0:
        parts.append(optax.add_decayed_weights(weight_decay, mask=lambda params: _decaying(params, frozen)))
    return optax.chain(*parts, optax.scale_by_learning_rate(rate))


def _decaying(params: Any, frozen: int) -> Any:
    """Tree of whether a parameter decays: kernels of layers that are trained."""
    still = frozen_layers(params, frozen)

    def decays(path: tuple[Any, ...], leaf: Any) -> bool:
        return path[-1].key == "kernel" and path[0].key not in still

    return jax.tree_util.tree_map_with_path(decays, params)
