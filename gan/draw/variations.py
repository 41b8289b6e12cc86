"""Latents of images: the posterior of a seed image, sampled, and what the model makes of it."""

from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax.random import fold_in

from data_prep.errors import InputError
from gan.config.draw import Where
from gan.devices.batching import map_in_batches
from gan.draw.family import DrawFamily
from gan.draw.jitter import jitter_ink
from gan.latents import item_keys, numbered
from gan.random_streams import Stream

BATCH = 64


class Reconstructions(NamedTuple):
    """What a model makes of N images.

    Attributes:
        z: sample of their posterior, float32 [N, T Z].
        images: uint8 [N, H, W, 1], drawn of it.
        reconstruction: nats, float32 [N].
        kl: nats, float32 [N].
    """

    z: np.ndarray
    images: np.ndarray
    reconstruction: np.ndarray
    kl: np.ndarray


def draw_family(family: Any, *, name: object) -> DrawFamily:
    """The family, if it is DRAW. Raises InputError naming the run `name` else."""
    if isinstance(family, DrawFamily):
        return family
    raise InputError(f"{name} is the run of a GAN; this needs a run of DRAW: inkloop gan train draw")


def vary(
    key: jax.Array,
    family: DrawFamily,
    params: Any,
    ink: np.ndarray,
    *,
    count: int,
    strength: float = 1.0,
    jitter: float = 0.0,
    where: Where = "edges",
    label: int | None = None,
) -> np.ndarray:
    """Latents of variations of one image: float32 [count, T Z]; variation i does not depend on the others.

    Args:
        key: of noise and jitter.
        family: the networks.
        params: their parameters.
        ink: [H, W] in [0, 1].
        count: number of variations.
        strength: multiple of the standard deviation of the posterior; 0: the mean of each glimpse.
        jitter: probability that a candidate pixel is changed first, see `jitter_ink`.
        where: candidates.
        label: class; None: the first, if there are classes.
    """
    numbers = numbered(0, count)
    noise = strength * family.noise(item_keys(fold_in(key, Stream.VARIATIONS), numbers))
    keys = item_keys(fold_in(key, Stream.JITTER), numbers)
    change = partial(jitter_ink, ink=jnp.asarray(ink), probability=jitter, where=where)
    inks = np.asarray(jax.vmap(change)(keys)) if jitter else np.broadcast_to(ink, (count, *ink.shape))
    return _encoded(family, params, inks, np.asarray(noise), _classes(label, len(inks)))[0]


def reconstruct(
    key: jax.Array, family: DrawFamily, params: Any, inks: np.ndarray, *, label: int | None = None
) -> Reconstructions:
    """Draw images [N, H, W] in [0, 1] from a sample of their posteriors, with both terms of the bound."""
    noise = family.noise(item_keys(fold_in(key, Stream.VARIATIONS), numbered(0, len(inks))))
    return Reconstructions(*_encoded(family, params, inks, np.asarray(noise), _classes(label, len(inks))))


def reconstruction_sheet(
    family: DrawFamily, inks: np.ndarray, images: np.ndarray, *, scale: int
) -> np.ndarray:
    """A row for each image, ink [N, H, W] as the model reads it, and reconstruction uint8 [N, H, W, 1]."""
    ink = np.asarray(family.thresholded(jnp.asarray(inks)))
    light = ink if family.config.ink == "light" else 1 - ink
    read = np.rint(255 * light).astype(np.uint8)[..., None]
    rows = np.concatenate([read, images], axis=2)
    sheet = rows.reshape(-1, *rows.shape[2:])
    return sheet.repeat(scale, axis=0).repeat(scale, axis=1)


def held_out_nats(
    key: jax.Array,
    family: DrawFamily,
    params: Any,
    inks: np.ndarray,
    *,
    labels: np.ndarray | None = None,
) -> tuple[np.ndarray, np.ndarray]:
    """(reconstruction, kl) in nats, float32 [N] each, of images [N, H, W] in [0, 1] with one sample of noise
    of their own."""
    noise = family.noise(item_keys(fold_in(key, Stream.METRIC_BOUND), numbered(0, len(inks))))
    _, _, reconstruction, kl = _encoded(family, params, inks, np.asarray(noise), labels)
    return reconstruction, kl


def _encoded(
    family: DrawFamily, params: Any, inks: np.ndarray, noise: np.ndarray, labels: np.ndarray | None
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    inks = inks.astype(np.float32)
    found = map_in_batches(lambda part: _encode(family, params, *part), (inks, noise, labels), batch=BATCH)
    return tuple(found)


@partial(jax.jit, static_argnums=0)
def _encode(
    family: DrawFamily, params: Any, ink: jax.Array, noise: jax.Array, labels: jax.Array | None
) -> tuple[jax.Array, ...]:
    ink = family.thresholded(ink)
    encoded = family.encode(params, ink, noise, labels=labels)
    nats = encoded.nats(ink)
    images = jnp.rint((family.images(encoded.canvas) + 1) * 127.5).astype(jnp.uint8)
    return encoded.z.reshape(len(ink), -1), images, nats.reconstruction, nats.kl


def _classes(label: int | None, count: int) -> np.ndarray | None:
    return None if label is None else np.full(count, label, np.int32)
