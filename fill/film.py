"""A moving drawing becomes a coloured one: colours stay with their regions from frame to frame.

Frames are read twice. The first time regions are followed (`track`); what colour a region has may depend on
all frames, since a loop has to end as it began. The second time colours are laid on (`color`). Memory holds
a few frames and, of each frame, one number per region.
"""

import dataclasses
import itertools
from collections.abc import Callable, Iterable, Iterator
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np

from data_prep.errors import InputError
from fill import palette as palettes
from fill.components import region_areas
from fill.config import FilmConfig
from fill.overlap import partners, partners_both_ways
from fill.palette import draw_colors, mean_colors
from fill.pipeline import check, each_or_all, lay_on
from fill.regions import find_regions, table_capacity
from fill.tracks import Step, Tracks

Frames = Callable[[], Iterable[np.ndarray]]
"""Reads a film from its first frame on: uint8 [H, W, C], C = 1, 3 or 4, all of one shape."""

SEAM_SHARE = 0.9  # of what the least alike neighbours keep, for which a film counts as a loop
SEAM_QUANTILE = 0.05  # these many steps may be less alike


@dataclasses.dataclass(frozen=True)
class Tracking:
    """What has been found out about a film before it is coloured."""

    of_frames: list[np.ndarray]  # int32 [K + 1] for each frame: the track of each region
    colors: np.ndarray  # uint8 [tracks + 1, 3]
    cuts: list[int]  # frames that begin another scene
    is_loop: bool
    found_again: int  # regions that were gone for some frames
    changed_share: float  # of the pixels of persisting regions, those that change colour from frame to frame


def track(
    frames: Frames,
    palette: np.ndarray,
    config: FilmConfig,
    *,
    seed: int = 0,
    batch: int = 8,
    on_frame: Callable[[], object] = lambda: None,
) -> Tracking:
    """Follow the regions of a film, and choose their colours.

    Args:
        frames: the film.
        palette: uint8 [h, w, 3]: a colour is a pixel drawn at random, or for `overlay` the mean under a
            region where it is first seen, with the palette stretched over the frame.
        config: see FilmConfig.
        seed: random colours follow from it.
        batch: frames that are labelled at once.
        on_frame: called after each.

    Raises: InputError: there are no frames, or they have different sizes.
    """
    tracks = Tracks(memory_frames=config.memory_frames, new_on_cut=config.new_colors_on_cut)
    steps: list[Step] = []
    sampled = [np.zeros((1, 3), np.uint8)]  # colours of the tracks in the order of their birth
    picture: jax.Array | None = None
    shown: list[jax.Array] = []  # labels of the first frame and of the newest
    track_map = lost_map = jnp.zeros((), jnp.int32)
    for images in _batched(frames(), batch):
        check(images, palette)
        height_px, width_px = images.shape[1:3]
        if config.overlay and picture is None:
            picture = palettes.resize(jnp.asarray(palette), height_px=height_px, width_px=width_px)
        for labels in _label(jnp.asarray(images), config):
            count = int(jnp.max(labels))
            born = len(tracks.born_in)
            if not shown:
                track_map = lost_map = jnp.zeros_like(labels)
                tracks.begin(np.asarray(region_areas(labels, count) > 0))
            else:
                step = _step(shown[-1], labels)
                open_ = tracks.follow(step)
                lost = _partners_of(labels, lost_map)[: count + 1] if open_.any() else None
                tracks.settle(lost)
                steps.append(step)
            if picture is not None and len(tracks.born_in) > born:
                means = mean_colors(labels, picture, count=table_capacity(count))
                sampled.append(np.asarray(means)[np.flatnonzero(tracks.of_frames[-1] >= born)])
            table = np.zeros(table_capacity(count) + 1, np.int32)
            table[: count + 1] = tracks.of_frames[-1]
            track_map, lost_map = _remember(labels, jnp.asarray(table), track_map, lost_map)
            shown = [*shown[:1], labels]
            on_frame()
    if not shown:
        raise InputError("the film has no frames")
    seam = _step(shown[-1], shown[0])
    is_loop = config.loop == "yes" or (config.loop == "auto" and _closes(seam, steps, tracks.cuts))
    total = len(tracks.born_in)
    if picture is not None:
        colors = np.concatenate(sampled)
    else:
        drawn = draw_colors(jax.random.key(seed), jnp.asarray(palette), count=table_capacity(total))
        colors = np.asarray(drawn)[:total]
    if is_loop:
        colors = colors[tracks.join_ends(seam)]
    return Tracking(
        of_frames=tracks.of_frames,
        colors=colors,
        cuts=tracks.cuts,
        is_loop=is_loop,
        found_again=tracks.found_again,
        changed_share=_changed_share(steps, tracks, colors),
    )


