"""Colour a line-drawing video so that colours stay with their regions from frame to frame.

Frames are read twice: `track` follows the regions, since the colours of a loop depend on all frames; `color`
then draws. Memory holds a few frames, and a few numbers per region and frame.
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
from fill.config import VideoConfig
from fill.ink import Levels, Tones, ink_levels, ink_tones
from fill.masked_palette import MaskedPalette
from fill.palette_file import parse_color
from fill.parallel import over_cores
from fill.pins import FramePin
from fill.pipeline import check
from fill.regions import table_capacity
from fill.video import frames as device
from fill.video.frames import batched, stacked
from fill.video.tracks import CUT_FRACTION, Step, Tracks

SEAM_FRACTION = 0.9  # of the stable fraction of ordinary steps, required of the seam of a loop
SEAM_QUANTILE = 0.05  # quantile of ordinary steps that the seam is compared with


@dataclasses.dataclass(frozen=True)
class Tracking:
    """Result of the first pass: regions of each frame, and their colours."""

    of_frames: list[np.ndarray]  # int32 [K + 1] for each frame: the track of each region
    persisting: list[np.ndarray]  # int [3, P] per frame, see Step.persisting; entry 0 compares with the last
    colors: np.ndarray  # uint8 [tracks + 1, 3]
    followed: int  # regions that got a new track; cutting tracks at the seam adds more tracks
    cuts: list[int]  # first frames of scenes after the first
    is_loop: bool
    roots: np.ndarray  # int [tracks + 1], tracks of one root share a colour: those that a loop joins
    seam_changes: int  # regions of a loop that change colour at its seam
    found_again: int  # regions that were gone for some frames
    ink: Levels | None  # of the whole video for `keep_lines`: levels per frame would flicker


@dataclasses.dataclass
class Changes:
    """Colour stability, counted while frames are drawn.

    Counts pixels that are paper in two consecutive frames (in a loop also the last and the first). Excluded
    are cuts, and pairs of which one frame is not drawn. A region persists if it and one region of the next
    frame cover more than half of each other, whatever their tracks (`Step.persisting`).
    """

    px: int = 0
    changed_px: int = 0  # of `px`: colour differs in the second frame
    broken_px: int = 0  # of `changed_px`: the region persists

    def add(self, px: np.ndarray, broken_px: int) -> None:
        """Add a pair of frames: int [2], paper pixels and changed ones; and changed ones that persist."""
        self.px += int(px[0])
        self.changed_px += int(px[1])
        self.broken_px += broken_px

    @property
    def fraction(self) -> float:
        """Fraction of the paper that changes colour, 0 to 1; merging and splitting regions must."""
        return self.changed_px / self.px if self.px else 0.0

    @property
    def broken_fraction(self) -> float:
        """Fraction of the paper that changes colour though its region persists, 0 to 1."""
        return self.broken_px / self.px if self.px else 0.0


def track(
    frames: Frames,
    palette: np.ndarray,
    config: VideoConfig,
    *,
    seed: int = 0,
    masked: MaskedPalette | None = None,
    pins: Sequence[FramePin] = (),
    batch: int = 8,
    on_frame: Callable[[], object] = lambda: None,
) -> Tracking:
    """Track the regions of a video and choose their colours.

    Args:
        frames: the video.
        palette: uint8 [h, w, 3]: a colour is a pixel drawn at random, or for `overlay` the mean of the
            palette, stretched to the frame, under a region in its first frame.
        config: see VideoConfig.
        seed: random colours depend on it.
        masked: a second palette; the mask, stretched to the frame, counts in the first frame of a region.
        pins: places of frames whose regions have a chosen colour.
        batch: frames labelled at once. Does not change the result.
        on_frame: called after each.

    Raises: InputError: no frames, frames of different sizes, or sides above the limit of fill.
    """
    tracks = Tracks(memory_frames=config.memory_frames, new_on_cut=config.new_colors_on_cut)
    fractions: list[float] = []  # stable fraction of each frame, see Step.stable_fraction
    sampled = [np.zeros((1, 3), np.uint8)]  # colours of the tracks in the order of their first frames
    pinned: list[tuple[int, int, tuple[int, int, int]]] = []  # frame, region, colour
    image: jax.Array | None = None  # sampled under regions in their first frame: colours, or the mask
    first: jax.Array | None = None  # labels of the first frame
    before = jnp.zeros((), jnp.int32), -1  # labels of a batch, and the row of the latest frame in it
    area = np.zeros(1, np.int64)  # of its regions
    track_map = lost_map = before[0]
    tones: Tones | None = None
    for images, count in batched(frames(), batch, torus=config.wraps):
        check(images, palette)
        height_px, width_px = images.shape[1:3]
        if image is None:
            image = _sampled_image(palette, masked, config, height_px=height_px, width_px=width_px)
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
            known, area = len(tracks.first_frame), step.area
            if not tracks.of_frames:
                tracks.begin(area > 0)
            else:
                table, open_ = padded(tracks.of_frames[-1], capacity), tracks.follow(step)
                track_map, lost_map, lost = device.remember(
                    before, table, (labels, row), padded(open_, capacity), track_map, lost_map
                )
                tracks.settle(np.asarray(lost)[: len(area)] if open_.any() else None)
                fractions.append(step.stable_fraction())
            before = labels, row
            frame = len(tracks.of_frames) - 1
            if own := [pin for pin in pins if pin.frame == frame]:
                places = np.array([[pin.x_px, pin.y_px] for pin in own])
                found = device.regions_at(labels, row, places, torus=config.wraps)
                pinned += [(frame, int(at), parse_color(p.color)) for at, p in zip(found, own, strict=True)]
            if image is not None and len(tracks.first_frame) > known:
                means = device.mean_colors(labels, row, image, capacity)
                sampled.append(np.asarray(means)[np.flatnonzero(tracks.of_frames[-1] >= known)])
            on_frame()
    if first is None:
        raise InputError("the video has no frames")
    total = len(tracks.first_frame)
    colors = np.concatenate(sampled) if image is not None else np.zeros((total, 3), np.uint8)
    if not config.overlay:
        colors = _draw_colors(palette, total, seed=seed, masked=masked, amount=colors[:, 0])
    labels, row = before
    regions = len(tracks.of_frames[0]) - 1
    again = jnp.broadcast_to(first, labels.shape)  # the shape of a batch, for which programs are compiled
    seam = next(_steps(labels[row], area, again, [regions], table_capacity(max(len(area) - 1, regions))))
    seam_changes, roots = 0, np.arange(total)
    is_loop = config.loop == "yes" or (config.loop == "auto" and _closes(seam, fractions, tracks.cuts))
    if is_loop:
        roots, seam_changes = tracks.join_ends(seam)
    tracking = Tracking(
        of_frames=tracks.of_frames,
        persisting=[seam.persisting(), *tracks.persisting[1:]],
        colors=colors[roots],
        followed=total - 1,
        cuts=tracks.cuts,
        is_loop=is_loop,
        roots=roots,
        seam_changes=seam_changes,
        found_again=tracks.found_again,
        ink=None if tones is None else ink_levels(tones, threshold=config.fixed_threshold),
    )
    return with_pins(tracking, pinned)


def with_palette(tracking: Tracking, palette: np.ndarray, *, seed: int = 0) -> Tracking:
    """Draw the colours of a tracked video again, as `track` does without `overlay`, and drop pins.

    Args:
        tracking: as returned by `track`.
        palette: uint8 [h, w, 3].
        seed: random colours depend on it.
    """
    colors = _draw_colors(palette, tracking.followed + 1, seed=seed)
    return dataclasses.replace(tracking, colors=colors[tracking.roots])


def with_pins(tracking: Tracking, pins: Sequence[tuple[int, int, tuple[int, int, int]]]) -> Tracking:
    """Give regions a colour in all frames.

    Args:
        tracking: as returned by `track`.
        pins: frame, region in it (see `region_at`; 0: none), and colour of each; the last one counts.
    """
    colors = tracking.colors.copy()
    for frame, region, color in pins:
        if root := group_at(tracking, frame, region):
            colors[tracking.roots == root] = color
    return dataclasses.replace(tracking, colors=colors)


def group_at(tracking: Tracking, frame: int, region: int) -> int:
    """The number of a group of regions with one colour, above 0; 0: no region."""
    tracks = tracking.of_frames[frame]
    track = int(tracks[region]) if 0 < region < len(tracks) else 0
    return int(tracking.roots[track]) if track else 0


def region_at(image: np.ndarray, x_px: int, y_px: int, config: VideoConfig) -> int:
    """The region under a place of a frame, uint8 [H, W, C], or the nearest one; 0: outside, or none."""
    labels, _ = device.label_frames(jnp.asarray(image)[None], config)
    return int(device.regions_at(labels, 0, np.array([[x_px, y_px]]), torus=config.wraps)[0])


def _sampled_image(
    palette: np.ndarray,
    masked: MaskedPalette | None,
    config: VideoConfig,
    *,
    height_px: int,
    width_px: int,
) -> jax.Array | None:
    """What is sampled under regions: the palette for `overlay`, or the mask; None: nothing."""
    size = {"height_px": height_px, "width_px": width_px}
    if masked is None:
        return palettes.resize(jnp.asarray(palette), **size) if config.overlay else None
    if config.overlay:
        return palettes.blend_images(jnp.asarray(palette), *map(jnp.asarray, masked), **size)
    return palettes.resize(jnp.asarray(masked.mask), **size)


def _draw_colors(
    palette: np.ndarray,
    count: int,
    *,
    seed: int,
    masked: MaskedPalette | None = None,
    amount: np.ndarray | None = None,
) -> np.ndarray:
    key, capacity = jax.random.key(seed), table_capacity(count)
    drawn = palettes.draw_colors(key, jnp.asarray(palette), count=capacity)
    if masked is not None and amount is not None:
        amounts = jnp.asarray(padded(amount, capacity))
        drawn = palettes.mix_second(key, drawn, jnp.asarray(masked.palette), amounts)
    return np.asarray(drawn)[:count]


def color(
    frames: Frames,
    tracking: Tracking,
    config: VideoConfig,
    *,
    batch: int = 8,
    skip: Callable[[int], bool] = lambda index: False,
    changes: Changes | None = None,
) -> Iterator[np.ndarray]:
    """Yield the coloured frames of a video, uint8 [H, W, 3], in order.

    Args:
        frames: the video that was tracked.
        tracking: as returned by `track`.
        config: as for `track`.
        batch: frames coloured at once. Does not change the result.
        skip: predicate on frame indices; these frames are left out.
        changes: updated frame by frame; at the seam of a loop too.
    """
    colors = padded(tracking.colors, table_capacity(len(tracking.colors)))
    requested = (item for item in enumerate(frames()) if not skip(item[0]))
    first: jax.Array | None = None  # colours on paper, of frame 0 and of the latest
    latest: jax.Array | None = None
    before = -1  # index of the latest
    first_table = latest_table = colors[:1]  # colours of regions, of the same two frames
    while chunk := list(itertools.islice(requested, batch)):
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
            pairs = np.asarray(device.count_changes(on_paper[0] if latest is None else latest, on_paper))
            for row, index in enumerate(numbers):
                if index == before + 1 and index > 0 and index not in tracking.cuts:
                    changes.add(
                        pairs[:, row], _broken_px(tracking.persisting[index], latest_table, table[row])
                    )
                before, latest_table = index, table[row]
            latest = on_paper[len(numbers) - 1]
        yield from np.asarray(filled)[: len(chunk)]
    if changes is None or first is None or latest is None:
        return
    if tracking.is_loop and before == len(tracking.of_frames) - 1 > 0:
        pair = np.asarray(device.count_changes(latest, first[None]))[:, 0]
        changes.add(pair, _broken_px(tracking.persisting[0], latest_table, first_table))


def add_tones(total: Tones | None, images: np.ndarray) -> Tones:
    """Add the mean tones of a batch to a running sum; ink levels do not depend on its scale."""
    mean = jax.tree.map(lambda part: jnp.mean(part, axis=0), ink_tones(jnp.asarray(images)))
    return mean if total is None else jax.tree.map(jnp.add, total, mean)


def padded(table: np.ndarray, capacity: int) -> np.ndarray:
    """Pad a table [K, ...] to `capacity` + 1 rows, so that few programs are compiled."""
    return np.pad(table, [(0, capacity + 1 - len(table))] + [(0, 0)] * (table.ndim - 1))


def _broken_px(persisting: np.ndarray, before: np.ndarray, now: np.ndarray) -> int:
    """Count pixels of persisting regions, int [3, P], whose colour differs between tables [K + 1, 3]."""
    old, new, px = persisting
    return int(px[(before[old] != now[new]).any(axis=-1)].sum())


def _steps(
    last: jax.Array, area_before: np.ndarray, labels: jax.Array, regions: Sequence[int], capacity: int
) -> Iterator[Step]:
    """Yield a Step per frame of a batch [B, H, W]; `last` [H, W] is the frame before it."""
    before = jnp.concatenate([last[None], labels[:-1]])
    tables = over_cores(lambda *pair: device.compare_frames(*pair, capacity), before, labels)
    tables = [np.asarray(table).astype(np.int64) for table in tables]
    for row, count in enumerate(regions):
        area, after, back, px = (table[row] for table in tables)
        area[0] = 0
        new, old = slice(count + 1), slice(len(area_before))
        yield Step(area_before, area[new], after[old], back[new], px[new])
        area_before = area[new]


def _closes(seam: Step, fractions: list[float], cuts: list[int]) -> bool:
    """Whether the step from the last frame to the first is as stable as ordinary steps."""
    ordinary = [fraction for index, fraction in enumerate(fractions, 1) if index not in cuts]
    if not ordinary or seam.is_cut() or seam.stable_fraction() < CUT_FRACTION:
        return False
    return bool(seam.stable_fraction() >= SEAM_FRACTION * np.quantile(ordinary, SEAM_QUANTILE))
