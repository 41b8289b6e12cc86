"""Constant apparent speed: retime a path so that images, not latents, change evenly.

Latent distance is not perceptual distance, so curves appear to speed up and slow down. The path is sampled
by thumbnails, more densely than by frames; frames are moved along it until neighbouring thumbnails are
equally far apart (root mean square difference).
"""

import dataclasses
from collections.abc import Callable, Sequence

import numpy as np
from scipy.interpolate import PchipInterpolator

from animate.render import render
from data_prep.errors import InputError
from data_prep.images.resize import resize
from gan.sample import Generator

THUMB_PX = 32  # preserves layout and tone; grain and noise do not count as motion
MAX_HELD_FRAMES = 1800  # longer clips are retimed by step lengths only, without holding all thumbnails
DENSE_FRAMES = 600  # clips up to this length are sampled twice per frame first
RESAMPLED = 4, 3000  # thumbnails per frame of the second sampling, and their maximum
CHUNK = 1024  # thumbnails held of longer clips
PASSES = 2  # over all frames of a longer clip; the second only if the first is not GOOD
WINDOW = 16  # frames of a longer clip that are refined together
WINDOW_SAMPLES = 8 * WINDOW + 4  # thumbnails this takes at most
TRIES = 2  # relaxations; the second measures the thumbnails after the first
GOOD = 1.08  # ratio of largest to median step that is accepted at once
MAX_ITERATIONS = 100  # of a relaxation
STEP_SIZE = 0.25  # of a relaxation; full steps oscillate at corners
MIN_STEP = 0.6  # of its path length, the least that a step counts, so corners are not skipped
CONVERGED = 1.01  # ratio of largest to median step that ends a relaxation

Measure = Callable[[np.ndarray], np.ndarray]
"""Latents [N, ...] -> thumbnails float32 [N, P]."""

Sample = Callable[[np.ndarray], np.ndarray]
"""Positions [N] in [0, 1], ascending -> thumbnails float32 [N, P]."""


@dataclasses.dataclass(frozen=True)
class Retiming:
    """Positions of frames on the path, and the evenness of their steps."""

    at: np.ndarray  # float64 [T] in [0, 1]
    before: float  # ratio of largest to median step between neighbouring thumbnails
    after: float

    def __str__(self) -> str:
        if self.after >= self.before:
            return f"largest step {self.before:.2f} times the median, unchanged: retiming was no better"
        return f"largest step {self.before:.2f} times the median, {self.after:.2f} after"


def even_positions(
    curve: Callable[[np.ndarray], np.ndarray],
    measure: Measure,
    *,
    frames: int,
    closed: bool,
    cuts: Sequence[float] | np.ndarray = (),
) -> Retiming:
    """Positions on a curve at which thumbnails are equally far apart.

    Args:
        curve: u [N] float64 in [0, 1] -> latents [N, ...].
        measure: renders thumbnails.
        frames: T, number of positions; on a closed curve the seam is one of T equal steps.
        closed: u = 1 is u = 0.
        cuts: ascending positions at which the curve jumps. A step across a cut counts as its neighbours do.

    Raises: InputError: all thumbnails are the same.
    """
    cuts, ends = np.asarray(cuts, np.float64), frames + closed

    def sample(at: np.ndarray) -> np.ndarray:
        return measure(np.asarray(curve(at)))

    if frames > MAX_HELD_FRAMES:
        at, before, after = _retime_long(sample, ends, cuts)
        return Retiming(at[:frames], before, after)
    at, before, steps = _retime_held(sample, ends, cuts)
    return Retiming(at[:frames], before, _unevenness(steps))


