"""From a picture to its latent: candidates, then Adam with a noise ramp. Pure functions of arrays.

Source: Karras et al. 2020, "Analyzing and improving the image quality of StyleGAN", appendix D. What differs:
the start is the best of many candidates instead of the mean w; the distance is the run's own; rate and noise
are measured in standard deviations of a component of w (the paper's noise in those of its length, sqrt(W)
times as much); and the network's noise maps stay, unless asked otherwise, so that films show what was
projected.
"""

import math
from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax

from gan import latents
from gan.batching import map_in_batches
from gan.families import GeneratorFamily
from gan.metrics.perceptual import Maps, Perceptual, maps_distance
from gan.projection.config import ProjectionConfig
from gan.projection.objective import (
    NoiseMaps,
    as_noise,
    as_shown,
    noise_correlation,
    pyramid,
    squared_steps,
    synthesize_with_maps,
)
from gan.random_streams import Stream

ADAM = optax.scale_by_adam()
STATISTICS = 10_000  # latents that w's mean and spread are taken from


class Space(NamedTuple):
    """w as the network spreads it: w = mean + std u."""

    mean: jax.Array  # [W]
    std: jax.Array  # [], over all components


class Target(NamedTuple):
    """Pictures as a projection sees them: [N, ...]."""

    perceptual: Maps
    pixels: Maps


class Descent(NamedTuple):
    """Where N latents are on their way; one does not depend on another, but for a clip's frames.

    Attributes:
        u: [N, 1 or L, W] float32, standardised w; one row serves all layers.
        maps: noise maps fitted to the picture, [N, h, w] each; {} where the network's own are used.
        adam: moments of both, and their count, of each of the N.
        step: how many each has taken, int32 [N].
    """

    u: jax.Array
    maps: NoiseMaps
    adam: Any
    step: jax.Array


class Links(NamedTuple):
    """What ties each frame of a clip to the one before it.

    Attributes:
        before: standardised latent of the frame before the first one, [1 or L, W].
        moves: which frames descend and are tied, bool [N]; the others stand still.
    """

    before: jax.Array
    moves: jax.Array


def spread(w: jax.Array) -> Space:
    """Mean and standard deviation of w [N, L, W] drawn from the network."""
    mean = w[:, 0].mean(0)
    return Space(mean, jnp.sqrt(jnp.square(w[:, 0] - mean[None]).mean()))


def see(perceptual: Any, maps: Callable[[Any, jax.Array], Maps], images: jax.Array) -> Target:
    """Images [N, H, W, C], cut off at -1 and 1, as distances see them; `perceptual` are its parameters."""
    images = as_shown(images)
    return Target(maps(perceptual, images), pyramid(images))


def distance(seen: Target, target: Target, config: ProjectionConfig) -> jax.Array:
    """Weighted distance of images to their targets: [N] float32."""
    return config.perceptual_weight * maps_distance(
        seen.perceptual, target.perceptual
    ) + config.pixel_weight * maps_distance(seen.pixels, target.pixels)


def candidates(
    family: GeneratorFamily, params: Any, config: ProjectionConfig, *, labels: int = 0
) -> tuple[jax.Array, Space]:
    """w of random latents [candidates + 1, L, W], their mean the last, and how w spreads.

    Classes, if there are any (`labels` of them), take turns.
    """
    key = jax.random.fold_in(jax.random.key(config.seed), Stream.PROJECTION_CANDIDATES)
    count = max(config.candidates, STATISTICS)
    z = latents.draw(key, latents.numbered(0, count), z_dim=family.z_dim)
    classes = jnp.arange(count, dtype=jnp.int32) % labels if labels else None
    w = family.map(params, z, labels=classes, truncation=1.0)
    space = spread(w)
    mean = jnp.broadcast_to(space.mean, (1, *w.shape[1:]))
    return jnp.concatenate([w[: config.candidates], mean]), space


def start(w: jax.Array, space: Space, maps: NoiseMaps, config: ProjectionConfig) -> Descent:
    """A descent from w [N, L, W]; with free noise maps, from the network's own `maps` [h, w]."""
    u = (w if config.space == "w+" else w[:, :1]) - space.mean.reshape(1, 1, -1)
    u = u / space.std
    free = config.noise_maps == "free"
    own = {name: jnp.broadcast_to(m, (len(w), *m.shape)) for name, m in maps.items()} if free else {}
    return Descent(u, own, jax.vmap(ADAM.init)((u, own)), jnp.zeros(len(u), jnp.int32))


