"""What a dream can be told. Free of jax, so that the door may show it."""

import dataclasses

from data_prep.errors import InputError


@dataclasses.dataclass(frozen=True)
class DreamConfig:
    """How pictures climb."""

    steps: int = 500
    """Steps of the ascent."""
    learning_rate: float = 0.02
    """Root mean square of a step's change at first, of values in [-1, 1]; it falls to a tenth."""
    total_variation: float = 2.0
    """Weight of smoothness against score: both gradients count by their own size. 0: none."""
    jitter_px: int = 8
    """Largest random shift of a step along each axis, edges joined; 0: none."""
    start: float = 0.3
    """Standard deviation of the noise in which a picture begins."""
    seed: int = 0
    """Of the noise and the shifts."""

    def check(self) -> None:
        """Raise InputError for what cannot be meant."""
        if self.steps < 1:
            raise InputError(f"--steps {self.steps}: it should be 1 or more")
        if not 0 < self.learning_rate <= 2:
            raise InputError(f"--learning-rate {self.learning_rate:g}: it should be above 0, 2 at most")
        for name in ("total_variation", "jitter_px", "start"):
            if not 0 <= getattr(self, name) < float("inf"):
                raise InputError(f"--{name.replace('_', '-')} {getattr(self, name)}: it should be 0 or more")
        if not 0 <= self.seed < 2**32:
            raise InputError(f"--seed {self.seed}: it should be 0 to 2^32 - 1")

    def plain(self) -> "DreamConfig":
        """The same without what keeps pictures smooth."""
        return dataclasses.replace(self, total_variation=0.0, jitter_px=0)
