"""Losses, gradient penalties, and the objective of each network, ready for `jax.grad`. Pure functions.

A loss is one value per item, on logits: non-saturating logistic (Goodfellow et al. 2014, section 3), or
relativistic, which compares item i of the reals with item i of the fakes (Jolicoeur-Martineau 2018, "The
relativistic discriminator", section 4; Huang et al. 2024, "The GAN is dead; long live the GAN!", section 2).
Items have numbers [N], from which all its random values are drawn; labels are int32 [N] or None.
"""

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax import lax
from jax.sharding import Mesh

from gan import latents
from gan.config.train import Loss
from gan.devices.sharding import join, part
from gan.families import Family
from gan.latents import item_keys
from gan.random_streams import AugmentStream


def logistic_generator_loss(fake_logits: jax.Array) -> jax.Array:
    """softplus(-D(G(z))): [N] -> [N] float32."""
    return jax.nn.softplus(-fake_logits)


def logistic_real_loss(real_logits: jax.Array) -> jax.Array:
    """softplus(-D(x)): [N] -> [N] float32."""
    return jax.nn.softplus(-real_logits)


def logistic_fake_loss(fake_logits: jax.Array) -> jax.Array:
    """softplus(D(G(z))): [N] -> [N] float32."""
    return jax.nn.softplus(fake_logits)


def relativistic_discriminator_loss(real_logits: jax.Array, fake_logits: jax.Array) -> jax.Array:
    """softplus(D(G(z_i)) - D(x_i)): twice [N] -> [N] float32."""
    return jax.nn.softplus(fake_logits - real_logits)


def relativistic_generator_loss(real_logits: jax.Array, fake_logits: jax.Array) -> jax.Array:
    """softplus(D(x_i) - D(G(z_i))): twice [N] -> [N] float32."""
    return jax.nn.softplus(real_logits - fake_logits)


def squared_gradient(
    discriminator: Callable[[jax.Array], jax.Array], images: jax.Array
) -> tuple[jax.Array, jax.Array]:
    """|grad_x D(x)|^2 per item: the R1 penalty of real images, R2 of fakes, without the weight gamma / 2.

    Args:
        discriminator: images [N, H, W, C] -> logits [N].
        images: where the gradient is taken, float32 in [-1, 1].

    Returns:
        (squared norms [N] float32, logits [N]); the logits are computed with the gradient at no cost.

    Source: Mescheder et al. 2018, "Which training methods for GANs do actually converge?", equations 9, 10.
    """
    logits, pullback = jax.vjp(discriminator, images)
    (gradient,) = pullback(jnp.ones_like(logits))
    return _squared_norms(gradient), logits


def _squared_norms(gradient: jax.Array) -> jax.Array:
    return jnp.sum(jnp.square(gradient.astype(jnp.float32)), axis=(1, 2, 3))


