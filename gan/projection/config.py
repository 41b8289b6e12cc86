"""Options of a projection. Imports no jax: the help text shows them."""

import dataclasses
import math
from typing import Literal

from data_prep.errors import InputError


@dataclasses.dataclass(frozen=True)
class ProjectionConfig:
    """Optimisation of the latent of an image."""

    space: Literal["w", "w+"] = "w"
    """w: one w for all layers. w+: one per layer; closer to the image, further from the distribution of w."""
    steps: int = 1000
    """Optimisation steps per image, and for the first frame of a clip."""
    clip_steps: int = 200
    """Optimisation steps per later frame of a clip, which starts from the frame before it; rounded up to a
    multiple of window."""
    window: int = 8
    """Frames of a clip optimised together, each tied to the frame before it; memory is proportional. 1:
    sequential."""
    smoothness: float = 0.02
    """Weight of the squared step in w between consecutive frames of a clip; 0: off."""
    candidates: int = 1000
    """Random latents compared, and their mean; the best is the initial value."""
    learning_rate: float = 0.1
    """Peak learning rate of Adam, in standard deviations of a component of w."""
    rampup: float = 0.05
    """Fraction of the steps for the linear learning rate warm-up."""
    rampdown: float = 0.25
    """Fraction of the steps for the cosine learning rate decay."""
    initial_noise: float = 0.05
    """Initial noise added to w, in standard deviations of a component of w; helps to leave local minima."""
    noise_fraction: float = 0.75
    """Fraction of the steps over which the noise decays quadratically to 0."""
    perceptual_weight: float = 1.0
    """Weight of the perceptual distance."""
    pixel_weight: float = 1.0
    """Weight of the mean squared difference over an image pyramid, values in [-1, 1]."""
    noise_maps: Literal["fixed", "free"] = "fixed"
    """fixed: the network's own noise maps, as in videos. free: noise maps fitted to each image with an
    autocorrelation penalty and saved with its latent; images only."""
    noise_weight: float = 1e5
    """Weight of the autocorrelation penalty of fitted noise maps."""
    batch: int | None = None
    """Images optimised at a time; None: 16 up to 256 px, fewer above."""
    seed: int = 0
    """Seed of the candidates and the noise."""

    def check(self) -> None:
        """Validate; raises InputError naming the flag."""
        for field in dataclasses.fields(self):
            value = getattr(self, field.name)
            if isinstance(value, float) and not math.isfinite(value):
                raise InputError(f"--{field.name.replace('_', '-')} {value}: must be a finite number")
        for name in ("steps", "clip_steps", "window", "candidates", "batch"):
            value = getattr(self, name)
            if value is not None and value < 1:
                raise InputError(f"--{name.replace('_', '-')} {value}: must be at least 1")
        for name in ("smoothness", "initial_noise", "perceptual_weight", "pixel_weight", "noise_weight"):
            if getattr(self, name) < 0:
                raise InputError(f"--{name.replace('_', '-')} {getattr(self, name)}: must be at least 0")
        for name in ("rampup", "rampdown", "noise_fraction"):
            if not 0 <= getattr(self, name) <= 1:
                raise InputError(f"--{name.replace('_', '-')} {getattr(self, name)}: must be from 0 to 1")
        if self.learning_rate <= 0:
            raise InputError(f"--learning-rate {self.learning_rate}: must be above 0")
        if self.perceptual_weight == self.pixel_weight == 0:
            raise InputError("--perceptual-weight 0 --pixel-weight 0: one of them must be above 0")
        if not 0 <= self.seed < 2**32:
            raise InputError(f"--seed {self.seed}: must be from 0 to 2^32 - 1")
