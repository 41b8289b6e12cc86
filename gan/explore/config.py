"""Options of activation maximisation. Imports no jax: the help text shows them."""

import dataclasses

from data_prep.errors import InputError


@dataclasses.dataclass(frozen=True)
class DreamConfig:
    """Gradient ascent on images."""

    steps: int = 500
    """Gradient ascent steps."""
    learning_rate: float = 0.02
    """Root mean square change per step at the start, for values in [-1, 1]; decays linearly to a tenth."""
    total_variation: float = 2.0
    """Weight of the total variation gradient relative to the score gradient, both normalised; 0: off."""
    jitter_px: int = 8
    """Largest random shift per step along each axis, with wrap-around; 0: off."""
    start: float = 0.3
    """Standard deviation of the initial noise."""
    seed: int = 0
    """Seed of the noise and the shifts."""

    def check(self) -> None:
        """Validate; raises InputError naming the flag."""
        if self.steps < 1:
            raise InputError(f"--steps {self.steps}: must be at least 1")
        if not 0 < self.learning_rate <= 2:
            raise InputError(f"--learning-rate {self.learning_rate:g}: must be above 0 and at most 2")
        for name in ("total_variation", "jitter_px", "start"):
            if not 0 <= getattr(self, name) < float("inf"):
                raise InputError(f"--{name.replace('_', '-')} {getattr(self, name)}: must be at least 0")
        if not 0 <= self.seed < 2**32:
            raise InputError(f"--seed {self.seed}: must be from 0 to 2^32 - 1")

    def plain(self) -> "DreamConfig":
        """The same config without total variation and jitter."""
        return dataclasses.replace(self, total_variation=0.0, jitter_px=0)