def _retime_held(sample: Sample, ends: int, cuts: np.ndarray) -> tuple[np.ndarray, float, np.ndarray]:
    """Positions of frames [ends], their evenness before, and the steps [ends - 1] between their thumbnails.

    Holds all thumbnails, of frames and of positions between them.
    """
    density = 2 if ends <= DENSE_FRAMES else 1
    sampled = np.linspace(0, 1, density * (ends - 1) + 1)
    thumbs = sample(sampled)
    known = _steps(thumbs, sampled, cuts)
    _check_moves(known)
    best, best_steps = sampled[::density], _steps(thumbs[::density], sampled[::density], cuts)
    before = after = _unevenness(best_steps)

    each, most = RESAMPLED
    closer = _by_length(sampled, known)(np.linspace(0, 1, min(each * (ends - 1), most) + 1))
    sampled, chosen = np.unique(np.concatenate([sampled, closer]), return_index=True)
    thumbs = np.concatenate([thumbs, sample(closer)])[chosen]
    for _ in range(TRIES):
        place = _by_length(sampled, _steps(thumbs, sampled, cuts))(np.linspace(0, 1, ends))
        place = _relax(sampled, thumbs, place, cuts)
        seen = sample(place)
        steps = _steps(seen, place, cuts)
        if (uneven := _unevenness(steps)) < after:
            best, best_steps, after = place, steps, uneven
        if uneven <= GOOD:
            break
        sampled, chosen = np.unique(np.concatenate([sampled, place]), return_index=True)
        thumbs = np.concatenate([thumbs, seen])[chosen]
    return best, before, best_steps


def _retime_long(sample: Sample, ends: int, cuts: np.ndarray) -> tuple[np.ndarray, float, float]:
    """Positions of many frames [ends], and their evenness before and after; holds one chunk of thumbnails.

    Every frame is sampled at its position and the step lengths are equalised, up to PASSES times. Windows
    with steps that are still too long, at corners, are then refined by `_retime_held`.
    """
    place = even = np.linspace(0, 1, ends)
    steps = _chunked_steps(sample, even, cuts)
    _check_moves(steps)
    best, best_steps, before = even, steps, _unevenness(steps)
    for _ in range(PASSES):
        place = _by_length(place, steps)(even)
        steps = _chunked_steps(sample, place, cuts)
        if _unevenness(steps) < _unevenness(best_steps):
            best, best_steps = place, steps
        if _unevenness(best_steps) <= GOOD:
            break
    best, best_steps = best.copy(), best_steps.copy()
    _refine(sample, best, best_steps, cuts)
    after = _unevenness(best_steps)
    return (best, before, after) if after < before else (even, before, before)


def _chunked_steps(sample: Sample, place: np.ndarray, cuts: np.ndarray) -> np.ndarray:
    steps = [_distances(sample(place[i : i + CHUNK + 1])) for i in range(0, len(place) - 1, CHUNK)]
    return _bridge_cuts(np.concatenate(steps), place, cuts)


