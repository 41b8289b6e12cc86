"""What a coloured film needs of the device: one program for each thing that is asked of frames."""

from functools import partial

import jax
import jax.numpy as jnp

from fill import palette as palettes
from fill.components import region_areas
from fill.config import FilmConfig
from fill.ink import Levels
from fill.overlap import partners, partners_both_ways
from fill.pipeline import each_or_all, lay_on
from fill.regions import find_regions


@partial(jax.jit, static_argnames="config")
def label_frames(images: jax.Array, config: FilmConfig) -> jax.Array:
    """find_regions of uint8 frames [B, H, W, C]: int32 [B, H, W]."""
    return each_or_all(lambda images: find_regions(images, config), images)


@partial(jax.jit, static_argnames="capacity")
def compare(before: jax.Array, now: jax.Array, capacity: int) -> tuple[jax.Array, ...]:
    """Areas, and who covers whom: int32 [capacity + 1] each, see Step."""
    after, back = partners_both_ways(before, now, capacity=capacity)
    areas = region_areas(before, capacity), region_areas(now, capacity)
    return *areas, after.label, back.label, back.px


@partial(jax.jit, static_argnames="capacity")
def partner_labels(labels: jax.Array, others: jax.Array, capacity: int) -> jax.Array:
    """`partners` of a label map in another: labels, int32 [capacity + 1]."""
    return partners(labels, others, capacity=capacity).label


@jax.jit
def remember(
    labels: jax.Array, tracks: jax.Array, map_before: jax.Array, lost_map: jax.Array
) -> tuple[jax.Array, jax.Array]:
    """The track at each pixel, the last one where there is line; and the one before that was another."""
    track_map = jnp.where(labels > 0, tracks[labels], map_before)
    return track_map, jnp.where(track_map != map_before, map_before, lost_map)


@jax.jit
def compare_colors(before: jax.Array, now: jax.Array) -> tuple[jax.Array, jax.Array]:
    """Pixels that are paper in both frames, and those of them that change: uint32 [H, W], 0 on lines."""
    both = (before > 0) & (now > 0)
    return jnp.sum(both, dtype=jnp.int32), jnp.sum(both & (before != now), dtype=jnp.int32)


@partial(jax.jit, static_argnames="config")
def color_frames(
    images: jax.Array, table: jax.Array, config: FilmConfig, ink: Levels | None
) -> tuple[jax.Array, jax.Array]:
    """Frames uint8 [B, H, W, C] in the colours of `table` [B, K + 1, 3], and these on paper alone."""

    def one(images: jax.Array, table: jax.Array) -> tuple[jax.Array, jax.Array]:
        labels = find_regions(images, config)
        return lay_on(images, labels, table, config, ink=_for_each(ink, len(images))), _on_paper(
            labels, table
        )

    return each_or_all(one, images, table)


@partial(jax.jit, static_argnames=("config", "capacity"))
def sample_frames(
    images: jax.Array, pictures: jax.Array, config: FilmConfig, ink: Levels | None, capacity: int
) -> tuple[jax.Array, jax.Array]:
    """The same in the means of `pictures` uint8 [B, h, w, 3] under regions 1..capacity."""
    height_px, width_px = images.shape[1:3]

    def one(images: jax.Array, pictures: jax.Array) -> tuple[jax.Array, jax.Array]:
        labels = find_regions(images, config)
        sized = jax.vmap(lambda picture: palettes.resize(picture, height_px=height_px, width_px=width_px))(
            pictures
        )
        table = jax.vmap(lambda labels, picture: palettes.mean_colors(labels, picture, count=capacity))(
            labels, sized
        )
        return lay_on(images, labels, table, config, ink=_for_each(ink, len(images))), _on_paper(
            labels, table
        )

    return each_or_all(one, images, pictures)


def _for_each(ink: Levels | None, count: int) -> Levels | None:
    return None if ink is None else Levels(*(jnp.broadcast_to(part, (count, *part.shape)) for part in ink))


def _on_paper(labels: jax.Array, table: jax.Array) -> jax.Array:
    """The colour of each pixel of paper as one number above 0; 0 on lines: uint32 [B, H, W]."""
    r, g, b = (table[..., i].astype(jnp.uint32) for i in range(3))
    words = ((r << 16) | (g << 8) | b) + jnp.uint32(1)
    found = jnp.take_along_axis(words, labels.reshape(len(labels), -1), axis=-1).reshape(labels.shape)
    return jnp.where(labels > 0, found, jnp.uint32(0))
