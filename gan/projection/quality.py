"""Quality of a projected clip: similarity to the clip and smoothness of the motion."""

from typing import Any

import jax.numpy as jnp
import numpy as np

from data_prep.images import to_float, to_uint8
from gan.devices.batching import pad_batch
from gan.projection.images import similarity
from gan.projection.optimizer import Projector


class ClipQuality:
    """Measures a latent path against a clip, window by window."""

    def __init__(self, projector: Projector) -> None:
        self.projector = projector
        self._frames: dict[str, list[float]] = {"psnr_db": [], "distance": []}
        self._rough = {
            "jitter": Roughness(scale=1 / float(projector.space.std)),
            "flicker": Roughness(scale=1.0),
            "flicker_of_clip": Roughness(scale=1.0),
        }

    def add(self, w: np.ndarray, images: np.ndarray) -> np.ndarray:
        """Add the next frames: w [K, L, W] and uint8 [K, H, W, C], K up to config.window.

        Returns: images of w, uint8 [K, H, W, C].
        """
        size = self.projector.config.window
        targets = jnp.asarray(to_float(pad_batch(images, size=size)))
        found = self.projector.images(jnp.asarray(pad_batch(w, size=size)))
        for name, values in similarity(self.projector, found, targets, self.projector.see(targets)).items():
            self._frames[name] += values[: len(w)].tolist()
        drawn = np.asarray(to_uint8(found))[: len(w)]
        for name, values in (("jitter", w), ("flicker", drawn), ("flicker_of_clip", images)):
            self._rough[name].add(values)
        return drawn

    def results(self) -> dict[str, Any]:
        """Means of psnr_db and distance; both per frame ("frames"); root mean square second differences.

        jitter: of w, in standard deviations of w. flicker, flicker_of_clip: of the reconstruction and of the
        clip, in grey levels.
        """
        means = {name: float(np.mean(values)) for name, values in self._frames.items()}
        return means | {name: rough.value() for name, rough in self._rough.items()} | {"frames": self._frames}


class Roughness:
    """Root mean square of the second differences of a sequence added in parts; 0 below three frames."""

    def __init__(self, *, scale: float) -> None:
        self.scale, self._sum, self._count = scale, 0.0, 0
        self._last: np.ndarray | None = None

    def add(self, values: np.ndarray) -> None:
        """Add the next frames [K, ...]."""
        values = values.astype(np.float64)
        joined = values if self._last is None else np.concatenate([self._last, values])
        bends = np.square(np.diff(joined, n=2, axis=0))
        self._sum, self._count = self._sum + float(bends.sum()), self._count + bends.size
        self._last = joined[-2:]

    def value(self) -> float:
        """`scale` times the root mean square."""
        return self.scale * (self._sum / self._count) ** 0.5 if self._count else 0.0
