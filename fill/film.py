"""A moving drawing becomes a coloured one: colours stay with their regions from frame to frame.

Frames are read twice. The first time regions are followed (`track`); what colour a region has may depend on
all frames, since a loop has to end as it began. The second time colours are laid on (`color`). Memory holds
a few frames and, of each frame, one number per region.
"""

import dataclasses
import itertools
from collections.abc import Callable, Iterable, Iterator

import jax
import jax.numpy as jnp
import numpy as np

from data_prep.errors import InputError
from fill import palette as palettes
from fill.components import region_areas
from fill.config import FilmConfig
from fill.film_frames import (
    color_frames,
    compare,
    compare_colors,
    label_frames,
    partner_labels,
    remember,
    sample_frames,
)
from fill.ink import Levels, Tones, ink_levels, ink_tones
from fill.lines import MAX_SIDE_PX
from fill.pipeline import check
from fill.regions import table_capacity
from fill.tracks import CUT_SHARE, Step, Tracks

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
    seam_changes: int  # regions of a loop that change their colour at its seam
    found_again: int  # regions that were gone for some frames
    ink: Levels | None  # of the whole film, for lines that are kept: told frame by frame they would pulse


@dataclasses.dataclass
class Changes:
    """How steady colours are: pixels that are paper in two frames running, cuts and resumed frames apart."""

    px: int = 0
    changed_px: int = 0

    @property
    def share(self) -> float:
        """Of these pixels, those whose colour changed, 0 to 1."""
        return self.changed_px / self.px if self.px else 0.0


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

    Raises: InputError: there are no frames, or they have different sizes, or sides above MAX_SIDE_PX.
    """
    tracks = Tracks(memory_frames=config.memory_frames, new_on_cut=config.new_colors_on_cut)
    shares: list[float] = []  # how much of each frame goes on from the one before
    sampled = [np.zeros((1, 3), np.uint8)]  # colours of the tracks in the order of their birth
    picture: jax.Array | None = None
    shown: list[jax.Array] = []  # labels of the first frame and of the newest
    track_map = lost_map = jnp.zeros((), jnp.int32)
    tones: Tones | None = None
    for images, count in _batched(frames(), batch):
        check(images, palette)
        height_px, width_px = images.shape[1:3]
        if config.overlay and picture is None:
            picture = palettes.resize(jnp.asarray(palette), height_px=height_px, width_px=width_px)
        if config.keep_lines:
            tones = _added(tones, ink_tones(jnp.asarray(images[:count])))
        for labels in label_frames(jnp.asarray(images), config)[:count]:
            regions = int(jnp.max(labels))
            born = len(tracks.born_in)
            if not shown:
                track_map = lost_map = jnp.zeros_like(labels)
                tracks.begin(np.asarray(region_areas(labels, table_capacity(regions)) > 0)[: regions + 1])
            else:
                step = _step(shown[-1], labels)
                open_ = tracks.follow(step)
                lost = _partners_of(labels, lost_map)[: regions + 1] if open_.any() else None
                tracks.settle(lost)
                shares.append(step.kept_share())
            capacity = table_capacity(regions)
            if picture is not None and len(tracks.born_in) > born:
                means = palettes.mean_colors(labels, picture, count=capacity)
                sampled.append(np.asarray(means)[np.flatnonzero(tracks.of_frames[-1] >= born)])
            table = np.zeros(capacity + 1, np.int32)
            table[: regions + 1] = tracks.of_frames[-1]
            track_map, lost_map = remember(labels, jnp.asarray(table), track_map, lost_map)
            shown = [*shown[:1], labels]
            on_frame()
    if not shown:
        raise InputError("the film has no frames")
    total = len(tracks.born_in)
    if picture is not None:
        colors = np.concatenate(sampled)
    else:
        drawn = palettes.draw_colors(jax.random.key(seed), jnp.asarray(palette), count=table_capacity(total))
        colors = np.asarray(drawn)[:total]
    seam, seam_changes = _step(shown[-1], shown[0]), 0
    is_loop = config.loop == "yes" or (config.loop == "auto" and _closes(seam, shares, tracks.cuts))
    if is_loop:
        roots, seam_changes = tracks.join_ends(seam)
        colors = colors[roots]
    return Tracking(
        of_frames=tracks.of_frames,
        colors=colors,
        cuts=tracks.cuts,
        is_loop=is_loop,
        seam_changes=seam_changes,
        found_again=tracks.found_again,
        ink=None if tones is None else ink_levels(tones, threshold=config.threshold),
    )


def color(
    frames: Frames,
    tracking: Tracking,
    config: FilmConfig,
    *,
    batch: int = 8,
    moving_palette: Frames | None = None,
    skip: Callable[[int], bool] = lambda index: False,
    changes: Changes | None = None,
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
        changes: counts, frame by frame, what changes colour; in a loop at the seam too.
    """
    colors = _padded(tracking.colors, table_capacity(len(tracking.colors)))
    pictures = None if moving_palette is None else _again(moving_palette)
    numbered = (
        (index, frame, None if pictures is None else next(pictures)) for index, frame in enumerate(frames())
    )
    wanted = (item for item in numbered if not skip(item[0]))
    painted: dict[int, jax.Array] = {}  # colours on paper, of the first frame and the newest
    while chunk := list(itertools.islice(wanted, batch)):
        images = _stacked([frame for _, frame, _ in chunk], batch)
        of_frames = [tracking.of_frames[index] for index, _, _ in chunk]
        capacity = table_capacity(max(len(tracks) for tracks in of_frames) - 1)
        if pictures is None:
            table = colors[np.stack([_padded(tracks, capacity) for tracks in of_frames])]
            filled, on_paper = color_frames(images, _stacked(list(table), batch), config, tracking.ink)
        else:
            under = _stacked([picture for _, _, picture in chunk if picture is not None], batch)
            filled, on_paper = sample_frames(images, under, config, tracking.ink, capacity)
        if changes is not None:
            for row, (index, _, _) in enumerate(chunk):
                painted[index] = on_paper[row]
                _count(changes, painted, index - 1, index, tracking.cuts)
                painted = {i: part for i, part in painted.items() if i in (0, index)}
        yield from np.asarray(filled)[: len(chunk)]
    if changes is not None and tracking.is_loop:
        _count(changes, painted, len(tracking.of_frames) - 1, 0, [])


