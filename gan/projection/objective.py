"""Terms of the projection loss: image distance, autocorrelation of noise maps, steps between frames."""

from typing import Any

import jax
import jax.numpy as jnp
from flax.traverse_util import flatten_dict, unflatten_dict

from gan.families import GeneratorFamily
from gan.metrics.perceptual import Maps
from gan.ops.resample import downsample

NOISE = "noise_const"
SMALLEST_PX = 8

NoiseMaps = dict[str, jax.Array]


def as_shown(images: jax.Array) -> jax.Array:
    """Clip images to [-1, 1] as files are, with a straight-through gradient.

    Without it, generated values outside [-1, 1] could not match a file exactly.
    """
    return images + jax.lax.stop_gradient(jnp.clip(images, -1, 1) - images)


def pyramid(images: jax.Array) -> Maps:
    """Images [N, H, W, C] at every size down to 8 px.

    Levels are scaled so that `maps_distance` of two pyramids is the mean over levels of the mean squared
    difference per value.
    """
    sizes = [images]
    while min(sizes[-1].shape[1:3]) > SMALLEST_PX and not any(n % 2 for n in sizes[-1].shape[1:3]):
        sizes.append(downsample(sizes[-1]))
    return [level / (len(sizes) * level.shape[-1]) ** 0.5 for level in sizes]


def psnr(a: jax.Array, b: jax.Array) -> jax.Array:
    """Peak signal-to-noise ratio of images in [-1, 1] (clipped to it), in dB: [N] from [N, H, W, C]."""
    squared = jnp.square(jnp.clip(a, -1, 1) - jnp.clip(b, -1, 1)).mean((1, 2, 3))
    return 10 * jnp.log10(4 / jnp.maximum(squared, 1e-12))


def noise_maps(params: Any) -> NoiseMaps:
    """A generator's own noise maps [h, w] by path; {} for families without noise."""
    flat = flatten_dict(params, sep="/")
    return {name: leaf for name, leaf in flat.items() if name.endswith(NOISE)}


def synthesize_with_maps(family: GeneratorFamily, params: Any, w: jax.Array, maps: NoiseMaps) -> jax.Array:
    """Images [N, H, W, C] of w [N, L, W] with noise maps [N, h, w] per image; {}: the network's own."""
    if not maps:
        return family.synthesize(params, w, noise="const")
    flat = flatten_dict(params, sep="/")

    def one(w: jax.Array, maps: NoiseMaps) -> jax.Array:
        return family.synthesize(unflatten_dict(flat | maps, sep="/"), w[None], noise="const")[0]

    return jax.vmap(one)(w, maps)


def noise_correlation(maps: NoiseMaps) -> jax.Array:
    """Autocorrelation of noise maps: squared mean products of neighbours at every size down to 8 px.

    Args:
        maps: [N, h, w] each.

    Returns: [N] float32, 0 for none.

    Source: Karras et al. 2020, "Analyzing and improving the image quality of StyleGAN", appendix D (L_ij).
    """
    total = jnp.zeros(1)
    for m in maps.values():
        size = m
        while True:
            for axis in (1, 2):
                total = total + jnp.square((size * jnp.roll(size, 1, axis)).mean((1, 2)))
            n, h, w = size.shape
            if min(h, w) <= SMALLEST_PX or h % 2 or w % 2:
                break
            size = size.reshape(n, h // 2, 2, w // 2, 2).mean((2, 4)) * 2  # white noise keeps variance 1
    return total


def as_noise(maps: NoiseMaps) -> NoiseMaps:
    """Standardise maps [N, h, w] to mean 0 and variance 1 each."""

    def one(m: jax.Array) -> jax.Array:
        m = m - m.mean((1, 2), keepdims=True)
        return m * jax.lax.rsqrt(jnp.square(m).mean((1, 2), keepdims=True) + 1e-8)

    return {name: one(m) for name, m in maps.items()}


def squared_steps(u: jax.Array, before: jax.Array) -> jax.Array:
    """Mean squared step from each frame to the next: [N] from u [N, L, W] and `before` [L, W]."""
    return jnp.square(u - jnp.concatenate([before[None], u[:-1]])).mean((1, 2))
