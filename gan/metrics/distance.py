"""Measures of a snapshot: distances from real images with their floors, variety, and a score of both."""

from collections.abc import Callable, Iterable
from typing import NamedTuple

import jax
import numpy as np

from data_prep.images import to_float
from gan.data.reals import Reals
from gan.devices.batching import map_in_batches
from gan.metrics.features import random_and_position_features
from gan.metrics.frechet import frechet_distance
from gan.metrics.variety import Figures, FigureSums, Variety, relative

BATCH = 64
LAYOUT_TOLERATED = 1.5
NEAREST_TOLERATED = 0.8

_features = jax.jit(random_and_position_features)


class Measures(NamedTuple):
    """Measures of generated images.

    Attributes:
        distance: Frechet distance of `random_features` from real images.
        distance_by_position: the same of `position_features`, which sees where things are.
        variety: figures of variety, relative to the reals.
    """

    distance: float
    distance_by_position: float
    variety: Variety

    @property
    def score(self) -> float:
        """`score` of the distance and the variety."""
        return score(self.distance, layout=self.variety.layout, nearest=self.variety.nearest)


def score(distance: float, *, layout: float, nearest: float) -> float:
    """distance * max(1, layout / 1.5) / min(1, nearest / 0.8)^2: the lower the better.

    A set as varied as the reals has its distance as score. One with a single layout, or with repeated images,
    is worse by the factors; a set of copies of one image scores infinity.
    """
    repeated = min(1.0, nearest / NEAREST_TOLERATED) ** 2
    return distance * max(1.0, layout / LAYOUT_TOLERATED) / repeated if repeated else float("inf")


class RealStatistics:
    """Features and figures of real images, which generated ones are compared with, and the floors.

    The real images are two disjoint random sets. Generated images are compared with the first; the distance
    between the two is the floor. Features are divided by one number, the root mean variance of those of the
    first set, so that distances of different datasets are comparable. All sets have `count` images, so the
    floor has the same small-sample bias as the distance, and figures of variety that of the reals.

    Args:
        reals: source of real images.
        count: images per set, at most half of the dataset.
        seed: seed of the choice of images.
        watch: wraps the iterator of batches, for progress.
    """

    def __init__(
        self,
        reals: Reals,
        *,
        count: int,
        seed: int,
        watch: Callable[[Iterable[np.ndarray]], Iterable[np.ndarray]] = lambda batches: batches,
    ) -> None:
        self.count = int(min(count, reals.count // 2))
        *features, self.figures = _read(watch(reals.look(2 * self.count, seed=seed)), first=self.count)
        first, second = zip(*(np.split(feature, 2) for feature in features), strict=True)
        self._scales = [float(np.sqrt(feature.var(0).mean())) or 1.0 for feature in first]
        self._reals = [feature / scale for feature, scale in zip(first, self._scales, strict=True)]
        self.floor, self.floor_by_position = self._distances(second)

    def measure(self, fakes: Iterable[np.ndarray]) -> Measures:
        """Compare `count` generated images (batches of uint8 [N, H, W, C]) with the first set."""
        *features, figures = _read(fakes, first=self.count)
        return Measures(*self._distances(features), relative(figures, self.figures))

    def _distances(self, features: Iterable[np.ndarray]) -> tuple[float, float]:
        plain, by_position = (
            frechet_distance(own, other / scale)
            for own, other, scale in zip(self._reals, features, self._scales, strict=True)
        )
        return plain, by_position


def _read(batches: Iterable[np.ndarray], *, first: int) -> tuple[np.ndarray, np.ndarray, Figures]:
    """Both features of all images, and figures of the first `first`."""
    parts, sums, left = [], FigureSums(), first
    for images in batches:
        parts.append(map_in_batches(lambda part: _features(to_float(part)), images, batch=BATCH))
        sums.add(images[:left])
        left -= len(images[:left])
    plain, by_position = (np.concatenate(features) for features in zip(*parts, strict=True))
    return plain, by_position, sums.figures()
