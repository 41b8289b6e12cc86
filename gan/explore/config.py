"""Options of activation maximisation and of directions. Imports no jax: the help texts show them."""

import dataclasses
from typing import Literal

from data_prep.errors import InputError
from gan.explore.seeds import distinct_seeds


@dataclasses.dataclass(frozen=True)
class DirectionsConfig:
    """Directions in w, and strips of images along them."""

    method: Literal["pca", "sefa"] = "pca"
    """pca: principal components of sampled w; not useful without a mapping network, where w has the same
    variance in all directions. sefa: closed-form factorisation of the style weights."""
    count: int = 10
    """Number of directions, strongest first."""
    layers: str | None = None
    """Layers that directions move, as in 0-3 or 0,2,5-7; 0 is the coarsest. sefa factorises the weights of
    these layers only. Default: all."""
    samples: int = 10_000
    """Number of w sampled for pca and for the standard deviations."""
    seed: int = 0
    """Seed of the samples."""
    seeds: str = "0-3"
    """Seeds of the images in the strips."""
    strength: float = 3.0
    """Ends of the strips, in standard deviations of w along each direction."""
    steps: int = 7
    """Images per strip."""
    truncation: float = 1.0
    """Truncation psi of the strips: 1 = off, 0 = mean image."""
    label: str | None = None
    """Name or number of a class; default: samples take classes in turn, strips show the first."""

    def check(self) -> None:
        """Validate; raises InputError naming the flag."""
        distinct_seeds(self.seeds, flag="--seeds")
        limits = {"samples": (100, 1_000_000), "seed": (0, 2**32 - 1), "steps": (2, 100)}
        for name, (low, high) in limits.items():
            if not low <= (value := getattr(self, name)) <= high:
                raise InputError(f"--{name} {value}: must be from {low} to {high}")
        if not 0 < self.strength < 1000:
            raise InputError(f"--strength {self.strength:g}: must be above 0 and below 1000")


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
