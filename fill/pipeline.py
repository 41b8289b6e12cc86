"""Colour line drawings: find paper and regions, draw colours, fill lines, smooth edges.

Images are uint8 [..., H, W, C]. The colours of an image depend on the key, its item id and the palette,
not on its batch.
"""

import functools
import math
from collections.abc import Callable, Sequence
from typing import TypeVar

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from fill import bitmap
from fill import palette as palettes
from fill.blend import blend
from fill.compose import over
from fill.config import BlobConfig, FillConfig
from fill.ink import Levels, ink_layer
from fill.lines import MAX_SIDE_PX, nearest_region
from fill.masked_palette import MaskedPalette
from fill.palette import paint
from fill.parallel import over_cores
from fill.regions import find_regions

Array = jax.Array | np.ndarray
T = TypeVar("T")

SMALL_COUNT = 4095  # regions in the small colour table; images with more use the largest table


def fill_blob(
    key: jax.Array,
    images: Array,
    palette: Array,
    config: BlobConfig,
    *,
    item_ids: Array | None = None,
    thresholds: Array | None = None,
    pins: tuple[Array, Array] | None = None,
    masked: MaskedPalette | None = None,
) -> jax.Array:
    """Fill the regions between the lines with colours, and the lines with the colour of the nearest region.

    Args:
        key: key of the run; see `item_ids`.
        images: uint8 [..., H, W, C], dark lines on light paper; C = 1, 3 or 4 (composited over white).
        palette: uint8 [h, w, 3]; for `overlay` it is resized to the drawing.
        config: see BlobConfig.
        item_ids: uint32 [...], one per image; image i uses fold_in(key, item_ids[i]); None: from 0 in
            row-major order.
        thresholds: int32 [...], one per image; None: that of the config, "auto" being the standard one (see
            fill.threshold for one from the histogram).
        pins: points int32 [..., P, 2] and colours uint8 [..., P, 3] of their regions, see fill.pins; None:
            none.
        masked: a second palette, stretched over the drawing; None: none.

    Returns:
        uint8 [..., H, W, 3]. Images without any paper are returned unchanged.

    Raises:
        ValueError: invalid shapes or dtypes.
    """
    check(images, palette)
    *lead, height, width, channels = images.shape
    size = {"height_px": height, "width_px": width}
    if masked is not None:
        check(images, masked.palette)
        masked = MaskedPalette(jnp.asarray(masked.palette), palettes.resize(masked.mask, **size))
    if config.overlay and masked is not None:
        palette, masked = palettes.blend_images(palette, *masked, **size), None
    elif config.overlay:
        palette = palettes.resize(palette, **size)
    flat = images.reshape(-1, height, width, channels)
    ids = flat_ids(item_ids, lead)
    filled = over_cores(
        lambda key, palette, masked, *batch: _fill_batch(key, *batch, palette, config, masked=masked),
        flat,
        ids,
        flat_thresholds(thresholds, lead, config),
        flat_pins(pins, lead),
        shared=(key, palette, masked),
    )
    return filled.reshape(*lead, height, width, 3)


@functools.partial(jax.jit, static_argnames="config")
def _fill_batch(
    key: jax.Array,
    images: jax.Array,
    ids: jax.Array,
    limits: jax.Array,
    pins: tuple[jax.Array, jax.Array],
    palette: jax.Array,
    config: BlobConfig,
    *,
    masked: MaskedPalette | None = None,
) -> jax.Array:
    def fill(images: jax.Array, ids: jax.Array, limits: jax.Array, *pins: jax.Array) -> jax.Array:
        return _fill_blob(key, images, ids, limits, (pins[0], pins[1]), palette, config, masked)

    return each_or_all(fill, images, ids, limits, *pins)


def each_or_all(function: Callable[..., T], *batch: jax.Array) -> T:
    """Apply a function to a batch at once on accelerators, image by image on CPUs (fits in their caches)."""

    def one_by_one(*batch: jax.Array) -> T:
        single = lax.map(lambda item: function(*(part[None] for part in item)), batch)
        return jax.tree.map(lambda part: part[:, 0], single)

    return lax.platform_dependent(*batch, cpu=one_by_one, default=function)


