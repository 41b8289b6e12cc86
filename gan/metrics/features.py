"""Features of images from fixed random convolutions, for distances between sets of images.

A small convolutional network with weights drawn from a fixed key: untrained, no download. Random networks
capture low-level statistics of line drawings (ink fraction, line width, spacing, junctions at several
scales), not semantics. There are two sets of features of one network: `random_features` are statistics over
all positions, and do not change if the parts of an image change places; `position_features` are means over
parts of the image, so that a set of images of one layout differs from a set of many.

Source: Naeem et al. 2020, "Reliable fidelity and diversity metrics for generative models", section 4
(features of randomly initialised networks in place of pretrained ones); the network is our own.
"""

from collections.abc import Iterator

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from gan.ops.matmul_conv import NHWC
from gan.ops.resample import downsample

CHANNELS = 32
SMALLEST_PX = 8  # levels stop when the short side is this small
MOST_LEVELS = 6
KEY = 20180101  # changing it, or anything here, changes every distance ever logged
GRID = 4  # positions along each side
POSITION_CHANNELS = 8  # 128 position features: fewer than images in all but very small sets


def random_features(images: jax.Array) -> jax.Array:
    """Mean and standard deviation over positions of every channel of every level.

    Each level is two 3x3 convolutions with He-scaled normal weights and leaky ReLUs, then a blurred
    halving. Pure and jittable.

    Args:
        images: [N, H, W, C] float32 in [-1, 1], C = 1, 3 or 4, sides divisible by two at every level.

    Returns:
        [N, levels * 64] float32; levels = 4 at 64 px, 6 from 256 px.
    """
    return random_and_position_features(images)[0]


def position_features(images: jax.Array) -> jax.Array:
    """Means over the cells of a 4 x 4 grid of 8 mixtures of the channels of all levels.

    The levels are those of `random_features`. Each of the 8 is a weighted sum of all levels * 32 channels,
    with fixed normal weights that are the same in all cells.

    Args:
        images: as in `random_features`.

    Returns:
        [N, 4 * 4 * 8] float32, by row, column and mixture; fewer cells along a side below 4 px.
    """
    return random_and_position_features(images)[1]


def random_and_position_features(images: jax.Array) -> tuple[jax.Array, jax.Array]:
    """`random_features` and `position_features`, from one pass through the network."""
    n, height, width = images.shape[:3]
    cells = (min(GRID, height), min(GRID, width))
    features, means = [], []
    for x in _levels(images):
        features += [x.mean(axis=(1, 2)), x.std(axis=(1, 2))]
        means += [area_means(x, *cells)]
    channels = jnp.concatenate(means, axis=-1)
    layer = 100  # above the numbers of the convolutions
    key = jax.random.fold_in(jax.random.key(KEY), layer)
    mixing = jax.random.normal(key, (channels.shape[-1], POSITION_CHANNELS)) / channels.shape[-1] ** 0.5
    return jnp.concatenate(features, axis=-1), (channels @ mixing).reshape(n, -1)


def area_means(images: jax.Array, height: int, width: int) -> jax.Array:
    """Means over a grid of `height` x `width` equal cells: float [N, H, W, C] -> [N, height, width, C].

    Cells may end within a pixel. Where `height` and `width` divide H and W, sums are those of the pixels.
    """
    n, h, w, c = images.shape
    if h % height == 0 and w % width == 0:
        return images.reshape(n, height, h // height, width, w // width, c).mean(axis=(2, 4))
    return jnp.einsum("nhwc,ah,bw->nabc", images, _coverage(h, height), _coverage(w, width))


def _levels(images: jax.Array) -> Iterator[jax.Array]:
    """Activations of each level [N, h, w, CHANNELS]."""
    key = jax.random.key(KEY)
    x = images
    for level in range(MOST_LEVELS):
        for conv in range(2):
            shape = (3, 3, x.shape[-1], CHANNELS)
            kernel = jax.random.normal(jax.random.fold_in(key, 2 * level + conv), shape)
            kernel *= (2.0 / (9 * x.shape[-1])) ** 0.5
            x = lax.conv_general_dilated(x, kernel, (1, 1), "SAME", dimension_numbers=NHWC)
            x = jnp.maximum(x, 0.2 * x)
        yield x
        h, w = x.shape[1:3]
        if min(h, w) <= SMALLEST_PX or h % 2 or w % 2:
            break
        x = downsample(x)


def _coverage(size: int, cells: int) -> np.ndarray:
    """Fraction of each of `cells` equal parts of a line that each of `size` pixels covers: [cells, size]."""
    edges, pixels = np.arange(cells + 1) * (size / cells), np.arange(size)
    overlap = np.minimum(edges[1:, None], pixels + 1) - np.maximum(edges[:-1, None], pixels)
    return (np.maximum(overlap, 0) * (cells / size)).astype(np.float32)
