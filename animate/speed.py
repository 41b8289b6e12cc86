"""Constant apparent speed: a path is walked so that pictures, not latents, change evenly.

Distance in latent space is not distance to the eye, so that curves rush and stall. Small pictures, closer
together than frames are, stand for the path; on them frames are moved until neighbours are equally far apart.
"""

import dataclasses
from collections.abc import Callable, Sequence

import numpy as np
from scipy.interpolate import PchipInterpolator

from animate.render import render
from data_prep.errors import InputError
from data_prep.resize import resize
from gan.sample import Generator

THUMB_PX = 32  # what is left is layout and tone; grain and noise do not count as movement
FIRST_LOOK = 2, 1200  # pictures for each frame, and at most, at even places
SECOND_LOOK = 4, 3000  # and where the first ones say that they are equally far apart
MOST_FRAMES = 1800  # that are moved one by one, and looked at in the end
TRIES = 2  # of moving them; the second knows how they looked after the first
GOOD = 1.08  # largest step over the median one, above which there is a second
ROUNDS = 100  # of moving frames, at most
SHARE = 0.25  # of the way to where a round would have a frame: at corners whole ways swing
ROUND = 0.6  # of its way, what a step counts at least: corners are walked round, not skipped
ENOUGH = 1.01  # largest step over the median one, below which no further round is made

Measure = Callable[[np.ndarray], np.ndarray]
"""Latents [N, ...] -> small pictures float32 [N, P]."""


@dataclasses.dataclass(frozen=True)
class Even:
    """Where frames lie on the path, and how even their steps are."""

    at: np.ndarray  # float64 [T] in [0, 1]
    before: float  # largest step between neighbouring pictures over the median one
    after: float
    every: int = 1  # only so many frames apart, in long clips

    def __str__(self) -> str:
        told = f"largest step {self.before:.2f} times the median, {self.after:.2f} after"
        return told if self.every == 1 else f"{told}; from every {self.every} frames to the next"


