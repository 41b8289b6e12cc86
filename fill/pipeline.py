"""A line drawing becomes a coloured image: paper, regions, colours, lines, edges.

Images are uint8 [..., H, W, C]. The colours of an image follow from the key, its item id and the palette
alone, not from the batch it stands in.
"""

import functools
import math

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from fill import bitmap
from fill import palette as palettes
from fill.blend import blend
from fill.components import label_regions
from fill.config import BlobConfig
from fill.lines import MAX_SIDE_PX, nearest_region
from fill.shapes import paint

Array = jax.Array | np.ndarray

SMALL_COUNT = 4095  # regions for which colours are always at hand; images with more pay for the largest table


def fill_blob(
    key: jax.Array,
    images: Array,
    palette: Array,
    config: BlobConfig,
    *,
    item_ids: Array | None = None,
) -> jax.Array:
    """Fill the regions between the lines with colour, and the lines with the colour of what is nearest.

    Args:
        key: of the whole run.
        images: uint8 [..., H, W, C], dark lines on light paper; C = 1, 3 or 4 (seen over white).
        palette: uint8 [h, w, 3]; for `overlay` it is stretched over the drawing.
        config: see BlobConfig.
        item_ids: uint32 [...], one per image; image i draws with fold_in(key, item_ids[i]). None counts
            from 0 in row-major order.

    Returns:
        uint8 [..., H, W, 3]. An image without any paper comes back as it is.

    Raises:
        ValueError: shapes or dtypes do not fit.
    """
    _check(images, palette)
    *lead, height, width, channels = images.shape
    if config.overlay:
        palette = palettes.resize(palette, height_px=height, width_px=width)
    flat = images.reshape(-1, height, width, channels)
    ids = (
        jnp.arange(math.prod(lead), dtype=jnp.uint32)
        if item_ids is None
        else jnp.asarray(item_ids, jnp.uint32)
    )
    return _fill_batch(key, flat, ids.reshape(-1), palette, config).reshape(*lead, height, width, 3)


@functools.partial(jax.jit, static_argnames="config")
def _fill_batch(
    key: jax.Array, images: jax.Array, ids: jax.Array, palette: jax.Array, config: BlobConfig
) -> jax.Array:
    def at_once(images: jax.Array, ids: jax.Array) -> jax.Array:
        return _fill_blob(key, images, ids, palette, config)

    def one_by_one(
        images: jax.Array, ids: jax.Array
    ) -> jax.Array:  # an image's tables stay in a core's cache
        return lax.map(lambda item: at_once(item[0][None], item[1][None])[0], (images, ids))

    return lax.platform_dependent(images, ids, cpu=one_by_one, default=at_once)


def _fill_blob(
    key: jax.Array, images: jax.Array, ids: jax.Array, palette: jax.Array, config: BlobConfig
) -> jax.Array:
    """fill_blob for uint8 [B, H, W, C]."""
    labels = label_regions(bitmap.paper(images, threshold=config.threshold))
    regions = jnp.max(labels, axis=(1, 2))  # [B]
    keys = jax.vmap(jax.random.fold_in, (None, 0))(key, ids)

    def colors(count: int) -> jax.Array:
        if config.overlay:
            table = palettes.mean_colors(labels, palette, count=count)
        else:
            table = jax.vmap(lambda key: palettes.draw_colors(key, palette, count=count))(keys)
        return jnp.pad(table, ((0, 0), (0, largest - count), (0, 0)))

    largest = images.shape[1] * images.shape[2] // 2 + 1  # a checkerboard
    if largest <= SMALL_COUNT:
        table = colors(largest)
    else:
        fits = jnp.max(regions) <= SMALL_COUNT
        table = lax.cond(fits, lambda: colors(SMALL_COUNT), lambda: colors(largest))
    filled = paint(nearest_region(labels), table)
    if config.blend:
        filled = blend(lax.optimization_barrier(filled))
    return jnp.where((regions > 0)[:, None, None, None], filled, bitmap.as_rgb(images))


def _check(images: Array, palette: Array) -> None:
    if images.dtype != jnp.uint8 or images.ndim < 3 or images.shape[-1] not in bitmap.CHANNELS:
        raise ValueError(
            f"images are {images.dtype} {list(images.shape)}; they must be uint8 [..., H, W, 1, 3 or 4]"
        )
    if images.size == 0 or max(images.shape[-3:-1]) > MAX_SIDE_PX:
        raise ValueError(f"images are {list(images.shape)}; sides must be 1 to {MAX_SIDE_PX} px")
    if palette.dtype != jnp.uint8 or palette.ndim != 3 or palette.shape[-1] != 3 or palette.size == 0:
        raise ValueError(f"palette is {palette.dtype} {list(palette.shape)}; it must be uint8 [h, w, 3]")
