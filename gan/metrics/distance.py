"""Distance logged during training: real to generated, and real to real as a floor."""

from collections.abc import Callable, Iterable

import jax
import numpy as np

from data_prep.images import to_float
from gan.batching import map_in_batches
from gan.data.reals import Reals
from gan.metrics.features import random_features
from gan.metrics.frechet import frechet_distance

BATCH = 64

_features = jax.jit(random_features)


class RealStatistics:
    """Features of two disjoint random sets of real images, and the distance between them.

    Features are divided by one number, the root mean variance of the features of the first set, so that
    distances of different datasets are comparable. Generated images are compared with the first set. All sets
    have `count` images, so the floor has the same small-sample bias as the distance.

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
        first, second = np.split(features_of(watch(reals.look(2 * self.count, seed=seed))), 2)
        self._scale = float(np.sqrt(first.var(0).mean())) or 1.0
        self._reals = first / self._scale
        self.floor = frechet_distance(self._reals, second / self._scale)

    def distance(self, fakes: Iterable[np.ndarray]) -> float:
        """Frechet distance of generated images (batches of uint8 [N, H, W, C]) from the first half."""
        return frechet_distance(self._reals, features_of(fakes) / self._scale)


def features_of(batches: Iterable[np.ndarray]) -> np.ndarray:
    """`random_features` of batches of uint8 images: [sum N, D] float32."""
    return np.concatenate(
        [map_in_batches(lambda part: _features(to_float(part)), images, batch=BATCH) for images in batches]
    )
