"""Frames of a video in batches, and the device programs that label, track and colour them.

All batches have one shape: the last frame is repeated to fill the last batch.
"""

import itertools
from collections.abc import Iterable, Iterator
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from data_prep.errors import InputError
from fill import palette as palettes
from fill.components import region_areas
from fill.config import VideoConfig
from fill.ink import Levels
from fill.lines import check_side
from fill.overlap import partners, partners_both_ways
from fill.pipeline import each_or_all, lay_on
from fill.regions import find_regions


def batched(
    frames: Iterable[np.ndarray], batch: int, *, torus: bool = False
) -> Iterator[tuple[np.ndarray, int]]:
    """Yield (uint8 [batch, H, W, C], number of valid rows). Raises: InputError, see `of_one_size`."""
    checked = of_one_size(frames, torus=torus)
    while chunk := list(itertools.islice(checked, batch)):
        yield stacked(chunk, batch), len(chunk)


def of_one_size(frames: Iterable[np.ndarray], *, torus: bool = False) -> Iterator[np.ndarray]:
    """Yield frames uint8 [H, W, C] unchanged after checking their shape.

    Raises: InputError: a frame differs in shape from the first, or has a side above the limit of fill.
    """
    first: np.ndarray | None = None
    for index, frame in enumerate(frames):
        first = frame if first is None else first
        if frame.shape != first.shape:
            raise InputError(
                f"frame {index} is {_size(frame)}, frame 0 is {_size(first)}; all frames of a video need one "
                "size: resize them, or fill them one by one with `inkloop fill blob`"
            )
        check_side(f"frame {index}", (frame.shape[0], frame.shape[1]), torus=torus)
        yield frame


def stacked(frames: list[np.ndarray], rows: int) -> np.ndarray:
    """Stack to [rows, ...]; the last frame is repeated."""
    return np.stack(frames + [frames[-1]] * (rows - len(frames)))


def _size(frame: np.ndarray) -> str:
    height, width, channels = frame.shape
    return f"{width} x {height} px with {channels} channel{'s' if channels > 1 else ''}"


@partial(jax.jit, static_argnames="config")
def label_frames(images: jax.Array, config: VideoConfig) -> tuple[jax.Array, jax.Array]:
    """find_regions of uint8 frames [B, H, W, C]: int32 [B, H, W]; and the largest label of each, [B]."""
    labels = each_or_all(lambda images: find_regions(images, config), images)
    return labels, jnp.max(labels, axis=(1, 2))


@partial(jax.jit, static_argnames="capacity")
def compare_frames(before: jax.Array, now: jax.Array, capacity: int) -> tuple[jax.Array, ...]:
    """Compare label maps [B, H, W] with the preceding ones: areas and best overlaps, see Step.

    Returns: int32 [B, capacity + 1] each: area, after, before, px.
    """

    def one(pair: tuple[jax.Array, jax.Array]) -> tuple[jax.Array, ...]:
        after, back = partners_both_ways(*pair, capacity=capacity)
        return region_areas(pair[1], capacity), after.label, back.label, back.px

    return lax.map(one, (before, now))


@partial(jax.jit, donate_argnames=("track_map", "lost_map"))
def remember(
    before: tuple[jax.Array, jax.Array],
    tracks: jax.Array,
    now: tuple[jax.Array, jax.Array],
    is_open: jax.Array,
    track_map: jax.Array,
    lost_map: jax.Array,
) -> tuple[jax.Array, jax.Array, jax.Array]:
    """Update the track maps with the previous frame, and find lost tracks under regions that have none.

    Args:
        before, now: label maps int32 [B, H, W], and the row in them.
        tracks: int32 [K + 1], tracks of the regions of `before`.
        is_open: bool [K + 1], regions of `now` without a track.
        track_map: int32 [H, W], the latest track at each pixel.
        lost_map: int32 [H, W], the latest different track before it.

    Returns: both maps, and int32 [K + 1], the lost track under most of each open region; 0: none.
    """
    (maps_before, row_before), (maps, row) = before, now
    labels_before, labels = maps_before[row_before], maps[row]
    here = jnp.where(labels_before > 0, tracks[labels_before], track_map)
    lost_map = jnp.where(here != track_map, track_map, lost_map)
    capacity = len(tracks) - 1

    def find_lost() -> jax.Array:
        return partners(jnp.where(is_open[labels], labels, 0), lost_map, capacity=capacity).label

    lost = lax.cond(jnp.any(is_open), find_lost, lambda: jnp.zeros(capacity + 1, jnp.int32))
    return here, lost_map, lost


