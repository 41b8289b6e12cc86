"""Behind the mapping network: latents z as styles w, their mean, and the law that drawn ones follow."""

from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from animate.lazy_latents import Latents
from data_prep.errors import InputError
from gan.families import Family
from gan.sample import Generator

BATCH = 256  # mapped at once; the last batch is filled up, so that none depends on its neighbours
LAW_SAMPLES = 8192


def shape_of_w(generator: Generator) -> tuple[int, int]:
    """(L, W): layers that take a style, and its length."""
    z = jax.ShapeDtypeStruct((1, generator.z_dim), jnp.float32)
    _, layers, size = jax.eval_shape(generator.map_with, generator.params, z).shape
    return layers, size


def check_w(generator: Generator, latents: Latents, *, name: str) -> None:
    """Raise InputError unless latents [T, Z] or [T, L, W] are of the generator's kind."""
    wanted = list(shape_of_w(generator)) if latents.ndim == 3 else [generator.z_dim]
    if list(latents.shape[1:]) != wanted:
        raise InputError(
            f"{name}: its latents are {list(latents.shape[1:])}, the generator takes {wanted}; "
            "choose the generator that they were made for"
        )


def to_w(
    generator: Generator, latents: np.ndarray, *, truncation: float = 1.0, label: int | None = None
) -> np.ndarray:
    """Latents [T, Z] -> [T, L, W] float32 on the host; what is in w stays as it is.

    Args:
        generator: whose mapping network it is.
        latents: float32 [T, Z] or [T, L, W].
        truncation: pull towards the mean, of latents in z.
        label: class of all of them, where the generator knows classes; by default its first.
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
    """Where truncation pulls to: [L, W] float32."""
    return to_w(generator, np.zeros((1, generator.z_dim), np.float32), truncation=0.0, label=label)[0]


def law_of_w(generator: Generator, *, label: int | None = None) -> tuple[np.ndarray, np.ndarray]:
    """Mean [W] and the symmetric root of the covariance [W, W] of mapped latents, float32.

    So a path x that runs where normal latents lie runs, as mean + x @ root, where styles lie: of normal x the
    first two moments are those of 8,192 mapped ones. Drawn styles are alike in all layers.
    """
    z = np.asarray(jax.random.normal(jax.random.key(0), (LAW_SAMPLES, generator.z_dim)))
    w = to_w(generator, z, label=label)[:, 0].astype(np.float64)
    mean = w.mean(axis=0)
    values, vectors = np.linalg.eigh(np.cov(w, rowvar=False).reshape(w.shape[1], -1))
    root = (vectors * np.sqrt(np.maximum(values, 0))) @ vectors.T
    return mean.astype(np.float32), root.astype(np.float32)


@partial(jax.jit, static_argnames=("family", "truncation", "label"))
def _map(family: Family, params: Any, z: jax.Array, *, truncation: float, label: int) -> jax.Array:
    labels = jnp.full(z.shape[0], label, jnp.int32) if family.num_classes else None
    return family.map(params, z, labels=labels, truncation=truncation)