def path_lengths(
    key: jax.Array, synthesize: Callable[[jax.Array], jax.Array], w: jax.Array, *, items: jax.Array
) -> jax.Array:
    """Change of an image per unit step in w: [N] float32.

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


Metrics = dict[str, jax.Array]
Weight = float | jax.Array
Augment = Callable[[jax.Array, AugmentStream], jax.Array]  # (images, stream) -> images


class Styles(NamedTuple):
    """What fresh latents map to."""

    w: jax.Array  # [N, L, W], after style mixing
    unmixed: jax.Array  # [N, W]


def draw_styles(
    key: jax.Array,
    params: Any,
    items: jax.Array,
    labels: jax.Array | None,
    *,
    family: Family,
    style_mixing: float = 0.0,
) -> Styles:
    """Styles of fresh latents; a fraction `style_mixing` of them takes another latent's from some layer on.

    Source: Karras et al. 2019, "A style-based generator architecture for GANs", section 3.1 (mixing).
    """
    z_key, other_key, crossover_key = jax.random.split(key, 3)
    z = latents.draw(z_key, items, z_dim=family.z_dim)
    w = family.map(params, z, labels=labels, truncation=1.0)
    unmixed = w[:, 0]
    if style_mixing > 0 and family.num_ws > 1:
        z = latents.draw(other_key, items, z_dim=family.z_dim)
        other = family.map(params, z, labels=labels, truncation=1.0)
        crossover = _crossovers(crossover_key, items, probability=style_mixing, layers=family.num_ws)
        first = jnp.arange(family.num_ws)[None, :] < crossover[:, None]
        w = jnp.where(first[..., None], w, other)
    return Styles(w, unmixed)


def synthesize_noisy(
    key: jax.Array, params: Any, w: jax.Array, items: jax.Array, *, family: Family
) -> jax.Array:
    """Images of styles as they are trained on, each item with noise of its own: [N, *training_shape]."""
    return family.generate_for_training(params, w, keys=latents.item_keys(key, items))


def _crossovers(key: jax.Array, items: jax.Array, *, probability: float, layers: int) -> jax.Array:
    """Number of layers [N] that take the first style: all, or 1 .. layers - 1 with `probability`."""

    def one(item_key: jax.Array) -> jax.Array:
        u, at = jax.random.uniform(item_key), jax.random.fold_in(item_key, 1)
        return jnp.where(u < probability, jax.random.randint(at, (), 1, layers), layers)

    return jax.vmap(one)(latents.item_keys(key, items))


def discriminator_loss(
    params: Any,
    reals: jax.Array,
    fakes: jax.Array,
    *,
    family: Family,
    labels: jax.Array | None = None,
    loss: Loss = "logistic",
    r1_weight: Weight | None = None,
    r2_weight: Weight | None = None,
    augment: Augment = lambda images, stream: images,
    joined: bool = False,
    mesh: Mesh | None = None,
) -> tuple[jax.Array, Metrics]:
    """Mean loss, plus the mean R1 and R2 penalties with their weights where they are due.

    Args:
        params: the discriminator's.
        reals: [N, H, W, C] in [-1, 1].
        fakes: likewise; no gradient is taken through them. The relativistic loss pairs fake i with real i.
        family: the networks.
        labels: of both, int32 [N]; None without classes.
        loss: logistic or relativistic.
        r1_weight: of the penalty on reals, gamma / 2 times the interval; None: not computed.
        r2_weight: of the penalty on fakes, likewise; None: not computed.
        augment: applied to both kinds of image; the penalties are those of the augmented discriminator.
        joined: whether reals and fakes pass the discriminator as one batch where possible (not with R1
            alone). A device's part of a batch must hold whole groups of the minibatch standard deviation.
        mesh: where the batch is split; None on a single device.
    """

    def discriminator(images: jax.Array, stream: AugmentStream) -> jax.Array:
        return family.discriminate(params, augment(images, stream), labels=labels)

    def both(reals: jax.Array, fakes: jax.Array) -> tuple[jax.Array, jax.Array]:
        if not joined:
            return discriminator(reals, AugmentStream.REAL), discriminator(fakes, AugmentStream.FAKE)
        images = join(augment(reals, AugmentStream.REAL), augment(fakes, AugmentStream.FAKE), mesh)
        return part(family.discriminate(params, images, labels=join(labels, labels, mesh)), mesh)

    penalty_r1 = penalty_r2 = jnp.zeros(reals.shape[0])
    if r2_weight is not None:  # an item's logit depends on its own kind of image only
        (real_logits, fake_logits), pullback = jax.vjp(both, reals, fakes)
        gradients = pullback((jnp.ones_like(real_logits), jnp.ones_like(fake_logits)))
        penalty_r1, penalty_r2 = map(_squared_norms, gradients)
    elif r1_weight is not None:
        penalty_r1, real_logits = squared_gradient(lambda x: discriminator(x, AugmentStream.REAL), reals)
        fake_logits = discriminator(fakes, AugmentStream.FAKE)
    else:
        real_logits, fake_logits = both(reals, fakes)
    decided = real_logits  # the mean of its sign, the confidence in reals, controls the augmentation
    if loss == "relativistic":  # a constant added to all logits changes nothing
        mean, decided = (
            relativistic_discriminator_loss(real_logits, fake_logits).mean(),
            real_logits - fake_logits,
        )
    else:
        mean = logistic_real_loss(real_logits).mean() + logistic_fake_loss(fake_logits).mean()
    metrics = {
        "loss_d": mean,
        "penalty_r1": penalty_r1.mean(),
        "logit_real": real_logits.mean(),
        "logit_fake": fake_logits.mean(),
        "margin": (real_logits - fake_logits).mean(),
        "sign_real": jnp.sign(decided).mean(),
    }
    total = mean if r1_weight is None else mean + r1_weight * penalty_r1.mean()
    if r2_weight is None:
        return total, metrics
    return total + r2_weight * penalty_r2.mean(), metrics | {"penalty_r2": penalty_r2.mean()}


def generator_loss(
    key: jax.Array,
    params: Any,
    discriminator: Any,
    items: jax.Array,
    *,
    family: Family,
    labels: jax.Array | None = None,
    reals: jax.Array | None = None,
    style_mixing: float = 0.0,
    augment: Augment = lambda images, stream: images,
) -> tuple[jax.Array, tuple[Metrics, jax.Array]]:
    """Mean loss of fresh fakes, with the discriminator's parameters; also their w [N, W].

    Args:
        key: of latents and noise.
        params: the generator's.
        discriminator: its parameters.
        items: numbers of the items, [N].
        family: the networks.
        labels: of the items; None without classes.
        reals: [N, H, W, C] in [-1, 1], for the relativistic loss, which pairs fake i with real i; they are
            augmented as in the discriminator's update. None: the logistic loss.
        style_mixing: fraction of items with two styles.
        augment: applied to all images that the discriminator sees.
    """
    style_key, noise_key = jax.random.split(key)
    styles = draw_styles(style_key, params, items, labels, family=family, style_mixing=style_mixing)
    fakes = synthesize_noisy(noise_key, params, styles.w, items, family=family)
    logits = family.discriminate(discriminator, augment(fakes, AugmentStream.GENERATED), labels=labels)
    if reals is None:
        loss = logistic_generator_loss(logits).mean()
    else:
        real_logits = family.discriminate(discriminator, augment(reals, AugmentStream.REAL), labels=labels)
        loss = relativistic_generator_loss(lax.stop_gradient(real_logits), logits).mean()
    return loss, ({"loss_g": loss}, lax.stop_gradient(styles.unmixed))


def path_penalty(
    key: jax.Array,
    params: Any,
    items: jax.Array,
    labels: jax.Array | None,
    mean: jax.Array,
    *,
    family: Family,
    decay: float,
    style_mixing: float,
) -> tuple[jax.Array, tuple[Metrics, jax.Array]]:
    """Mean squared deviation of path lengths from their running mean; also the updated mean.

    Source: Karras et al. 2020, "Analyzing and improving the image quality of StyleGAN", equation 4.
    """
    style_key, noise_key, direction_key = jax.random.split(key, 3)
    w = draw_styles(style_key, params, items, labels, family=family, style_mixing=style_mixing).w

    def synthesize(w: jax.Array) -> jax.Array:
        return synthesize_noisy(noise_key, params, w, items, family=family)

    lengths = path_lengths(direction_key, synthesize, w, items=items)
    moved = mean + decay * (lax.stop_gradient(lengths).mean() - mean)
    penalty = jnp.square(lengths - moved).mean()
    return penalty, ({"penalty_path": penalty, "path_length": lengths.mean()}, moved)
