"""Draw colours from a palette image, at random or by position, and paint regions with them.

Palettes are uint8 [h, w, 3], of any size; black and white are ordinary colours. Colour tables are
uint8 [..., K + 1, 3], row k for label k; row 0 for lines.
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
from fill.lines import nearest_region

BAND_PX = 1 << 24  # the sum of this many 8-bit values fits in 32 bits
KMEANS_PIXELS = 1 << 16  # maximum random sample from which centres are computed


def from_hex(colors: Sequence[str]) -> np.ndarray:
    """Parse colours such as "#1b4d5c" to a palette of one row, uint8 [1, N, 3]; repeated colours count twice.

    Raises:
        InputError: no colours, or a colour is not # and six hexadecimal digits.
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


def reduce_colors(image: np.ndarray, count: int, *, seed: int = 0) -> np.ndarray:
    """Reduce an image to at most `count` colours by k-means in RGB; each pixel takes the nearest.

    Args:
        image: uint8 [h, w, 3].
        count: at least 1.
        seed: random seed of k-means++.

    Returns:
        uint8 [h, w, 3]; colours keep their fractions of the area.
    """
    pixels, rng = image.reshape(-1, 3), np.random.default_rng(seed)
    chosen = rng.choice(len(pixels), min(len(pixels), KMEANS_PIXELS), replace=False)
    sample = pixels[chosen].astype(np.float64)
    centers = np.unique(sample, axis=0)
    if len(centers) > count:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # warning about empty clusters
            centers, _ = kmeans2(sample, count, minit="++", rng=rng)
    colors = np.rint(centers).astype(np.uint8)
    reduced = np.empty_like(pixels)
    for start in range(0, len(pixels), KMEANS_PIXELS):  # a large photo in float64 would be many gigabytes
        part = pixels[start : start + KMEANS_PIXELS].astype(np.float64)
        reduced[start : start + KMEANS_PIXELS] = colors[vq(part, centers)[0]]
    return reduced.reshape(image.shape)


def draw_colors(key: jax.Array, palette: jax.Array, *, count: int) -> jax.Array:
    """Draw one pixel of the palette uniformly for each label.

    Args:
        key: of one image; label k uses fold_in(key, k), independently of `count`.
        palette: uint8 [h, w, 3].
        count: largest label.

    Returns:
        uint8 [count + 1, 3].
    """
    pixels = palette.reshape(-1, 3)
    keys = jax.vmap(jax.random.fold_in, (None, 0))(key, jnp.arange(count + 1, dtype=jnp.uint32))
    index = jax.vmap(lambda key: jax.random.randint(key, (), 0, len(pixels)))(keys)
    return pixels[index]


