"""How near a projected clip came to its own, and how steadily it moves."""

from typing import Any

import jax.numpy as jnp
import numpy as np

from data_prep.images import to_float, to_uint8
from gan.batching import pad_batch
from gan.projection.images import measured
from gan.projection.optimizer import Projector


class Judge:
    """How near a path comes to a clip, and how steadily: told window by window."""

    def __init__(self, projector: Projector) -> None:
        self.projector = projector
        self._frames: dict[str, list[float]] = {"psnr_db": [], "distance": []}
        self._rough = {
            "jitter": Roughness(1 / float(projector.space.std)),
            "flicker": Roughness(),
            "flicker_of_clip": Roughness(),
        }

    def __call__(self, w: np.ndarray, images: np.ndarray) -> np.ndarray:
        """The next frames: w [K, L, W] against uint8 [K, H, W, C]; returned as drawn, uint8 [K, H, W, C]."""
        size = self.projector.config.window
        goals = jnp.asarray(to_float(pad_batch(images, size=size)))
        found = self.projector.images(jnp.asarray(pad_batch(w, size=size)))
        for name, values in measured(self.projector, found, goals, self.projector.see(goals)).items():
            self._frames[name] += values[: len(w)].tolist()
        drawn = np.asarray(to_uint8(found))[: len(w)]
        for name, values in (("jitter", w), ("flicker", drawn), ("flicker_of_clip", images)):
            self._rough[name].add(values)
        return drawn

    def told(self) -> dict[str, Any]:
        """Means of psnr_db and distance, and both of each frame (`frames`); root mean squares of second
        differences: jitter of w, in standard deviations of it, flicker of the pictures and flicker_of_clip of
        the clip's own, in grey levels."""
        means = {name: float(np.mean(values)) for name, values in self._frames.items()}
        return means | {name: rough.value() for name, rough in self._rough.items()} | {"frames": self._frames}


class Roughness:
    """Root mean square of second differences along a sequence that comes in parts; 0 of two frames."""

    def __init__(self, scale: float = 1.0) -> None:
        self.scale, self._sum, self._count = scale, 0.0, 0
        self._last: np.ndarray | None = None

    def add(self, values: np.ndarray) -> None:
        """The next frames [K, ...]."""
        values = values.astype(np.float64)
        joined = values if self._last is None else np.concatenate([self._last, values])
        bends = np.square(np.diff(joined, n=2, axis=0))
        self._sum, self._count = self._sum + float(bends.sum()), self._count + bends.size
        self._last = joined[-2:]

    def value(self) -> float:
        return self.scale * (self._sum / self._count) ** 0.5 if self._count else 0.0
