"""Optimise w to reproduce an image: best of random candidates, then Adam with decaying noise on w.

Source: Karras et al. 2020, "Analyzing and improving the image quality of StyleGAN", appendix D. Differences:
the initial w is the best of many candidates instead of the mean w; the distance is that of the run's
discriminator; learning rate and noise are in standard deviations of a component of w (the paper's noise in
those of the norm of w, sqrt(W) times larger); noise maps are fixed by default, as in videos.
"""

import dataclasses
import math
from collections.abc import Callable
from functools import lru_cache, partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax

from data_prep.errors import InputError
from gan import latents
from gan.devices.batching import map_in_batches
from gan.families import GeneratorFamily
from gan.metrics.perceptual import Maps, Perceptual, maps_distance
from gan.projection.config import ProjectionConfig
from gan.projection.objective import (
    NoiseMaps,
    as_noise,
    as_shown,
    noise_correlation,
    noise_maps,
    pyramid,
    squared_steps,
    synthesize_with_maps,
)
from gan.random_streams import Stream

ADAM = optax.scale_by_adam()
STATISTICS = 10_000  # latents for the mean and standard deviation of w
UNTRACED = ("steps", "clip_steps", "window", "batch")  # fields of the config that no program reads


class Space(NamedTuple):
    """Standardisation of w: w = mean + std u."""

    mean: jax.Array  # [W]
    std: jax.Array  # [], over all components


class Target(NamedTuple):
    """Feature maps and pyramids of N images."""

    perceptual: Maps
    pixels: Maps


class Descent(NamedTuple):
    """Optimisation state of N latents, independent of each other except for frames of a clip.

    Attributes:
        u: [N, 1 or L, W] float32, standardised w; one row is used for all layers.
        maps: fitted noise maps, [N, h, w] each; {} if the network's own are used.
        adam: Adam state of both, for each of the N.
        step: steps taken by each, int32 [N].
    """

    u: jax.Array
    maps: NoiseMaps
    adam: Any
    step: jax.Array


class Links(NamedTuple):
    """Ties of each frame of a clip to the frame before it.

    Attributes:
        before: standardised w of the frame before the first one, [1 or L, W].
        moves: frames that are optimised and tied, bool [N]; the others stay constant.
    """

    before: jax.Array
    moves: jax.Array


def standardisation(w: jax.Array) -> Space:
    """Mean of w [N, L, W] and standard deviation over its components."""
    mean = w[:, 0].mean(0)
    return Space(mean, jnp.sqrt(jnp.square(w[:, 0] - mean[None]).mean()))


def see(perceptual: Any, maps: Callable[[Any, jax.Array], Maps], images: jax.Array) -> Target:
    """Feature maps (of parameters `perceptual`) and pyramid of images [N, H, W, C], clipped to [-1, 1]."""
    images = as_shown(images)
    return Target(maps(perceptual, images), pyramid(images))


def distance(seen: Target, target: Target, config: ProjectionConfig) -> jax.Array:
    """Weighted distance of images to their targets, [N] float32."""
    return config.perceptual_weight * maps_distance(
        seen.perceptual, target.perceptual
    ) + config.pixel_weight * maps_distance(seen.pixels, target.pixels)


def candidates(
    family: GeneratorFamily, params: Any, config: ProjectionConfig, *, labels: int
) -> tuple[jax.Array, Space]:
    """Random w [candidates + 1, L, W], the mean w last, and the standardisation of w.

    Args:
        family: the networks.
        params: of the generator.
        config: number of candidates and seed.
        labels: number of classes, taken in turn; 0: none.
    """
    key = jax.random.fold_in(jax.random.key(config.seed), Stream.PROJECTION_CANDIDATES)
    count = max(config.candidates, STATISTICS)
    z = latents.draw(key, latents.numbered(0, count), z_dim=family.z_dim)
    classes = jnp.arange(count, dtype=jnp.int32) % labels if labels else None
    w = family.map(params, z, labels=classes, truncation=1.0)
    space = standardisation(w)
    mean = jnp.broadcast_to(space.mean, (1, *w.shape[1:]))
    return jnp.concatenate([w[: config.candidates], mean]), space


def start(w: jax.Array, space: Space, maps: NoiseMaps, config: ProjectionConfig) -> Descent:
    """Initial state at w [N, L, W]; free noise maps start from the network's own `maps` [h, w]."""
    u = (w if config.space == "w+" else w[:, :1]) - space.mean.reshape(1, 1, -1)
    u = u / space.std
    free = config.noise_maps == "free"
    own = {name: jnp.broadcast_to(m, (len(w), *m.shape)) for name, m in maps.items()} if free else {}
    return Descent(u, own, jax.vmap(ADAM.init)((u, own)), jnp.zeros(len(u), jnp.int32))


