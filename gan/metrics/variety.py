"""Variety of a set of images, relative to a set of real ones: layout, pixel_std, nearest; and its ink.

A Frechet distance of features that are statistics over positions does not see a generator that draws one
layout in all of its images. These figures do. Each is a ratio of a figure of the generated images to the same
figure of as many real ones; 1 is right.

    layout     standard deviation over pixels of the mean image. One layout in all images gives many times
               the figure of the reals.
    pixel_std  mean over pixels of the standard deviation over images. Below 1: images resemble each other.
    nearest    mean distance of an image, reduced to 16 px, to its nearest other image of the same set. Near
               0: images are copies of each other.

Figures depend on the number of images: the mean of N images without a common layout still varies by their
standard deviation / sqrt(N), and nearest neighbours come closer in larger sets. Compare sets of one size.
"""

from collections.abc import Iterable
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from gan.devices.batching import pad_batch
from gan.metrics.features import area_means
from gan.metrics.neighbours import nearest

BATCH = 64
SMALL_PX = 16  # short side of the images between which distances are taken


class Figures(NamedTuple):
    """Figures of one set of images.

    Attributes:
        layout: standard deviation over pixels of the mean image, in grey levels.
        pixel_std: mean over pixels of the standard deviation over images, in grey levels.
        nearest: mean root mean square difference to the nearest other image at 16 px, in grey levels.
        ink_fraction: of pixels below mid-grey (mean of the colours; transparent pixels over white).
    """

    layout: float
    pixel_std: float
    nearest: float
    ink_fraction: float


class Variety(NamedTuple):
    """Figures of generated images; the first three relative to those of the reals, 1 is right."""

    layout: float
    pixel_std: float
    nearest: float
    ink_fraction: float
    ink_fraction_reals: float


class FigureSums:
    """Sums over a set of images of one shape, added batch by batch; only images of 16 px are stored.

    Sums are exact: figures do not depend on the batches.
    """

    def __init__(self) -> None:
        self._sum = self._squares = np.zeros((), np.int64)
        self._dark = self._pixels = 0
        self._small: list[np.ndarray] = []

    def add(self, images: np.ndarray) -> None:
        """Add images uint8 [N, H, W, C]."""
        for first in range(0, len(images), BATCH):
            part = images[first : first + BATCH]
            sums, squares, small, dark = _sums(pad_batch(part, size=BATCH), np.arange(BATCH) < len(part))
            self._sum = self._sum + np.asarray(sums, np.int64)
            self._squares = self._squares + np.asarray(squares, np.int64)
            self._small.append(np.asarray(small)[: len(part)])
            self._dark += int(dark)
            self._pixels = images.shape[1] * images.shape[2]

    def figures(self) -> Figures:
        """Of all images added so far, at least 2."""
        small = np.concatenate(self._small)
        n = len(small)
        rows = small.reshape(n, -1)
        squared = nearest(rows, rows, k=2)[0][:, 1]  # the image itself is the first
        variance = (n * self._squares - self._sum**2) / n**2  # integers until the division
        return Figures(
            layout=float(np.sqrt((self._sum / n).var(axis=(0, 1)).mean())),
            pixel_std=float(np.sqrt(variance).mean()),
            nearest=float(np.sqrt(squared / rows.shape[1]).mean()),
            ink_fraction=self._dark / (n * self._pixels),
        )


def figures_of(batches: Iterable[np.ndarray]) -> Figures:
    """Figures of batches of uint8 images [N, H, W, C]."""
    sums = FigureSums()
    for images in batches:
        sums.add(images)
    return sums.figures()


def relative(fakes: Figures, reals: Figures) -> Variety:
    """Figures of generated images over those of as many real ones; 0 / 0 is 1."""
    layout, pixel_std, near = (_ratio(*pair) for pair in zip(fakes[:3], reals[:3], strict=True))
    return Variety(layout, pixel_std, near, fakes.ink_fraction, reals.ink_fraction)


def small_size(height: int, width: int) -> tuple[int, int]:
    """Height and width of an image reduced to a short side of 16 px, or of its own if that is less."""
    scale = min(1.0, SMALL_PX / min(height, width))
    return max(1, round(height * scale)), max(1, round(width * scale))


def _ratio(a: float, b: float) -> float:
    if a == b:
        return 1.0
    return a / b if b > 0 else float("inf")


@jax.jit
def _sums(images: jax.Array, valid: jax.Array) -> tuple[jax.Array, jax.Array, jax.Array, jax.Array]:
    """Sum and sum of squares over the valid images [H, W, C], all images small, and number of dark pixels."""
    values = jnp.where(valid[:, None, None, None], images.astype(jnp.int32), 0)
    small = area_means(images.astype(jnp.float32), *small_size(*images.shape[1:3]))
    dark = (_is_dark(images) & valid[:, None, None]).sum()
    return values.sum(0), jnp.square(values).sum(0), small, dark


def _is_dark(images: jax.Array) -> jax.Array:
    """Whether the mean of a pixel's colours is below mid-grey: uint8 [N, H, W, C] -> bool [N, H, W]."""
    levels = images.astype(jnp.int32)
    if images.shape[-1] < 4:
        return 2 * levels.sum(-1) < 255 * images.shape[-1]
    alpha = levels[..., 3]
    over_white = levels[..., :3].sum(-1) * alpha + 3 * 255 * (255 - alpha)
    return 2 * over_white < 3 * 255 * 255
