"""A moving drawing becomes a coloured one: colours stay with their regions from frame to frame.

Frames are read twice. The first time regions are followed (`track`); what colour a region has may depend on
all frames, since a loop has to end as it began. The second time colours are laid on (`color`). Memory holds
a few frames and, of each frame, a few numbers per region.
"""

import dataclasses
import itertools
from collections.abc import Callable, Iterator, Sequence

import jax
import jax.numpy as jnp
import numpy as np

from data_prep.errors import InputError
from data_prep.video.sources import Frames
from fill import palette as palettes
from fill.config import FilmConfig
from fill.ink import Levels, Tones, ink_levels, ink_tones
from fill.parallel import over_cores
from fill.pipeline import check
from fill.regions import table_capacity
from fill.video import frames as device
from fill.video.frames import batched, stacked
from fill.video.tracks import CUT_SHARE, Step, Tracks

SEAM_SHARE = 0.9  # of what the least alike neighbours keep, for which a film counts as a loop
SEAM_QUANTILE = 0.05  # these many steps may be less alike


@dataclasses.dataclass(frozen=True)
class Tracking:
    """What has been found out about a film before it is coloured."""

    of_frames: list[np.ndarray]  # int32 [K + 1] for each frame: the track of each region
    persisting: list[
        np.ndarray
    ]  # int [3, P] for each frame and the one before, 0 and the last: Step.persisting
    colors: np.ndarray  # uint8 [tracks + 1, 3]
    followed: int  # regions that tracks were given to; where tracks are cut there are more of these
    cuts: list[int]  # frames that begin another scene
    is_loop: bool
    seam_changes: int  # regions of a loop that change their colour at its seam
    found_again: int  # regions that were gone for some frames
    ink: Levels | None  # of the whole film, for lines that are kept: told frame by frame they would pulse


@dataclasses.dataclass
class Changes:
    """How steady colours are, counted on frames as they are drawn, neighbour against neighbour.

    What counts are pixels that are paper in two frames running; in a loop the last frame and the first are
    neighbours too. Cuts, and neighbours of which one is not drawn anew, are left out. A region persists if
    one region of the next frame covers more than half of it and is covered by it for more than half,
    whatever tracks the two are given (`Step.persisting`).
    """

    px: int = 0
    changed_px: int = 0  # of these, those of another colour in the second frame
    broken_px: int = 0  # of these, those of which the region persists

    def add(self, px: np.ndarray, broken_px: int) -> None:
        """Two more frames: int [2], pixels and those that change; and these in regions that persist."""
        self.px += int(px[0])
        self.changed_px += int(px[1])
        self.broken_px += broken_px

    @property
    def share(self) -> float:
        """Of all paper, 0 to 1, what changes its colour; where regions merge and split it has to."""
        return self.changed_px / self.px if self.px else 0.0

    @property
    def broken_share(self) -> float:
        """Of all paper, 0 to 1, what changes its colour though its region persists."""
        return self.broken_px / self.px if self.px else 0.0


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
    first: jax.Array | None = None  # labels of the first frame
    before = jnp.zeros((), jnp.int32), -1  # labels of a batch, and the row of the newest frame in it
    area = np.zeros(1, np.int64)  # of its regions
    track_map = lost_map = before[0]
    tones: Tones | None = None
    for images, count in batched(frames(), batch):
        check(images, palette)
        height_px, width_px = images.shape[1:3]
        if config.overlay and picture is None:
            picture = palettes.resize(jnp.asarray(palette), height_px=height_px, width_px=width_px)
        if config.keep_lines:
            tones = add_tones(tones, images[:count])
        labels, most = over_cores(lambda images: device.label_frames(images, config), images)
        if first is None:
            first = labels[0]
            before = labels, 0
            track_map, lost_map = jnp.zeros_like(first), jnp.zeros_like(first)
        regions = np.asarray(most).tolist()
        capacity = table_capacity(max(len(area) - 1, *regions))
        steps = _steps(before[0][before[1]], area, labels, regions[:count], capacity)
        for row, step in enumerate(steps):
            born, area = len(tracks.born_in), step.area
            if not tracks.of_frames:
                tracks.begin(area > 0)
            else:
                table, open_ = padded(tracks.of_frames[-1], capacity), tracks.follow(step)
                track_map, lost_map, lost = device.remember(
                    before, table, (labels, row), padded(open_, capacity), track_map, lost_map
                )
                tracks.settle(np.asarray(lost)[: len(area)] if open_.any() else None)
                shares.append(step.kept_share())
            before = labels, row
            if picture is not None and len(tracks.born_in) > born:
                means = device.mean_colors(labels, row, picture, capacity)
                sampled.append(np.asarray(means)[np.flatnonzero(tracks.of_frames[-1] >= born)])
            on_frame()
    if first is None:
        raise InputError("the film has no frames")
    total = len(tracks.born_in)
    if picture is not None:
        colors = np.concatenate(sampled)
    else:
        drawn = palettes.draw_colors(jax.random.key(seed), jnp.asarray(palette), count=table_capacity(total))
        colors = np.asarray(drawn)[:total]
    labels, row = before
    regions = len(tracks.of_frames[0]) - 1
    again = jnp.broadcast_to(first, labels.shape)  # as many as batches have: for these there are programs
    seam = next(_steps(labels[row], area, again, [regions], table_capacity(max(len(area) - 1, regions))))
    seam_changes = 0
    is_loop = config.loop == "yes" or (config.loop == "auto" and _closes(seam, shares, tracks.cuts))
    if is_loop:
        roots, seam_changes = tracks.join_ends(seam)
        colors = colors[roots]
    return Tracking(
        of_frames=tracks.of_frames,
        persisting=[seam.persisting(), *tracks.persisting[1:]],
        colors=colors,
        followed=total - 1,
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
    skip: Callable[[int], bool] = lambda index: False,
    changes: Changes | None = None,
) -> Iterator[np.ndarray]:
    """The coloured frames of a film, uint8 [H, W, 3], in order.

    Args:
        frames: the film that was tracked.
        tracking: what `track` found.
        config: as for `track`.
        batch: frames coloured at once; changes none of them.
        skip: frames, by number, that are there already and are left out.
        changes: counts, frame by frame, what changes colour; in a loop at the seam too.
    """
    colors = padded(tracking.colors, table_capacity(len(tracking.colors)))
    wanted = (item for item in enumerate(frames()) if not skip(item[0]))
    first: jax.Array | None = None  # colours on paper, of frame 0 and of the newest
    newest: jax.Array | None = None
    before = -1  # number of the newest
    first_table = newest_table = colors[:1]  # colours of regions, of the same two frames
    while chunk := list(itertools.islice(wanted, batch)):
        numbers = [index for index, _ in chunk]
        images = stacked([frame for _, frame in chunk], batch)
        of_frames = [tracking.of_frames[index] for index in numbers]
        capacity = table_capacity(max(len(tracks) for tracks in of_frames) - 1)
        table = stacked([colors[padded(tracks, capacity)] for tracks in of_frames], batch)
        filled, on_paper = over_cores(
            lambda images, table: device.color_frames(
                images, table, config, tracking.ink, counted=changes is not None
            ),
            images,
            table,
        )
        if changes is not None:
            if numbers[0] == 0:
                first, first_table = on_paper[0], table[0]
            pairs = np.asarray(device.count_changes(on_paper[0] if newest is None else newest, on_paper))
            for row, index in enumerate(numbers):
                if index == before + 1 and index > 0 and index not in tracking.cuts:
                    changes.add(
                        pairs[:, row], _broken_px(tracking.persisting[index], newest_table, table[row])
                    )
                before, newest_table = index, table[row]
            newest = on_paper[len(numbers) - 1]
        yield from np.asarray(filled)[: len(chunk)]
    if changes is None or first is None or newest is None:
        return
    if tracking.is_loop and before == len(tracking.of_frames) - 1 > 0:
        pair = np.asarray(device.count_changes(newest, first[None]))[:, 0]
        changes.add(pair, _broken_px(tracking.persisting[0], newest_table, first_table))