def to_w(u: jax.Array, space: Space, *, layers: int) -> jax.Array:
    """Standardised [N, 1 or L, W] -> w [N, L, W]."""
    w = space.mean.reshape(1, 1, -1) + space.std * u
    return jnp.broadcast_to(w, (w.shape[0], layers, w.shape[2]))


def rate(fraction: jax.Array, config: ProjectionConfig) -> jax.Array:
    """Learning rate after a fraction of the steps: linear warm-up, constant, cosine decay."""
    up = jnp.minimum(1.0, fraction / config.rampup) if config.rampup else jnp.ones(())
    down = jnp.minimum(1.0, (1 - fraction) / config.rampdown) if config.rampdown else jnp.ones(())
    return config.learning_rate * up * (0.5 - 0.5 * jnp.cos(jnp.pi * down))


def descend(
    descent: Descent,
    target: Target,
    keys: jax.Array,
    links: Links | None,
    steps: jax.Array,
    space: Space,
    params: Any,
    perceptual_params: Any,
    *,
    family: GeneratorFamily,
    maps: Callable[[Any, jax.Array], Maps],
    config: ProjectionConfig,
    count: int,
) -> tuple[Descent, jax.Array]:
    """Take `count` optimisation steps.

    Args:
        descent: state before.
        target: of the N images.
        keys: [N], for the noise on w of each image.
        links: ties between frames of a clip; None for independent images.
        steps: length of the schedules, float32 [].
        space: standardisation of w.
        params: of the generator.
        perceptual_params: of the distance.
        family: the networks.
        maps: feature maps of the distance, see `gan.metrics.perceptual`.
        config: weights and schedules.
        count: number of steps.

    Returns: (state after, distances [N] to the targets before the last step, with noise on w).
    """

    def loss(moving: tuple[jax.Array, NoiseMaps], step: jax.Array) -> tuple[jax.Array, jax.Array]:
        u, own = moving
        fade = jnp.maximum(0.0, 1 - step.astype(jnp.float32) / steps / max(config.noise_fraction, 1e-9))
        noise = jax.vmap(lambda key, n: jax.random.normal(jax.random.fold_in(key, n), u.shape[1:]))(
            keys, step
        )
        shaken = u + config.initial_noise * jnp.square(fade)[:, None, None] * noise
        images = synthesize_with_maps(family, params, to_w(shaken, space, layers=family.num_ws), own)
        apart = distance(see(perceptual_params, maps, images), target, config)
        total = apart + config.noise_weight * noise_correlation(own)
        if links is not None:
            tied = links.moves.astype(jnp.float32)
            total = total + config.smoothness * tied * squared_steps(u, links.before)
        return total.sum(), apart  # a sum: gradients do not depend on N

    def move(before: Descent, gradient: tuple[jax.Array, NoiseMaps]) -> Descent:
        """Adam step of one latent."""
        with jax.numpy_dtype_promotion("standard"):  # Adam's bias correction has an integer exponent
            update, adam = ADAM.update(gradient, before.adam)
        speed = rate((before.step.astype(jnp.float32) + 0.5) / steps, config)
        u, own = jax.tree.map(lambda value, change: value - speed * change, (before.u, before.maps), update)
        return Descent(u, own, adam, before.step + 1)

    def one(before: Descent, _: Any) -> tuple[Descent, jax.Array]:
        gradient, apart = jax.grad(loss, has_aux=True)((before.u, before.maps), before.step)
        after = jax.vmap(move)(before, gradient)
        after = after._replace(maps=as_noise(after.maps))
        if links is not None:
            choose = jax.vmap(lambda moves, new, old: jax.tree.map(partial(jnp.where, moves), new, old))
            after = choose(links.moves, after, before)
        return after, apart

    if count == 1:
        return one(descent, None)
    descent, apart = jax.lax.scan(one, descent, None, length=count)
    return descent, apart[-1]


def check_generator(family: GeneratorFamily, params: Any, config: ProjectionConfig, *, clips: bool) -> None:
    """Raise InputError, naming the flag, if options do not apply to this generator or to clips."""
    if config.space == "w+" and family.num_ws == 1:
        raise InputError("--space w+: this generator has one w for the whole image; use --space w")
    if config.noise_maps == "free" and clips:
        raise InputError("--noise-maps free: not available for clips; project images alone")
    if config.noise_maps == "free" and not noise_maps(params):
        raise InputError("--noise-maps free: this generator has no noise maps; use --noise-maps fixed")


