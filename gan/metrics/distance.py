"""The distance logged while training: real against generated, beside real against real."""

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
    """Features of two disjoint random halves of the reals, and the distance between them.

    Features are divided by one number, the root mean variance of a feature over the first half: 1 is the
    spread of the reals, so distances of different drawings compare. Generated images are held against
    the first half; both sets have `count` images, so the floor carries the same small-sample bias as the
    distance.

    Args:
        reals: where they come from.
        count: images per half; lowered to half of what there is.
        seed: which images.
        watch: what batches of them pass through.
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
