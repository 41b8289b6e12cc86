"""Palettes: colours drawn from an image by the area they take or by position, and painted onto regions.

Palettes are uint8 [h, w, 3], of any size; black and white are colours like any other. Colour tables are
uint8 [..., K + 1, 3], row k for label k; row 0 belongs to lines.
"""

import warnings
from collections.abc import Sequence

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax
from scipy.cluster.vq import kmeans2, vq

from data_prep.errors import InputError
from fill.components import label_sums, region_areas

BAND_PX = 1 << 24  # the sum of so many 8-bit values fits 32 bits
KMEANS_PIXELS = 1 << 16  # of a large picture, drawn at random, decide its centres


def from_hex(colors: Sequence[str]) -> np.ndarray:
    """Colours such as "#1b4d5c" -> a palette of one row, uint8 [1, N, 3]; a colour given twice counts twice.

    Raises:
        InputError: a colour is not # and six hexadecimal digits, or there is none.
    """
    try:
        digits = [bytes.fromhex(color.strip().removeprefix("#")) for color in colors]
    except ValueError:
        digits = []
    if not digits or any(len(rgb) != 3 for rgb in digits):
        raise InputError(
            f"colours {','.join(colors)!r}: each must be # and six hexadecimal digits, e.g. #1b4d5c"
        )
    return np.frombuffer(b"".join(digits), np.uint8).reshape(1, -1, 3)


def reduce_colors(picture: np.ndarray, count: int, *, seed: int = 0) -> np.ndarray:
    """A picture in at most `count` colours, each pixel in the one nearest to it: k-means in RGB.

    Args:
        picture: uint8 [h, w, 3].
        count: 1 or more.
        seed: of the first centres, which k-means++ draws.

    Returns:
        uint8 [h, w, 3]; colours keep their shares of the area.
    """
    pixels, rng = picture.reshape(-1, 3), np.random.default_rng(seed)
    chosen = rng.choice(len(pixels), min(len(pixels), KMEANS_PIXELS), replace=False)
    looked_at = pixels[chosen].astype(np.float64)
    centers = np.unique(looked_at, axis=0)
    if len(centers) > count:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # of a centre that nothing is near to
            centers, _ = kmeans2(looked_at, count, minit="++", rng=rng)
    colors = np.rint(centers).astype(np.uint8)
    reduced = np.empty_like(pixels)
    for start in range(0, len(pixels), KMEANS_PIXELS):  # a large photo in float64 would be many gigabytes
        part = pixels[start : start + KMEANS_PIXELS].astype(np.float64)
        reduced[start : start + KMEANS_PIXELS] = colors[vq(part, centers)[0]]
    return reduced.reshape(picture.shape)


def draw_colors(key: jax.Array, palette: jax.Array, *, count: int) -> jax.Array:
    """One pixel of the palette for each label, drawn uniformly.

    Args:
        key: of one image; label k draws with fold_in(key, k), whatever `count`.
        palette: uint8 [h, w, 3].
        count: the largest label.

    Returns:
        uint8 [count + 1, 3].
    """
    pixels = palette.reshape(-1, 3)
    keys = jax.vmap(jax.random.fold_in, (None, 0))(key, jnp.arange(count + 1, dtype=jnp.uint32))
    index = jax.vmap(lambda key: jax.random.randint(key, (), 0, len(pixels)))(keys)
    return pixels[index]


def mean_colors(labels: jax.Array, picture: jax.Array, *, count: int) -> jax.Array:
    """The mean of a picture over each region, rounded; exact however large the region.

    Args:
        labels: int32 [..., H, W].
        picture: uint8 [H, W, 3], see `resize`.
        count: the largest label that has a row.

    Returns:
        uint8 [..., count + 1, 3]; black for labels that no pixel has.
    """
    height, width, _ = picture.shape
    assert picture.shape == (*labels.shape[-2:], 3), (picture.shape, labels.shape)
    area = jnp.maximum(region_areas(labels, count), 1)[..., None].astype(jnp.uint32)
    mean = rest = jnp.zeros((*area.shape[:-1], 3), jnp.uint32)  # the sum so far is mean * area + rest
    rows = max(1, BAND_PX // width)
    for top in range(0, height, rows):
        band = labels[..., top : top + rows, :]
        values = picture[top : top + rows].astype(jnp.uint32)
        sums = label_sums(band, jnp.broadcast_to(values, (*band.shape, 3)), count)
        rest = rest + sums % area
        mean = mean + sums // area + rest // area
        rest = rest % area
    return (mean + (rest + area // 2) // area).astype(jnp.uint8)


@jax.jit(static_argnames=("height_px", "width_px"))
def resize(palette: jax.Array, *, height_px: int, width_px: int) -> jax.Array:
    """Stretch a palette over a drawing: uint8 [h, w, 3] -> [height_px, width_px, 3], triangle filter."""
    if palette.shape[:2] == (height_px, width_px):
        return palette
    picture = jax.image.resize(
        palette.astype(jnp.float32), (height_px, width_px, 3), "linear", antialias=True
    )
    return jnp.clip(jnp.round(picture), 0.0, 255.0).astype(jnp.uint8)


@jax.jit
def paint(labels: jax.Array, colors: jax.Array) -> jax.Array:
    """Look up the colour of every pixel's label.

    Args:
        labels: int32 [..., H, W] in 0..K.
        colors: uint8 [..., K + 1, 3], with the leading axes of `labels`.

    Returns:
        uint8 [..., H, W, 3].
    """
    assert colors.dtype == jnp.uint8, colors.dtype
    assert colors.shape[-1] == 3, colors.shape
    assert colors.shape[:-2] == labels.shape[:-2], (colors.shape, labels.shape)
    words = lax.bitcast_convert_type(_pad_channel(colors), jnp.uint32)  # [..., K + 1]: one load per pixel
    flat = labels.reshape(*labels.shape[:-2], -1)
    pixels = jnp.take_along_axis(words, flat, axis=-1, mode="promise_in_bounds").reshape(labels.shape)
    return lax.bitcast_convert_type(pixels, jnp.uint8)[..., :3]


def _pad_channel(colors: jax.Array) -> jax.Array:
    return jnp.pad(colors, [(0, 0)] * (colors.ndim - 1) + [(0, 1)])