def mean_colors(labels: jax.Array, image: jax.Array, *, count: int) -> jax.Array:
    """Mean of an image over each region, rounded; exact for regions of any size.

    Args:
        labels: int32 [..., H, W].
        image: uint8 [H, W, 3], see `resize`.
        count: largest label in the result.

    Returns:
        uint8 [..., count + 1, 3]; black for labels without pixels.
    """
    height, width, _ = image.shape
    assert image.shape == (*labels.shape[-2:], 3), (image.shape, labels.shape)
    area = jnp.maximum(region_areas(labels, count), 1)[..., None].astype(jnp.uint32)
    mean = rest = jnp.zeros((*area.shape[:-1], 3), jnp.uint32)  # the sum so far is mean * area + rest
    rows = max(1, BAND_PX // width)
    for top in range(0, height, rows):
        band = labels[..., top : top + rows, :]
        values = image[top : top + rows].astype(jnp.uint32)
        sums = label_sums(band, jnp.broadcast_to(values, (*band.shape, 3)), count)
        rest = rest + sums % area
        mean = mean + sums // area + rest // area
        rest = rest % area
    return (mean + (rest + area // 2) // area).astype(jnp.uint8)


def mix_second(key: jax.Array, table: jax.Array, palette: jax.Array, amount: jax.Array) -> jax.Array:
    """Replace colours of some labels by colours of a second palette.

    Args:
        key: of one image, that of `table`; label k is decided by the key and k.
        table: uint8 [count + 1, 3], drawn from the first palette.
        palette: the second, uint8 [h, w, 3].
        amount: uint8 [count + 1], the mask under each label: the probability of the second palette, of 255.

    Returns: uint8 [count + 1, 3].
    """
    other_key, choice_key = jax.random.split(key)
    other = draw_colors(other_key, palette, count=len(table) - 1)
    keys = jax.vmap(jax.random.fold_in, (None, 0))(choice_key, jnp.arange(len(table), dtype=jnp.uint32))
    limits = jax.vmap(lambda key: jax.random.randint(key, (), 0, 255))(keys)
    return jnp.where((limits < amount.astype(limits.dtype))[:, None], other, table)


@jax.jit(static_argnames=("height_px", "width_px"))
def blend_images(
    first: jax.Array, second: jax.Array, mask: jax.Array, *, height_px: int, width_px: int
) -> jax.Array:
    """Two images uint8 [h, w, 3] blended by a mask uint8 [h, w, 3], all resized: [height_px, width_px, 3]."""
    parts = (resize(part, height_px=height_px, width_px=width_px) for part in (first, second, mask))
    black, white, amount = (part.astype(jnp.uint32) for part in parts)
    return ((black * (255 - amount) + white * amount + 127) // 255).astype(jnp.uint8)


@jax.jit(static_argnames=("height_px", "width_px"))
def resize(palette: jax.Array, *, height_px: int, width_px: int) -> jax.Array:
    """Resize a palette to a drawing: uint8 [h, w, 3] -> [height_px, width_px, 3], triangle filter."""
    if palette.shape[:2] == (height_px, width_px):
        return palette
    resized = jax.image.resize(
        palette.astype(jnp.float32), (height_px, width_px, 3), "linear", antialias=True
    )
    return jnp.clip(jnp.round(resized), 0.0, 255.0).astype(jnp.uint8)


def regions_at(labels: jax.Array, points: jax.Array, *, torus: bool = False) -> jax.Array:
    """The regions under points, or the nearest ones where these lie on lines.

    Args:
        labels: int32 [B, H, W], 0 on lines.
        points: int32 [B, P, 2], (x, y) in px.
        torus: see `nearest_region`.

    Returns: int32 [B, P]; 0: the point lies outside, or there are no regions.
    """
    height, width = labels.shape[1:]
    x, y = points[..., 0], points[..., 1]
    inside = (x >= 0) & (y >= 0) & (x < width) & (y < height)
    flat = nearest_region(labels, torus=torus).reshape(len(labels), -1)
    place = jnp.clip(y, 0, height - 1) * width + jnp.clip(x, 0, width - 1)
    return jnp.where(inside, jnp.take_along_axis(flat, place, axis=1), 0)


def pin_colors(
    table: jax.Array,
    labels: jax.Array,
    points: jax.Array,
    colors: jax.Array,
    *,
    groups: jax.Array | None = None,
    torus: bool = False,
) -> jax.Array:
    """Replace the colours of the regions under points; of several points in one region the last counts.

    Args:
        table: uint8 [B, K + 1, 3], the colour of each label.
        labels: int32 [B, H, W], 0 on lines.
        points: int32 [B, P, 2], see `regions_at`.
        colors: uint8 [B, P, 3].
        groups: int32 [B, K + 1]: labels of one group have one colour; None: each has its own.
        torus: see `nearest_region`.

    Returns: uint8 [B, K + 1, 3].
    """
    if not points.shape[1]:
        return table
    own = jnp.broadcast_to(jnp.arange(table.shape[1]), table.shape[:2]) if groups is None else groups
    pinned = jnp.take_along_axis(own, regions_at(labels, points, torus=torus), axis=1)  # [B, P]
    for row in range(points.shape[1]):
        is_pinned = (own == pinned[:, row, None]) & (own > 0)
        table = jnp.where(is_pinned[..., None], colors[:, row, None], table)
    return table


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