def color(
    frames: Frames,
    tracking: Tracking,
    config: FilmConfig,
    *,
    batch: int = 8,
    moving_palette: Frames | None = None,
    skip: Callable[[int], bool] = lambda index: False,
) -> Iterator[np.ndarray]:
    """The coloured frames of a film, uint8 [H, W, 3], in order.

    Args:
        frames: the film that was tracked.
        tracking: what `track` found.
        config: as for `track`.
        batch: frames coloured at once; changes none of them.
        moving_palette: a film whose frames, stretched over those of the drawing, give regions the mean under
            them, frame by frame; when it ends it begins anew.
        skip: frames, by number, that are there already and are left out.
    """
    colors = jnp.asarray(tracking.colors)
    pictures = None if moving_palette is None else _again(moving_palette)
    numbered = (
        (index, frame, None if pictures is None else next(pictures)) for index, frame in enumerate(frames())
    )
    wanted = (item for item in numbered if not skip(item[0]))
    while chunk := list(itertools.islice(wanted, batch)):
        images = _stacked([frame for _, frame, _ in chunk], batch)
        of_frames = [tracking.of_frames[index] for index, _, _ in chunk]
        capacity = table_capacity(max(len(tracks) for tracks in of_frames) - 1)
        table = np.zeros((batch, capacity + 1), np.int32)
        for row, tracks in zip(table, of_frames, strict=False):
            row[: len(tracks)] = tracks
        if pictures is None:
            filled = _color(images, jnp.asarray(table), colors, config)
        else:
            under = _stacked([picture for _, _, picture in chunk if picture is not None], batch)
            filled = _sample(images, under, config, capacity)
        yield from np.asarray(filled)[: len(chunk)]


def _batched(frames: Iterable[np.ndarray], batch: int) -> Iterator[np.ndarray]:
    """uint8 [N, H, W, C] of at most `batch` frames, all of one shape."""
    first: np.ndarray | None = None
    chunk: list[np.ndarray] = []
    for index, frame in enumerate(frames):
        first = frame if first is None else first
        if frame.shape != first.shape:
            raise InputError(
                f"frame {index} is {_size(frame)}, the first is {_size(first)}; a film has one size: resize "
                "its frames, or fill them one by one with `inkloop fill blob`"
            )
        chunk.append(frame)
        if len(chunk) == batch:
            yield np.stack(chunk)
            chunk = []
    if chunk:
        yield np.stack(chunk)


def _size(frame: np.ndarray) -> str:
    height, width, channels = frame.shape
    return f"{width} x {height} px with {channels} channel{'s' if channels > 1 else ''}"


def _again(film: Frames) -> Iterator[np.ndarray]:
    """The frames of a film, over and over."""
    while True:
        shown = 0
        for frame in film():
            shown += 1
            yield frame
        if not shown:
            raise InputError("the film that is the palette has no frames")


def _stacked(frames: list[np.ndarray], rows: int) -> jax.Array:
    """[rows, H, W, C]; the last frame repeats."""
    return jnp.asarray(np.stack(frames + [frames[-1]] * (rows - len(frames))))


