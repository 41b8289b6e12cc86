"""Perceptual path length: rate of change of images along straight lines in latent space."""

import dataclasses
from collections.abc import Callable
from typing import Any, Literal, cast

import jax
import jax.numpy as jnp
import numpy as np

from gan.families import GeneratorFamily
from gan.latents import normalize

EPSILON = 1e-4
DISCARD = 0.01

Sampling = Literal["full", "end"]
Extract = Callable[[Any, jax.Array], jax.Array]  # (params, images [N, H, W, C] in [-1, 1]) -> features [N, D]


def path_lengths(
    keys: jax.Array,
    family: GeneratorFamily,
    params: Any,
    extract: Extract,
    extract_params: Any,
    *,
    labels: jax.Array | None = None,
    sampling: Sampling = "full",
    truncation: float = 1.0,
    epsilon: float = EPSILON,
) -> jax.Array:
    """d(image at t, image at t + epsilon) / epsilon^2, one per key: pure and jittable.

    Two latents are drawn per key and t uniform on [0, 1) ("full") or 0 ("end"). Families with a mapping
    network (more than one style per image) interpolate linearly in w, others along the great circle in z.
    d is the squared Euclidean distance of features: it is LPIPS, and values compare with published ones,
    only if the features are LPIPS's. Everything runs in float32 of full precision, whatever the family's
    compute dtype: a difference of 1e-4 is lost in bfloat16 and in TF32.

    Args:
        keys: [N], one per pair.
        family: the networks; noise maps are fixed.
        params: of the generator.
        extract: images to features.
        extract_params: its parameters.
        labels: classes int32 [N] of both ends of a line; None for families without classes.
        sampling: position on the line.
        truncation: psi.
        epsilon: step.

    Returns: [N] float32, >= 0.

    Source: Karras et al. 2019, section 4.1 (both spaces, epsilon, full and end).
    """
    family = dataclasses.replace(cast(Any, family), dtype=jnp.float32)
    z_keys, t_keys = jax.vmap(jax.random.split, out_axes=1)(keys)
    pairs = jax.vmap(lambda key: jax.random.normal(key, (2, family.z_dim)))(z_keys)
    starts = jax.vmap(jax.random.uniform)(t_keys) if sampling == "full" else jnp.zeros(len(keys))

    def images(t: jax.Array) -> jax.Array:
        if space(family) == "w":
            a, b = (family.map(params, z, labels=labels, truncation=truncation) for z in pairs.swapaxes(0, 1))
            w = a + t[:, None, None] * (b - a)
        else:
            z = slerp(normalize(pairs[:, 0]), normalize(pairs[:, 1]), t)
            w = family.map(params, z, labels=labels, truncation=truncation)
        return family.synthesize(params, w, noise="const")

    with jax.default_matmul_precision("float32"):
        here, there = (extract(extract_params, images(t)) for t in (starts, starts + epsilon))
    return jnp.square(there - here).sum(axis=-1) / epsilon**2


def space(family: GeneratorFamily) -> Literal["w", "z"]:
    """Space of interpolation: "w" for families with a mapping network (several layers of w), else "z"."""
    return "w" if family.num_ws > 1 else "z"


def slerp(a: jax.Array, b: jax.Array, t: jax.Array) -> jax.Array:
    """Points on the great circle from a to b [N, D], of equal length |a|, at t [N]: a at 0, b at 1."""
    length = jnp.linalg.norm(a, axis=-1, keepdims=True)
    cosine = jnp.sum(a * b, axis=-1, keepdims=True) / jnp.square(length)
    across = b - cosine * a
    across *= length / jnp.linalg.norm(across, axis=-1, keepdims=True)
    angle = t[:, None] * jnp.arccos(jnp.clip(cosine, -1.0, 1.0))
    return a * jnp.cos(angle) + across * jnp.sin(angle)


def perceptual_path_length(lengths: np.ndarray, *, discard: float = DISCARD) -> float:
    """Mean of path lengths [N] without the smallest and the largest, a fraction `discard` at each end.

    A few lines cross a discontinuity, where the quotient is unbounded and would dominate the mean. Raises
    ValueError if nothing is left.
    """
    lengths = np.sort(np.asarray(lengths, np.float64))
    cut = int(discard * len(lengths))
    rest = lengths[cut : len(lengths) - cut]
    if not len(rest):
        raise ValueError(f"{len(lengths)} path lengths, {cut} discarded at each end")
    return float(rest.mean())