def even_positions(
    curve: Callable[[np.ndarray], np.ndarray],
    measure: Measure,
    *,
    frames: int,
    closed: bool,
    cuts: Sequence[float] | np.ndarray = (),
) -> Even:
    """Positions on a curve whose pictures are equally far apart.

    Args:
        curve: u [N] float64 in [0, 1] -> latents [N, ...].
        measure: sees the pictures.
        frames: T, how many positions; on a closed curve the seam is one of T equal steps.
        closed: whether u = 1 is u = 0.
        cuts: places, ascending, at which the curve jumps. A step over one counts as those beside it do.

    Raises: InputError: all pictures are the same.
    """
    cuts, ends = np.asarray(cuts, np.float64), frames + closed

    def look(places: np.ndarray) -> np.ndarray:
        return measure(np.asarray(curve(places)))

    each, most = FIRST_LOOK
    looked = np.linspace(0, 1, min(each * frames, most) + closed)
    pictures = look(looked)
    steps = _steps(pictures, looked, cuts)
    if not steps.any():
        raise InputError("--constant-speed: every picture of the path is the same; leave it out")
    apart = max(1, (len(looked) - closed) // frames)
    before = _unevenness(_steps(pictures[::apart], looked[::apart], cuts))

    each, most = SECOND_LOOK
    closer = _by_length(looked, steps)(np.linspace(0, 1, min(each * frames, most) + closed))
    looked, chosen = np.unique(np.concatenate([looked, closer]), return_index=True)
    pictures = np.concatenate([pictures, look(closer)])[chosen]
    every = -(-frames // MOST_FRAMES)
    best, after = np.linspace(0, 1, ends), before
    for _ in range(TRIES):
        place = _by_length(looked, _steps(pictures, looked, cuts))(np.linspace(0, 1, ends))
        if frames <= MOST_FRAMES:
            place = _spread(looked, pictures, place, cuts)
        drawn = place[::every]
        seen = look(drawn)
        if (uneven := _unevenness(_steps(seen, drawn, cuts))) < after:
            best, after = place, uneven
        if uneven <= GOOD:
            break
        looked, chosen = np.unique(np.concatenate([looked, drawn]), return_index=True)
        pictures = np.concatenate([pictures, seen])[chosen]
    return Even(best[:frames], before, after, every)


def _spread(looked: np.ndarray, pictures: np.ndarray, place: np.ndarray, cuts: np.ndarray) -> np.ndarray:
    """Frames at `place` [N], moved so that their pictures are equally far apart.

    Args:
        looked: places [K] whose pictures are known; between two of them it is straight, but at cuts.
        pictures: float32 [K, P].
        place: where frames are at first.
        cuts: as for `even_positions`.
    """
    even = np.linspace(0, 1, len(place))
    ways = np.concatenate([[0.0], np.cumsum(_steps(pictures, looked, cuts))])
    best, least = place, np.inf
    edge = np.full(len(looked), np.nan)  # of the way to the next place, where a cut is
    before_cut = np.searchsorted(looked, cuts, side="right") - 1
    edge[before_cut] = (cuts - looked[before_cut]) / (looked[before_cut + 1] - looked[before_cut])
    for _ in range(ROUNDS):
        on = np.interp(place, looked, np.arange(len(looked)))
        start = np.minimum(on.astype(np.int64), len(looked) - 2)
        t = np.where(np.isnan(edge[start]), on - start, on - start >= edge[start])
        t = t[:, None].astype(np.float32)
        steps = _steps(pictures[start] * (1 - t) + pictures[start + 1] * t, place, cuts)
        if (uneven := _unevenness(steps)) < least:
            best, least = place, uneven
        if uneven <= ENOUGH:
            break
        steps = np.maximum(steps, ROUND * np.diff(np.interp(on, np.arange(len(looked)), ways)))
        place = place + SHARE * (_by_length(place, steps)(even) - place)
    return best


def _by_length(place: np.ndarray, steps: np.ndarray) -> Callable[[np.ndarray], np.ndarray]:
    """Shares [M] of the whole way -> places, from those of N pictures and the N - 1 steps between them."""
    length = np.concatenate([[0.0], np.cumsum(steps)])
    # Steps of no length would make the inverse jump; a thousandth of a mean step keeps it a function.
    length += np.linspace(0, 1e-3 * length[-1], len(length))
    inverse = PchipInterpolator(length / length[-1], place)
    return lambda share: np.where(share < 1, np.clip(inverse(share), 0.0, 1.0), 1.0)  # but for rounding


def thumbnails(generator: Generator, *, truncation: float = 1.0) -> Measure:
    """Pictures of latents by a generator, area means of at most THUMB_PX a side: float32 [N, P] in 0..255."""

    def measure(latents: np.ndarray) -> np.ndarray:
        batches = render(generator, latents, truncation=truncation, over_white=True)
        return np.stack([_thumbnail(image) for batch in batches for image in batch])

    return measure


def _thumbnail(image: np.ndarray) -> np.ndarray:
    height, width = image.shape[:2]
    share = min(1.0, THUMB_PX / max(height, width))
    small = resize(image, max(1, round(height * share)), max(1, round(width * share)))
    return small.astype(np.float32).reshape(-1)


def _steps(pictures: np.ndarray, place: np.ndarray, cuts: np.ndarray) -> np.ndarray:
    """Root mean square difference of neighbours; over a cut that of the steps beside it."""
    steps = np.sqrt(np.square(np.diff(pictures, axis=0)).mean(axis=1, dtype=np.float64))
    over = np.diff(np.searchsorted(cuts, place, side="right")) > 0
    if over.any() and not over.all():
        steps[over] = np.interp(np.flatnonzero(over), np.flatnonzero(~over), steps[~over])
    return steps


def _unevenness(steps: np.ndarray) -> float:
    """The largest step over the median one."""
    return float(steps.max() / max(float(np.median(steps)), 1e-9))