def _refine(sample: Sample, place: np.ndarray, steps: np.ndarray, cuts: np.ndarray) -> None:
    """LatentPath windows with steps that are too long again, in place, the longest first; their ends stay.

    No more is sampled at than once for every other frame of the whole.
    """
    last, used, done = len(steps), 0, np.zeros(len(steps), bool)
    long = np.flatnonzero(steps > GOOD * np.median(steps))
    for step in long[np.argsort(-steps[long], kind="stable")]:
        start = min(max(step - WINDOW // 2, 0), last - WINDOW)
        window = slice(start, start + WINDOW)
        if used + WINDOW_SAMPLES > len(place) // 2:
            break
        if done[window].any():
            continue
        done[window], used = True, used + WINDOW_SAMPLES
        first, length = place[start], place[start + WINDOW] - place[start]

        def sample_window(t: np.ndarray, first: float = first, length: float = length) -> np.ndarray:
            return sample(np.minimum(first + t * length, 1.0))

        inside = (cuts - first) / length
        inside = inside[(inside > 0) & (inside < 1)]
        t, _, new_steps = _retime_held(sample_window, WINDOW + 1, inside)
        if new_steps.max() < steps[window].max():
            steps[window] = new_steps
            place[start + 1 : start + WINDOW] = first + t[1:-1] * length


def _relax(sampled: np.ndarray, thumbs: np.ndarray, place: np.ndarray, cuts: np.ndarray) -> np.ndarray:
    """Move frames at `place` [N] until their thumbnails are equally far apart.

    Args:
        sampled: positions [K] of known thumbnails, interpolated linearly between them except across cuts.
        thumbnails: float32 [K, P].
        place: initial positions of the frames.
        cuts: as for `even_positions`.
    """
    even = np.linspace(0, 1, len(place))
    lengths = np.concatenate([[0.0], np.cumsum(_steps(thumbs, sampled, cuts))])
    best, least = place, np.inf
    edge = np.full(len(sampled), np.nan)  # position of a cut between two samples
    before_cut = np.searchsorted(sampled, cuts, side="right") - 1
    edge[before_cut] = (cuts - sampled[before_cut]) / (sampled[before_cut + 1] - sampled[before_cut])
    for _ in range(MAX_ITERATIONS):
        on = np.interp(place, sampled, np.arange(len(sampled)))
        start = np.minimum(on.astype(np.int64), len(sampled) - 2)
        t = np.where(np.isnan(edge[start]), on - start, on - start >= edge[start])
        t = t[:, None].astype(np.float32)
        steps = _steps(thumbs[start] * (1 - t) + thumbs[start + 1] * t, place, cuts)
        if (uneven := _unevenness(steps)) < least:
            best, least = place, uneven
        if uneven <= CONVERGED:
            break
        steps = np.maximum(steps, MIN_STEP * np.diff(np.interp(on, np.arange(len(sampled)), lengths)))
        place = place + STEP_SIZE * (_by_length(place, steps)(even) - place)
    return best


def _by_length(place: np.ndarray, steps: np.ndarray) -> Callable[[np.ndarray], np.ndarray]:
    """Fractions [M] of the arc length -> positions, from N samples and the N - 1 steps between them."""
    length = np.concatenate([[0.0], np.cumsum(steps)])
    # Zero steps would make the inverse discontinuous; a thousandth of a mean step avoids that.
    length += np.linspace(0, 1e-3 * length[-1], len(length))
    inverse = PchipInterpolator(length / length[-1], place)
    return lambda t: np.where(t < 1, np.clip(inverse(t), 0.0, 1.0), 1.0)  # exact at the end


def thumbnails(generator: Generator, *, truncation: float = 1.0) -> Measure:
    """Renderer of thumbnails, area means of at most THUMB_PX a side: float32 [N, P] in 0..255."""

    def measure(latents: np.ndarray) -> np.ndarray:
        batches = render(generator, latents, truncation=truncation, over_white=True)
        return np.stack([_thumbnail(image) for batch in batches for image in batch])

    return measure


def _thumbnail(image: np.ndarray) -> np.ndarray:
    height, width = image.shape[:2]
    scale = min(1.0, THUMB_PX / max(height, width))
    small = resize(image, max(1, round(height * scale)), max(1, round(width * scale)))
    return small.astype(np.float32).reshape(-1)


def _check_moves(steps: np.ndarray) -> None:
    if not steps.any():
        raise InputError("--constant-speed: all images of the path are the same; leave it out")


def _distances(thumbs: np.ndarray) -> np.ndarray:
    """Root mean square difference of neighbours: [N, P] -> float64 [N - 1]."""
    return np.sqrt(np.square(np.diff(thumbs, axis=0)).mean(axis=1, dtype=np.float64))


def _bridge_cuts(steps: np.ndarray, place: np.ndarray, cuts: np.ndarray) -> np.ndarray:
    """Replace steps across cuts by interpolation of their neighbours, in place."""
    across = np.diff(np.searchsorted(cuts, place, side="right")) > 0
    if across.any() and not across.all():
        steps[across] = np.interp(np.flatnonzero(across), np.flatnonzero(~across), steps[~across])
    return steps


def _steps(thumbs: np.ndarray, place: np.ndarray, cuts: np.ndarray) -> np.ndarray:
    """Distances of neighbouring thumbnails, bridged across cuts."""
    return _bridge_cuts(_distances(thumbs), place, cuts)


def _unevenness(steps: np.ndarray) -> float:
    """Ratio of the largest to the median step."""
    return float(steps.max() / max(float(np.median(steps)), 1e-9))