@partial(jax.jit, static_argnames="torus")
def regions_at(labels: jax.Array, row: jax.Array, points: jax.Array, *, torus: bool) -> jax.Array:
    """The regions of label map `row` of [B, H, W] under points int32 [P, 2], or the nearest ones: [P]."""
    return palettes.regions_at(labels[row][None], points[None], torus=torus)[0]


@partial(jax.jit, static_argnames="capacity")
def mean_colors(labels: jax.Array, row: jax.Array, image: jax.Array, capacity: int) -> jax.Array:
    """Mean of an image under each region of label map `row` of [B, H, W]: uint8 [capacity + 1, 3]."""
    return palettes.mean_colors(labels[row], image, count=capacity)


@partial(jax.jit, static_argnames=("config", "counted"))
def color_frames(
    images: jax.Array, table: jax.Array, config: VideoConfig, ink: Levels | None, counted: bool
) -> tuple[jax.Array, jax.Array | None]:
    """Colour frames uint8 [B, H, W, C] by `table` [B, K + 1, 3]; `counted`: also return colours on paper."""

    def one(images: jax.Array, table: jax.Array) -> tuple[jax.Array, jax.Array | None]:
        labels = find_regions(images, config)
        filled = lay_on(images, labels, table, config, ink=_for_each(ink, len(images)))
        return filled, _on_paper(labels, table) if counted else None

    return each_or_all(one, images, table)


@jax.jit
def count_changes(before: jax.Array, now: jax.Array) -> jax.Array:
    """Count pixels that are paper in consecutive frames, and those that change colour.

    Args:
        before: uint32 [H, W], colours on paper, 0 on lines.
        now: uint32 [B, H, W], the following frames.

    Returns: int32 [2, B]: paper in both, and changed.
    """
    before = jnp.concatenate([before[None], now[:-1]])
    both = (before > 0) & (now > 0)
    return jnp.stack([jnp.sum(part, axis=(1, 2), dtype=jnp.int32) for part in (both, both & (before != now))])


@partial(jax.jit, static_argnames=("config", "capacity"))
def sample_frames(
    images: jax.Array,
    labels: jax.Array,
    sources: jax.Array,
    config: VideoConfig,
    ink: Levels | None,
    capacity: int,
) -> jax.Array:
    """Colour regions 1..capacity of frames by the means of `sources` uint8 [B, h, w, 3] under them."""
    height_px, width_px = images.shape[1:3]

    def one(images: jax.Array, labels: jax.Array, sources: jax.Array) -> jax.Array:
        sized = jax.vmap(lambda source: palettes.resize(source, height_px=height_px, width_px=width_px))(
            sources
        )
        table = jax.vmap(lambda labels, source: palettes.mean_colors(labels, source, count=capacity))(
            labels, sized
        )
        return lay_on(images, labels, table, config, ink=_for_each(ink, len(images)))

    return each_or_all(one, images, labels, sources)


def _for_each(ink: Levels | None, count: int) -> Levels | None:
    return None if ink is None else Levels(*(jnp.broadcast_to(part, (count, *part.shape)) for part in ink))


def _on_paper(labels: jax.Array, table: jax.Array) -> jax.Array:
    """Encode the colour of each paper pixel as one number above 0; 0 on lines: uint32 [B, H, W]."""
    r, g, b = (table[..., i].astype(jnp.uint32) for i in range(3))
    words = ((r << 16) | (g << 8) | b) + jnp.uint32(1)
    found = jnp.take_along_axis(words, labels.reshape(len(labels), -1), axis=-1).reshape(labels.shape)
    return jnp.where(labels > 0, found, jnp.uint32(0))