class Projector:
    """A generator and a distance, compiled for projection.

    Args:
        family: the networks.
        params: of the generator.
        perceptual: the distance.
        config: checked options.
        per_call: steps per device call; 1 compiles without a loop, which is faster on CPU.
    """

    def __init__(
        self,
        family: GeneratorFamily,
        params: Any,
        perceptual: Perceptual,
        config: ProjectionConfig,
        *,
        per_call: int,
    ) -> None:
        self.family, self.params, self.perceptual, self.config = family, params, perceptual, config
        unread: dict[str, Any] = dict.fromkeys(UNTRACED)
        self._programs = _compiled(family, perceptual.maps, dataclasses.replace(config, **unread))
        self.w, self.space = self._programs.candidates(params)
        pixels = math.prod(family.shape[:2])
        self.batch = config.batch or max(
            1, min(16, 16 * 256**2 // pixels)
        )  # feature maps of all sizes are stored
        self._candidate_batch = max(1, min(64, 64 * 64**2 // pixels))
        self.per_call = per_call

    def see(self, images: jax.Array) -> Target:
        """Images [N, H, W, C] in [-1, 1] as targets."""
        return self._programs.see(self.perceptual.params, images)

    def images(self, w: jax.Array, *, maps: NoiseMaps | None = None) -> jax.Array:
        """Images [N, H, W, C] of w [N, L, W], float32, unclipped."""
        return self._programs.synthesize(self.params, w, maps or {})

    def best_candidates(self, target: Target) -> jax.Array:
        """w [N, L, W] of the candidate nearest to each target."""

        def distances(w: jax.Array) -> jax.Array:  # [B, N]
            return self._programs.distance(self.perceptual.params, self.images(w), target).T

        apart = map_in_batches(distances, self.w, batch=self._candidate_batch)
        return self.w[np.argmin(apart, axis=0)]

    def descend(
        self,
        descent: Descent,
        target: Target,
        keys: jax.Array,
        *,
        steps: int,
        links: Links | None = None,
        whole: int | None = None,
        report: Callable[[Descent, int], None] = lambda descent, count: None,
    ) -> Descent:
        """Take `steps` optimisation steps.

        Args:
            descent: state before; its buffers are donated.
            target: of the N images.
            keys: [N], for the noise on w.
            steps: number of steps.
            links: ties between frames of a clip.
            whole: length of the schedules in steps; None: `steps`.
            report: called after each device call with the state and the number of its steps.

        Returns: state after.
        """
        done, before = 0, None
        while done < steps:
            count = min(self.per_call, steps - done)
            networks = (self.space, self.params, self.perceptual.params)
            descent, apart = self._programs.descend(
                descent, target, keys, links, jnp.float32(whole or steps), *networks, count=count
            )
            done += count
            jax.block_until_ready(apart if done == steps else before)  # at most one call ahead
            before = apart
            report(descent, count)
        return descent


class Programs(NamedTuple):
    """Jitted functions of a projector."""

    candidates: Callable[[Any], tuple[jax.Array, Space]]
    see: Callable[[Any, jax.Array], Target]
    synthesize: Callable[[Any, jax.Array, NoiseMaps], jax.Array]
    distance: Callable[[Any, jax.Array, Target], jax.Array]
    descend: Callable[..., tuple[Descent, jax.Array]]


@lru_cache(maxsize=4)  # the same for projectors that differ in weights and numbers of steps
def _compiled(
    family: GeneratorFamily, maps: Callable[[Any, jax.Array], Maps], config: ProjectionConfig
) -> Programs:
    return Programs(
        jax.jit(lambda params: candidates(family, params, config, labels=family.num_classes)),
        jax.jit(lambda params, images: see(params, maps, images)),
        jax.jit(lambda params, w, own: synthesize_with_maps(family, params, w, own)),
        jax.jit(partial(_to_each, config=config, maps=maps)),
        jax.jit(
            partial(descend, family=family, maps=maps, config=config),
            static_argnames="count",
            donate_argnums=0,
        ),
    )


def _to_each(
    params: Any,
    images: jax.Array,
    target: Target,
    *,
    maps: Callable[[Any, jax.Array], Maps],
    config: ProjectionConfig,
) -> jax.Array:
    """Distances [N, B] of images [B, H, W, C] to each of N targets."""
    seen = see(params, maps, images)
    return jax.lax.map(lambda one: distance(seen, jax.tree.map(lambda m: m[None], one), config), target)
