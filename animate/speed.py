"""Constant apparent speed: a path is walked so that pictures, not latents, change evenly.

Distance in latent space is not distance to the eye, so that curves rush and stall. Small pictures along the
path say how far it is from one to the next; their sums are an arc length, which is then walked in even steps.
"""

import dataclasses
from collections.abc import Callable

import numpy as np
from scipy.interpolate import PchipInterpolator

from animate import curves
from animate.render import render
from data_prep.errors import InputError
from data_prep.resize import resize
from gan.sample import Generator

THUMB_PX = 32  # what is left is layout and tone; grain and noise do not count as movement
MOST_SAMPLES = 720  # pictures of a pass; fewer where the clip has fewer frames
PASSES = 8
ENOUGH = 1.03  # largest step over the median one, below which no further pass is made

Measure = Callable[[np.ndarray], np.ndarray]
"""Latents [N, ...] -> small pictures float32 [N, P]."""


@dataclasses.dataclass(frozen=True)
class Even:
    """Where frames lie on the path, and how even their steps are."""

    at: np.ndarray  # float64 [T] in [0, 1]
    before: float  # largest step between neighbouring pictures over the median one
    after: float

    def __str__(self) -> str:
        return f"largest step {self.before:.2f} times the median, {self.after:.2f} after"


def even_positions(
    curve: Callable[[np.ndarray], np.ndarray], measure: Measure, *, frames: int, closed: bool
) -> Even:
    """Positions on a curve whose pictures are equally far apart.

    Args:
        curve: u [N] float64 in [0, 1] -> latents [N, ...].
        measure: sees the pictures.
        frames: T, how many positions; on a closed curve the seam is one of T equal steps.
        closed: whether u = 1 is u = 0.

    Raises: InputError: all pictures are the same.
    """
    samples = min(frames, MOST_SAMPLES)
    knots = np.linspace(0, 1, samples + closed)  # even walks meet the curve at the places `tried`
    tried: list[tuple[float, np.ndarray]] = []
    place = knots
    for _ in range(PASSES + 1):
        steps = _steps(measure(np.asarray(curve(place))))
        if not steps.any():
            raise InputError("--constant-speed: every picture of the path is the same; leave it out")
        tried.append((float(steps.max() / max(float(np.median(steps)), 1e-9)), place))
        after, best = min(tried, key=lambda pair: pair[0])
        if after <= ENOUGH:
            break
        length = np.concatenate([[0.0], np.cumsum(steps)])
        # Steps of no length would make the inverse jump; a thousandth of a mean step keeps it a function.
        length += np.linspace(0, 1e-3 * length[-1], len(length))
        place = PchipInterpolator(length / length[-1], place)(knots)
        if best is not tried[-1][1]:  # a step too far, as at corners
            place = (place + best) / 2
        place[0], place[-1] = 0.0, 1.0
    at = np.clip(PchipInterpolator(knots, best)(curves.positions(frames, closed=closed)), 0.0, 1.0)
    if not closed:
        at[-1] = 1.0  # but for rounding
    return Even(at, tried[0][0], after)


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


def _steps(pictures: np.ndarray) -> np.ndarray:
    """Root mean square difference of neighbours."""
    return np.sqrt(np.square(np.diff(pictures, axis=0)).mean(axis=1, dtype=np.float64))
