"""The mapping network: latents z -> styles w, and the mean and covariance of w."""

from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from animate.lazy_latents import Latents
from data_prep.errors import InputError
from gan.families import Family
from gan.sample import Generator

BATCH = 256  # latents mapped per call; the last batch is padded, so results do not depend on the batch
STATISTICS_SAMPLES = 8192


def shape_of_w(generator: Generator) -> tuple[int, int]:
    """(L, W): layers that take a style, and its length."""
    z = jax.ShapeDtypeStruct((1, generator.z_dim), jnp.float32)
    _, layers, size = jax.eval_shape(generator.map_with, generator.params, z).shape
    return layers, size


def check_w(generator: Generator, latents: Latents, *, name: str) -> None:
    """Raise InputError unless latents [T, Z] or [T, L, W] match the generator."""
    expected = list(shape_of_w(generator)) if latents.ndim == 3 else [generator.z_dim]
    if list(latents.shape[1:]) != expected:
        raise InputError(
            f"{name}: its latents are {list(latents.shape[1:])}, the generator takes {expected}; "
            "use the generator they were made for"
        )


def to_w(
    generator: Generator, latents: np.ndarray, *, truncation: float = 1.0, label: int | None = None
) -> np.ndarray:
    """Latents [T, Z] -> [T, L, W] float32 on the host; latents in w are returned unchanged.

    Args:
        generator: with the mapping network.
        latents: float32 [T, Z] or [T, L, W].
        truncation: of latents in z; 1 = off, 0 = mean w.
        label: class of all latents, for generators with classes; default: the first.
    """
    if latents.ndim == 3:
        return latents
    mapped = np.empty((len(latents), *shape_of_w(generator)), np.float32)
    for start in range(0, len(latents), BATCH):
        rows = latents[start : start + BATCH]
        padded = np.concatenate([rows, np.repeat(rows[-1:], BATCH - len(rows), axis=0)])
        w = _map(generator.family, generator.params, padded, truncation=float(truncation), label=label or 0)
        mapped[start : start + BATCH] = np.asarray(w)[: len(rows)]
    return mapped


def mean_w(generator: Generator, *, label: int | None = None) -> np.ndarray:
    """Mean of w, the target of truncation: [L, W] float32."""
    return to_w(generator, np.zeros((1, generator.z_dim), np.float32), truncation=0.0, label=label)[0]


def w_statistics(generator: Generator, *, label: int | None = None) -> tuple[np.ndarray, np.ndarray]:
    """Mean [W] and symmetric square root of the covariance [W, W] of w, float32, from 8,192 samples.

    For standard normal x, mean + x @ root has the mean and covariance of w. All layers get the same w.
    """
    z = np.asarray(jax.random.normal(jax.random.key(0), (STATISTICS_SAMPLES, generator.z_dim)))
    w = to_w(generator, z, label=label)[:, 0].astype(np.float64)
    mean = w.mean(axis=0)
    values, vectors = np.linalg.eigh(np.cov(w, rowvar=False).reshape(w.shape[1], -1))
    root = (vectors * np.sqrt(np.maximum(values, 0))) @ vectors.T
    return mean.astype(np.float32), root.astype(np.float32)


@partial(jax.jit, static_argnames=("family", "truncation", "label"))
def _map(family: Family, params: Any, z: jax.Array, *, truncation: float, label: int) -> jax.Array:
    labels = jnp.full(z.shape[0], label, jnp.int32) if family.num_classes else None
    return family.map(params, z, labels=labels, truncation=truncation)