def _fill_blob(
    key: jax.Array,
    images: jax.Array,
    ids: jax.Array,
    limits: jax.Array,
    pins: tuple[jax.Array, jax.Array],
    palette: jax.Array,
    config: BlobConfig,
    masked: MaskedPalette | None,
) -> jax.Array:
    """fill_blob for uint8 [B, H, W, C] and thresholds int32 [B]."""
    labels = find_regions(images, config, threshold=limits)
    keys = jax.vmap(jax.random.fold_in, (None, 0))(key, ids)

    def colors(count: int) -> jax.Array:
        if config.overlay:
            table = palettes.mean_colors(labels, palette, count=count)
        else:
            table = jax.vmap(lambda key: palettes.draw_colors(key, palette, count=count))(keys)
        if masked is not None:
            amount = palettes.mean_colors(labels, masked.mask, count=count)[..., 0]
            table = jax.vmap(palettes.mix_second, (0, 0, None, 0))(keys, table, masked.palette, amount)
        return jnp.pad(table, ((0, 0), (0, largest - count), (0, 0)))

    largest = images.shape[1] * images.shape[2] // 2 + 1  # a checkerboard
    if largest <= SMALL_COUNT:
        table = colors(largest)
    else:
        fits = jnp.max(labels) <= SMALL_COUNT
        table = lax.cond(fits, lambda: colors(SMALL_COUNT), lambda: colors(largest))
    table = palettes.pin_colors(table, labels, *pins, torus=config.wraps)
    return lay_on(images, labels, table, config, threshold=limits)


def lay_on(
    images: jax.Array,
    labels: jax.Array,
    table: jax.Array,
    config: FillConfig,
    *,
    ink: Levels | None = None,
    threshold: jax.Array | None = None,
) -> jax.Array:
    """Paint regions, and lines with the colour of the nearest region; then apply `blend` and `keep_lines`.

    Args:
        images: uint8 [B, H, W, C].
        labels: int32 [B, H, W], 0 on lines.
        table: uint8 [B, K + 1, 3], the colour of each label.
        config: static.
        ink: ink levels for `keep_lines`; None: measured on each image.
        threshold: int32 [B]; None: that of the config.

    Returns:
        uint8 [B, H, W, 3]; images without any region are returned unchanged.
    """
    filled = paint(nearest_region(labels, torus=config.wraps), table)
    if config.blend:
        filled = blend(lax.optimization_barrier(filled), torus=config.wraps)
    if config.keep_lines:
        limit = config.fixed_threshold if threshold is None else threshold
        layer = ink_layer(images, threshold=limit, levels=ink)
        filled = over(layer, lax.optimization_barrier(filled))
    any_region = jnp.any(labels > 0, axis=(1, 2))
    return jnp.where(any_region[:, None, None, None], filled, bitmap.as_rgb(images))


def check(images: Array, palette: Array) -> None:
    """Validate a batch of images and a palette; raises ValueError."""
    check_images(images)
    if palette.dtype != jnp.uint8 or palette.ndim != 3 or palette.shape[-1] != 3 or palette.size == 0:
        raise ValueError(f"palette {palette.dtype} {list(palette.shape)}: must be uint8 [h, w, 3]")


def check_images(images: Array) -> None:
    """Validate a batch of images; raises ValueError."""
    if images.dtype != jnp.uint8 or images.ndim < 3 or images.shape[-1] not in bitmap.CHANNELS:
        raise ValueError(f"images {images.dtype} {list(images.shape)}: must be uint8 [..., H, W, 1, 3 or 4]")
    if images.size == 0 or max(images.shape[-3:-1]) > MAX_SIDE_PX:
        raise ValueError(f"images {list(images.shape)}: sides must be 1 to {MAX_SIDE_PX} px")


def flat_ids(item_ids: Array | None, lead: Sequence[int]) -> jax.Array:
    """Flatten item ids to uint32 [N] for images with leading axes `lead`; None: 0..N-1."""
    count = math.prod(lead)
    return (
        jnp.arange(count, dtype=jnp.uint32)
        if item_ids is None
        else jnp.asarray(item_ids, jnp.uint32).reshape(-1)
    )


def flat_thresholds(thresholds: Array | None, lead: Sequence[int], config: FillConfig) -> jax.Array:
    """Thresholds as int32 [N] for images with leading axes `lead`; None: that of the config."""
    if thresholds is None:
        return jnp.full(math.prod(lead), config.fixed_threshold, jnp.int32)
    return jnp.asarray(thresholds, jnp.int32).reshape(-1)


def flat_pins(pins: tuple[Array, Array] | None, lead: Sequence[int]) -> tuple[jax.Array, jax.Array]:
    """Pins as int32 [N, P, 2] and uint8 [N, P, 3] for images with leading axes `lead`; None: P is 0."""
    count = math.prod(lead)
    if pins is None:
        return jnp.zeros((count, 0, 2), jnp.int32), jnp.zeros((count, 0, 3), jnp.uint8)
    points, colors = jnp.asarray(pins[0], jnp.int32), jnp.asarray(pins[1], jnp.uint8)
    return points.reshape(count, -1, 2), colors.reshape(count, -1, 3)
