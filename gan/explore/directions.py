"""Directions in w that change a picture most: where styles spread, and what the network's layers amplify.

Sources: Härkönen et al. 2020, "GANSpace", section 2.1 (principal components of w); Shen and Zhou 2021,
"Closed-form factorization of latent semantics in GANs", section 3.2 (eigenvectors of A^T A of the layers'
affine weights A).
"""

from collections.abc import Sequence
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from flax.traverse_util import flatten_dict

from gan import latents
from gan.families import GeneratorFamily
from gan.random_streams import Stream


class Directions(NamedTuple):
    """K directions in w.

    Attributes:
        vectors: [K, W] float64, of length 1, at right angles to one another; the largest component of each is
            positive.
        strength: [K] float64, by which they were found, largest first: variance of w, or gain of the layers.
    """

    vectors: np.ndarray
    strength: np.ndarray


def sample_w(
    family: GeneratorFamily, params: Any, *, count: int, seed: int, label: int | None = None
) -> np.ndarray:
    """Styles that the network draws, [count, W] float32, of class `label`; without it classes take turns."""
    key = jax.random.fold_in(jax.random.key(seed), Stream.DIRECTIONS)
    labels = None
    if family.num_classes:
        taken = jnp.arange(count, dtype=jnp.int32) % family.num_classes
        labels = taken if label is None else jnp.full(count, label, jnp.int32)
    return np.asarray(_sample_w(key, family, params, labels, count=count))


@partial(jax.jit, static_argnames=("family", "count"))
def _sample_w(
    key: jax.Array, family: GeneratorFamily, params: Any, labels: jax.Array | None, *, count: int
) -> jax.Array:
    z = latents.draw(key, latents.numbered(0, count), z_dim=family.z_dim)
    return family.map(params, z, labels=labels, truncation=1.0)[:, 0]


def principal_directions(w: np.ndarray, *, count: int) -> Directions:
    """The `count` principal components of styles w [N, W]."""
    centred = w.astype(np.float64) - w.mean(0, dtype=np.float64)
    return _largest(centred.T @ centred / len(w), count)


def factorised_directions(kernels: Sequence[np.ndarray], *, count: int) -> Directions:
    """The `count` unit vectors n, each at right angles to those before, that move the layers' outputs most.

    Args:
        kernels: of layers y = w @ kernel, each [W, I]; sum of |n @ kernel|^2 over them is made large.
        count: how many, at most W.
    """
    stacked = np.concatenate([kernel.astype(np.float64) for kernel in kernels], axis=1)
    return _largest(stacked @ stacked.T, count)


def style_kernels(family: GeneratorFamily, params: Any, layers: Sequence[int]) -> list[np.ndarray]:
    """What styles meet first in a network: kernels [W, I] as they are used, y = w @ kernel.

    Args:
        family, params: the generator.
        layers: of w; only what these steer.

    Of a family whose layers take styles these are the affine maps from w to channels' scales, to-RGB layers
    included; of one without a mapping network, the dense layer at the base.
    """
    flat = flatten_dict(params, sep="/")
    if family.num_ws == 1:
        named = {"base/kernel"}
    else:
        named = {f"synthesis/{name}/style/kernel" for layer in layers for name in steered_by(layer)}
    return [np.asarray(flat[name]) / np.sqrt(family.w_dim) for name in sorted(named & set(flat))]


def steered_by(layer: int) -> tuple[str, ...]:
    """Names of StyleGAN2's layers that take style `layer`, whether or not the network goes so far: a to-RGB
    layer shares its style with the first convolution of the next doubling."""
    if layer == 0:
        return ("conv_0",)
    level, odd = divmod(layer, 2)
    return (f"rgb_{level}", f"up_{level + 1}") if odd else (f"conv_{level}",)


def spread_along(w: np.ndarray, vectors: np.ndarray) -> np.ndarray:
    """Standard deviation of styles w [N, W] along each of `vectors` [K, W]: [K] float64."""
    return (w.astype(np.float64) @ vectors.T).std(axis=0)


def in_layers(vectors: np.ndarray, layers: Sequence[int], *, count: int) -> np.ndarray:
    """Vectors [K, W] in the named ones of `count` layers, zeros in the others: [K, count, W] float32."""
    placed = np.zeros((len(vectors), count, vectors.shape[1]), np.float32)
    placed[:, list(layers)] = vectors[:, None]
    return placed


def along(w: jax.Array, step: jax.Array, strengths: jax.Array) -> jax.Array:
    """Styles w [N, L, W] moved by each of S multiples of a step [L, W]: [N, S, L, W]."""
    return w[:, None] + strengths.reshape(1, -1, 1, 1) * step[None, None]


def _largest(matrix: np.ndarray, count: int) -> Directions:
    """Eigenvectors of the `count` largest eigenvalues of a symmetric matrix."""
    values, columns = np.linalg.eigh(matrix)
    vectors = columns.T[::-1][:count]
    largest = np.take_along_axis(vectors, np.abs(vectors).argmax(1)[:, None], axis=1)
    return Directions(vectors * np.where(largest < 0, -1.0, 1.0), values[::-1][:count])
