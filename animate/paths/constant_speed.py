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
from data_prep.images.resize import resize
from gan.sample import Generator

THUMB_PX = 32  # what is left is layout and tone; grain and noise do not count as movement
MOST_FRAMES = 1800  # whose pictures are held while frames are moved on them; longer clips: by their lengths
TWICE = 600  # frames of a clip that is looked at first in twice as many places as it has frames
SECOND_LOOK = 4, 3000  # pictures for each frame, and at most, where the first are equally far apart
CHUNK = 1024  # pictures held of longer clips
PASSES = 2  # over all frames of a longer clip, after the first look; the second where it is not good yet
MENDED = 16  # frames of a piece of a longer clip that is walked again ...
MENDED_LOOKS = 8 * MENDED + 4  # ... and how many pictures that takes, at most
TRIES = 2  # of moving frames; the second knows how they looked after the first
GOOD = 1.08  # largest step over the median one, above which there is a second
ROUNDS = 100  # of moving frames, at most
SHARE = 0.25  # of the way to where a round would have a frame: at corners whole ways swing
ROUND = 0.6  # of its way, what a step counts at least: corners are walked round, not skipped
ENOUGH = 1.01  # largest step over the median one, below which no further round is made

Measure = Callable[[np.ndarray], np.ndarray]
"""Latents [N, ...] -> small pictures float32 [N, P]."""


Look = Callable[[np.ndarray], np.ndarray]
"""Places [N] in [0, 1], ascending -> small pictures float32 [N, P]."""


@dataclasses.dataclass(frozen=True)
class Even:
    """Where frames lie on the path, and how even their steps are."""

    at: np.ndarray  # float64 [T] in [0, 1]
    before: float  # largest step between neighbouring pictures over the median one
    after: float

    def __str__(self) -> str:
        if self.after >= self.before:
            return f"largest step {self.before:.2f} times the median, left as it is: nothing was more even"
        return f"largest step {self.before:.2f} times the median, {self.after:.2f} after"


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

    if frames > MOST_FRAMES:
        place, before, after = _by_lengths(look, ends, cuts)
        return Even(place[:frames], before, after)
    place, before, steps = _by_pictures(look, ends, cuts)
    return Even(place[:frames], before, _unevenness(steps))


def _by_pictures(look: Look, ends: int, cuts: np.ndarray) -> tuple[np.ndarray, float, np.ndarray]:
    """Places of frames [ends], how even they were before, and the steps [ends - 1] between their pictures.

    All pictures are held: those of frames and of places between them, on which frames are moved.
    """
    apart = 2 if ends <= TWICE else 1
    looked = np.linspace(0, 1, apart * (ends - 1) + 1)
    pictures = look(looked)
    known = _steps(pictures, looked, cuts)
    _check_moves(known)
    best, taken = looked[::apart], _steps(pictures[::apart], looked[::apart], cuts)
    before = after = _unevenness(taken)

    each, most = SECOND_LOOK
    closer = _by_length(looked, known)(np.linspace(0, 1, min(each * (ends - 1), most) + 1))
    looked, chosen = np.unique(np.concatenate([looked, closer]), return_index=True)
    pictures = np.concatenate([pictures, look(closer)])[chosen]
    for _ in range(TRIES):
        place = _by_length(looked, _steps(pictures, looked, cuts))(np.linspace(0, 1, ends))
        place = _spread(looked, pictures, place, cuts)
        seen = look(place)
        steps = _steps(seen, place, cuts)
        if (uneven := _unevenness(steps)) < after:
            best, taken, after = place, steps, uneven
        if uneven <= GOOD:
            break
        looked, chosen = np.unique(np.concatenate([looked, place]), return_index=True)
        pictures = np.concatenate([pictures, seen])[chosen]
    return best, before, taken


def _by_lengths(look: Look, ends: int, cuts: np.ndarray) -> tuple[np.ndarray, float, float]:
    """Places of many frames [ends], and how even they were before and are: no more than a chunk is held.

    Every frame is looked at where it was, and the lengths found are walked evenly; then every frame where it
    is, and so again where that was not good. Where steps are still too long, at corners, pieces are walked
    again by their pictures.
    """
    place = even = np.linspace(0, 1, ends)
    steps = _chunked_steps(look, even, cuts)
    _check_moves(steps)
    best, taken, before = even, steps, _unevenness(steps)
    for _ in range(PASSES):
        place = _by_length(place, steps)(even)
        steps = _chunked_steps(look, place, cuts)
        if _unevenness(steps) < _unevenness(taken):
            best, taken = place, steps
        if _unevenness(taken) <= GOOD:
            break
    best, taken = best.copy(), taken.copy()
    _mend(look, best, taken, cuts)
    after = _unevenness(taken)
    return (best, before, after) if after < before else (even, before, before)


def _chunked_steps(look: Look, place: np.ndarray, cuts: np.ndarray) -> np.ndarray:
    apart = [_apart(look(place[i : i + CHUNK + 1])) for i in range(0, len(place) - 1, CHUNK)]
    return _over_cuts(np.concatenate(apart), place, cuts)


def _mend(look: Look, place: np.ndarray, steps: np.ndarray, cuts: np.ndarray) -> None:
    """Walk pieces with steps that are too long again, in place, the longest first; their ends stay.

    No more is looked at than once for every other frame of the whole.
    """
    last, looks, done = len(steps), 0, np.zeros(len(steps), bool)
    long = np.flatnonzero(steps > GOOD * np.median(steps))
    for step in long[np.argsort(-steps[long], kind="stable")]:
        start = min(max(step - MENDED // 2, 0), last - MENDED)
        piece = slice(start, start + MENDED)
        if looks + MENDED_LOOKS > len(place) // 2:
            break
        if done[piece].any():
            continue
        done[piece], looks = True, looks + MENDED_LOOKS
        first, length = place[start], place[start + MENDED] - place[start]

        def look_there(share: np.ndarray, first: float = first, length: float = length) -> np.ndarray:
            return look(np.minimum(first + share * length, 1.0))

        inside = (cuts - first) / length
        inside = inside[(inside > 0) & (inside < 1)]
        share, _, taken = _by_pictures(look_there, MENDED + 1, inside)
        if taken.max() < steps[piece].max():
            steps[piece] = taken
            place[start + 1 : start + MENDED] = first + share[1:-1] * length


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


def _check_moves(steps: np.ndarray) -> None:
    if not steps.any():
        raise InputError("--constant-speed: every picture of the path is the same; leave it out")


def _apart(pictures: np.ndarray) -> np.ndarray:
    """Root mean square difference of neighbours: float64 [N - 1] of [N, P]."""
    return np.sqrt(np.square(np.diff(pictures, axis=0)).mean(axis=1, dtype=np.float64))


def _over_cuts(steps: np.ndarray, place: np.ndarray, cuts: np.ndarray) -> np.ndarray:
    """Steps between places; over a cut that of the steps beside it."""
    over = np.diff(np.searchsorted(cuts, place, side="right")) > 0
    if over.any() and not over.all():
        steps[over] = np.interp(np.flatnonzero(over), np.flatnonzero(~over), steps[~over])
    return steps


def _steps(pictures: np.ndarray, place: np.ndarray, cuts: np.ndarray) -> np.ndarray:
    """How far it is from each picture to the next; over a cut as far as beside it."""
    return _over_cuts(_apart(pictures), place, cuts)


def _unevenness(steps: np.ndarray) -> float:
    """The largest step over the median one."""
    return float(steps.max() / max(float(np.median(steps)), 1e-9))