def add_tones(total: Tones | None, images: np.ndarray) -> Tones:
    """Mean tones of a batch, added to those before; the scale says nothing."""
    mean = jax.tree.map(lambda part: jnp.mean(part, axis=0), ink_tones(jnp.asarray(images)))
    return mean if total is None else jax.tree.map(jnp.add, total, mean)


def padded(table: np.ndarray, capacity: int) -> np.ndarray:
    """A table [K, ...] with rows up to `capacity`, so that few programs are compiled."""
    return np.pad(table, [(0, capacity + 1 - len(table))] + [(0, 0)] * (table.ndim - 1))


def _broken_px(persisting: np.ndarray, before: np.ndarray, now: np.ndarray) -> int:
    """Pixels of regions that persist, int [3, P], from one frame's colours [K + 1, 3] to another's."""
    old, new, px = persisting
    return int(px[(before[old] != now[new]).any(axis=-1)].sum())


def _steps(
    last: jax.Array, area_before: np.ndarray, labels: jax.Array, regions: Sequence[int], capacity: int
) -> Iterator[Step]:
    """From the last frame before a batch to its first, and so on: label maps [H, W] and [B, H, W]."""
    before = jnp.concatenate([last[None], labels[:-1]])
    tables = over_cores(lambda *pair: device.compare_frames(*pair, capacity), before, labels)
    tables = [np.asarray(table).astype(np.int64) for table in tables]
    for row, count in enumerate(regions):
        area, after, back, px = (table[row] for table in tables)
        area[0] = 0
        new, old = slice(count + 1), slice(len(area_before))
        yield Step(area_before, area[new], after[old], back[new], px[new])
        area_before = area[new]


def _closes(seam: Step, shares: list[float], cuts: list[int]) -> bool:
    """Whether the last frame leads on to the first as neighbours do."""
    ordinary = [share for index, share in enumerate(shares, 1) if index not in cuts]
    if not ordinary or seam.is_cut() or seam.kept_share() < CUT_SHARE:
        return False
    return bool(seam.kept_share() >= SEAM_SHARE * np.quantile(ordinary, SEAM_QUANTILE))