def to_w(u: jax.Array, space: Space, *, layers: int) -> jax.Array:
    """Standardised [N, 1 or L, W] -> w [N, L, W]."""
    w = space.mean.reshape(1, 1, -1) + space.std * u
    return jnp.broadcast_to(w, (w.shape[0], layers, w.shape[2]))


def rate(share: jax.Array, config: ProjectionConfig) -> jax.Array:
    """Learning rate when `share` of the steps is done: a linear rise, a level, a cosine fall."""
    up = jnp.minimum(1.0, share / config.rampup) if config.rampup else jnp.ones(())
    down = jnp.minimum(1.0, (1 - share) / config.rampdown) if config.rampdown else jnp.ones(())
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
    """Some steps of a descent.

    Args:
        descent: before.
        target: what is to be reached.
        keys: [N], of each picture's noise.
        links: of the frames of a clip; None for pictures that have nothing to do with one another.
        steps: how many a whole descent has, float32 []; schedules follow the share that is done.
        space: how w spreads.
        params, perceptual_params: of the generator and of the distance.
        family: the generator's.
        maps: the distance's, see `gan.metrics.perceptual`.
        config: weights and schedules.
        count: steps taken here.

    Returns: (after, distances to the targets [N] as they were before the last step, noise on w included).
    """

    def loss(moving: tuple[jax.Array, NoiseMaps], step: jax.Array) -> tuple[jax.Array, jax.Array]:
        u, own = moving
        fade = jnp.maximum(0.0, 1 - step.astype(jnp.float32) / steps / max(config.noise_share, 1e-9))
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
        return total.sum(), apart  # a sum: nobody's gradient depends on how many there are

    def move(before: Descent, gradient: tuple[jax.Array, NoiseMaps]) -> Descent:
        """One latent's step."""
        with jax.numpy_dtype_promotion("standard"):  # Adam's bias correction raises a float to a whole number
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


class Projector:
    """A generator and a distance, compiled for projecting.

    Args:
        family, params: the generator.
        perceptual: the distance.
        config: how; checked.
    """

    def __init__(
        self, family: GeneratorFamily, params: Any, perceptual: Perceptual, config: ProjectionConfig
    ) -> None:
        self.family, self.params, self.perceptual, self.config = family, params, perceptual, config
        self.w, self.space = jax.jit(
            lambda params: candidates(family, params, config, labels=family.num_classes)
        )(params)
        self._see = jax.jit(lambda p, images: see(p, perceptual.maps, images))
        self._synthesize = jax.jit(lambda params, w, own: synthesize_with_maps(family, params, w, own))
        self._distance = jax.jit(partial(_to_each, config=config, maps=perceptual.maps))
        self._descend = jax.jit(
            partial(descend, family=family, maps=perceptual.maps, config=config),
            static_argnames="count",
            donate_argnums=0,
        )
        pixels = math.prod(family.shape[:2])
        self.batch = config.batch or max(1, min(16, 16 * 256**2 // pixels))  # maps of all sizes are held
        self._candidate_batch = max(1, min(64, 64 * 64**2 // pixels))
        self.per_call = 1 if jax.default_backend() == "cpu" else 25  # a loop's convolutions are slow on CPU

    def see(self, images: jax.Array) -> Target:
        """Images [N, H, W, C] in [-1, 1] as targets."""
        return self._see(self.perceptual.params, images)

    def images(self, w: jax.Array, maps: NoiseMaps | None = None) -> jax.Array:
        """Pictures [N, H, W, C] of w [N, L, W]."""
        return self._synthesize(self.params, w, maps or {})

    def best_candidates(self, target: Target) -> jax.Array:
        """w of the candidate nearest to each target: [N, L, W]."""

        def distances(w: jax.Array) -> jax.Array:  # [B, N]
            return self._distance(self.perceptual.params, self.images(w), target).T

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
        seen: Callable[[Descent, int], None] = lambda descent, count: None,
    ) -> Descent:
        """`steps` of a descent that has as many, or that has `whole`.

        `seen` is told the descent after each call to the device, and the call's steps.
        """
        done, before = 0, None
        while done < steps:
            count = min(self.per_call, steps - done)
            networks = (self.space, self.params, self.perceptual.params)
            descent, apart = self._descend(
                descent, target, keys, links, jnp.float32(whole or steps), *networks, count=count
            )
            done += count
            jax.block_until_ready(apart if done == steps else before)  # one call ahead, and no further
            before = apart
            seen(descent, count)
        return descent


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