def _batched(frames: Iterable[np.ndarray], batch: int) -> Iterator[tuple[np.ndarray, int]]:
    """(uint8 [batch, H, W, C], how many of them count); frames of one shape, the last one repeats."""
    first: np.ndarray | None = None
    chunk: list[np.ndarray] = []
    for index, frame in enumerate(frames):
        first = frame if first is None else first
        if frame.shape != first.shape:
            raise InputError(
                f"frame {index} is {_size(frame)}, the first is {_size(first)}; a film has one size: resize "
                "its frames, or fill them one by one with `inkloop fill blob`"
            )
        if max(frame.shape[:2]) > MAX_SIDE_PX:
            raise InputError(f"frame {index} is {_size(frame)}; fill takes sides up to {MAX_SIDE_PX} px")
        chunk.append(frame)
        if len(chunk) == batch:
            yield np.stack(chunk), batch
            chunk = []
    if chunk:
        yield np.stack(chunk + [chunk[-1]] * (batch - len(chunk))), len(chunk)


def _added(total: Tones | None, tones: Tones) -> Tones:
    """Mean tones of a batch, added to those before; the scale says nothing."""
    mean = jax.tree.map(lambda part: jnp.mean(part, axis=0), tones)
    return mean if total is None else jax.tree.map(jnp.add, total, mean)


def _padded(table: np.ndarray, capacity: int) -> np.ndarray:
    """A table [K, ...] with rows up to `capacity`, so that few programs are compiled."""
    return np.pad(table, [(0, capacity + 1 - len(table))] + [(0, 0)] * (table.ndim - 1))


def _count(changes: Changes, painted: dict[int, jax.Array], before: int, now: int, cuts: list[int]) -> None:
    if before in painted and before != now and now not in cuts:
        both, changed = (int(px) for px in compare_colors(painted[before], painted[now]))
        changes.px += both
        changes.changed_px += changed


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
    tables = compare(before, now, table_capacity(max(counts) - 1))
    area_before, area, after, before_, px = (np.asarray(table).astype(np.int64) for table in tables)
    old, new = (slice(count) for count in counts)
    area_before[0] = area[0] = 0
    return Step(area_before[old], area[new], after[old], before_[new], px[new])


def _partners_of(labels: jax.Array, others: jax.Array) -> np.ndarray:
    return np.asarray(partner_labels(labels, others, table_capacity(int(jnp.max(labels)))))


def _closes(seam: Step, shares: list[float], cuts: list[int]) -> bool:
    """Whether the last frame leads on to the first as neighbours do."""
    ordinary = [share for index, share in enumerate(shares, 1) if index not in cuts]
    if not ordinary or seam.is_cut() or seam.kept_share() < CUT_SHARE:
        return False
    return bool(seam.kept_share() >= SEAM_SHARE * np.quantile(ordinary, SEAM_QUANTILE))