def _step(before: jax.Array, now: jax.Array) -> Step:
    counts = int(jnp.max(before)) + 1, int(jnp.max(now)) + 1
    tables = _compare(before, now, table_capacity(max(counts) - 1))
    area_before, area, after, before_, px = (np.asarray(table).astype(np.int64) for table in tables)
    old, new = (slice(count) for count in counts)
    area_before[0] = area[0] = 0
    return Step(area_before[old], area[new], after[old], before_[new], px[new])


def _partners_of(labels: jax.Array, others: jax.Array) -> np.ndarray:
    return np.asarray(_partners(labels, others, table_capacity(int(jnp.max(labels)))))


def _closes(seam: Step, steps: list[Step], cuts: list[int]) -> bool:
    """Whether the last frame leads on to the first as neighbours do."""
    shares = [step.kept_share() for index, step in enumerate(steps, 1) if index not in cuts]
    if not shares or seam.is_cut():
        return False
    return bool(seam.kept_share() >= SEAM_SHARE * np.quantile(shares, SEAM_QUANTILE))


def _changed_share(steps: list[Step], tracks: Tracks, colors: np.ndarray) -> float:
    """Of the pixels that regions keep while they persist, how many change their colour; cuts apart."""
    changed = total = 0
    for index, step in enumerate(steps, 1):
        if index in tracks.cuts:
            continue
        regions = step.persisting()
        now = colors[tracks.of_frames[index][regions]]
        before = colors[tracks.of_frames[index - 1][step.before[regions]]]
        differs = (now != before).any(axis=-1)
        changed += int(step.px[regions][differs].sum())
        total += int(step.px[regions].sum())
    return changed / total if total else 0.0


@partial(jax.jit, static_argnames="config")
def _label(images: jax.Array, config: FilmConfig) -> jax.Array:
    return each_or_all(lambda images: find_regions(images, config), images)


@partial(jax.jit, static_argnames="capacity")
def _compare(before: jax.Array, now: jax.Array, capacity: int) -> tuple[jax.Array, ...]:
    """Areas, and who covers whom: int32 [capacity + 1] each, see Step."""
    after, back = partners_both_ways(before, now, capacity=capacity)
    areas = region_areas(before, capacity), region_areas(now, capacity)
    return *areas, after.label, back.label, back.px


@partial(jax.jit, static_argnames="capacity")
def _partners(labels: jax.Array, others: jax.Array, capacity: int) -> jax.Array:
    return partners(labels, others, capacity=capacity).label


@jax.jit
def _remember(
    labels: jax.Array, tracks: jax.Array, map_before: jax.Array, lost_map: jax.Array
) -> tuple[jax.Array, jax.Array]:
    """The track at each pixel, the last one where there is line; and the one before that was another."""
    track_map = jnp.where(labels > 0, tracks[labels], map_before)
    return track_map, jnp.where(track_map != map_before, map_before, lost_map)


@partial(jax.jit, static_argnames="config")
def _color(images: jax.Array, tracks: jax.Array, colors: jax.Array, config: FilmConfig) -> jax.Array:
    def one(images: jax.Array, tracks: jax.Array) -> jax.Array:
        return lay_on(images, find_regions(images, config), colors[tracks], config)

    return each_or_all(one, images, tracks)


@partial(jax.jit, static_argnames=("config", "capacity"))
def _sample(images: jax.Array, pictures: jax.Array, config: FilmConfig, capacity: int) -> jax.Array:
    height_px, width_px = images.shape[1:3]

    def one(images: jax.Array, pictures: jax.Array) -> jax.Array:
        labels = find_regions(images, config)
        sized = jax.vmap(lambda picture: palettes.resize(picture, height_px=height_px, width_px=width_px))(
            pictures
        )
        table = jax.vmap(lambda labels, picture: mean_colors(labels, picture, count=capacity))(labels, sized)
        return lay_on(images, labels, table, config)

    return each_or_all(one, images, pictures)
