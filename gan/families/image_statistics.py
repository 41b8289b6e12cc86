"""Statistics of whole images that part of the latents of family `field` stand for.

A drawing's density and line width vary from image to image. A discriminator of small parts sees that badly,
and its generator then draws all images alike. So each image is compared together with its own statistics:
mean ink, and contrast at up to four scales, reduced to a few uncorrelated numbers of mean 0 and variance 1.
Of a generated image they are the first numbers of its latent, and the networks learn how they show.

Sources: Odena et al. 2017, "Conditional image synthesis with auxiliary classifier GANs"; Ding et al. 2021,
"CcGAN: continuous conditional generative adversarial networks" (conditions that are numbers).
"""

from collections.abc import Iterable

import jax
import jax.numpy as jnp
import numpy as np

OCTAVES = 4
LIMIT = 4.0  # of numbers, in standard deviations
SIGNAL = 0.25  # of a number in the channel that the discriminator sees
LEAST_DEVIATION, LEAST_VARIANCE = 1e-3, 1e-3  # of measures, and of standardised components, to divide by
DIGITS = 6  # of stored numbers, so that rounding differences of processors do not matter
FEWEST_IMAGES = 16


def octaves(shape: tuple[int, int, int]) -> int:
    """Scales of images (H, W, C) whose contrast is measured: halvings of both sides, at most OCTAVES."""
    both = shape[0] | shape[1]
    return min(OCTAVES, (both & -both).bit_length() - 1)


def measures(images: jax.Array, *, octaves: int) -> jax.Array:
    """Measures of images [N, H, W, C] in [-1, 1]: [N, 1 + octaves] float32.

    Mean ink (0 is white, 1 black), then the logarithm of the root mean square of what each halving of the
    size by area means removes, from fine to coarse. Sides count up to a multiple of 2**octaves.
    """
    height, width = (side >> octaves << octaves for side in images.shape[1:3])
    x = (1.0 - images[:, :height, :width].astype(jnp.float32).mean(-1)) / 2.0
    found = [x.mean((1, 2))]
    for _ in range(octaves):
        n, height, width = x.shape
        fine = x.reshape(n, height // 2, 2, width // 2, 2)
        x = fine.mean((2, 4))
        lost = jnp.square(fine - x[:, :, None, :, None]).mean((1, 2, 3, 4))
        found.append(0.5 * jnp.log(lost + 1e-6))
    return jnp.stack(found, axis=-1)


def fit(images: Iterable[np.ndarray], *, count: int) -> tuple[float, ...]:
    """Fit `count` numbers to images: the table for `numbers`.

    The principal components of the standardised measures, largest first, at mean 0 and variance 1.

    Args:
        images: batches uint8 [N, H, W, C].
        count: at most 1 + octaves.

    Returns: `count` rows, one after the other: a weight for each measure, then the mean.

    Raises: ValueError: there are fewer than FEWEST_IMAGES images.
    """
    found = [_measured(batch) for batch in images]
    x = np.concatenate(found or [np.zeros((0, 1))]).astype(np.float64)
    if len(x) < FEWEST_IMAGES:
        raise ValueError(f"{len(x)} images; statistics need at least {FEWEST_IMAGES}")
    deviation = np.maximum(x.std(0), LEAST_DEVIATION)
    values, vectors = np.linalg.eigh(np.cov((x - x.mean(0)) / deviation, rowvar=False))
    values, vectors = values[::-1][:count], vectors[:, ::-1][:, :count]
    vectors = vectors * np.sign(vectors[np.abs(vectors).argmax(0), np.arange(count)])
    weights = (vectors / np.sqrt(np.maximum(values, LEAST_VARIANCE)) / deviation[:, None]).T
    rows = np.concatenate([weights, (weights @ x.mean(0))[:, None]], axis=1)
    return tuple(float(f"{number:.{DIGITS}g}") for number in rows.ravel())


def numbers(images: jax.Array, table: tuple[float, ...], *, count: int) -> jax.Array:
    """Numbers of images [N, H, W, C] in [-1, 1] by a table of `fit`: [N, count] float32.

    Without a table, as for programs that are only compiled, they are 0.
    """
    if not table:
        return jnp.zeros((images.shape[0], count))
    rows = jnp.asarray(np.asarray(table, np.float32).reshape(count, -1))
    weights, means = rows[:, :-1], rows[:, -1]
    return measures(images, octaves=weights.shape[1] - 1) @ weights.T - means[None]


def with_numbers(images: jax.Array, values: jax.Array) -> jax.Array:
    """Images [N, H, W, C] and a constant channel for each of their numbers [N, K]: [N, H, W, C + K].

    A channel holds its number, at most LIMIT from 0, times SIGNAL: -1 to 1 as pixels.
    """
    signal = (jnp.clip(values, -LIMIT, LIMIT) * SIGNAL).astype(images.dtype)
    n, height, width, _ = images.shape
    channels = jnp.broadcast_to(signal[:, None, None, :], (n, height, width, values.shape[1]))
    return jnp.concatenate([images, channels], axis=-1)


def _measured(batch: np.ndarray) -> np.ndarray:
    images = batch.astype(np.float32) / 127.5 - 1.0
    return np.asarray(measures(jnp.asarray(images), octaves=octaves(batch.shape[1:])))
