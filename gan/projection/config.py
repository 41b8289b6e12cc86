"""What a projection can be told. Free of jax, so that the door may show it."""

import dataclasses
import math
from typing import Literal

from data_prep.errors import InputError


@dataclasses.dataclass(frozen=True)
class ProjectionConfig:
    """How the latent of a picture is looked for."""

    space: Literal["w", "w+"] = "w"
    """One style for all layers, or one each: closer to the picture, further from what the network draws."""
    steps: int = 1000
    """Descent steps of a picture, and of a clip's first frame."""
    clip_steps: int = 200
    """Descent steps of every later frame of a clip, which starts from the one before it; rounded up to a
    multiple of window."""
    window: int = 8
    """Frames of a clip that descend together, each tied to the one before it; memory grows with it. 1: one
    after the other."""
    smoothness: float = 0.02
    """Weight of the squared step in w between neighbouring frames of a clip; 0 leaves them apart."""
    candidates: int = 1000
    """Random latents, and their mean, among which the descent starts from the best."""
    learning_rate: float = 0.1
    """Adam's at its height, in standard deviations of a component of w."""
    rampup: float = 0.05
    """Share of the steps over which the rate rises."""
    rampdown: float = 0.25
    """Share of the steps over which it falls, as a cosine."""
    initial_noise: float = 0.05
    """Noise on w at the first step, in standard deviations of a component of w; helps out of local minima."""
    noise_share: float = 0.75
    """Share of the steps over which that noise fades, as a square."""
    perceptual_weight: float = 1.0
    """Weight of the perceptual distance."""
    pixel_weight: float = 1.0
    """Weight of the mean squared difference over a pyramid of the picture's sizes, in [-1, 1]."""
    noise_maps: Literal["fixed", "free"] = "fixed"
    """The network's own noise maps, which films have; or, of pictures, maps fitted to each, kept free of
    signal and saved beside its latent."""
    noise_weight: float = 1e5
    """Weight of the fitted maps' correlations with themselves."""
    batch: int | None = None
    """Pictures that descend at a time; None: 16 up to 256 px, fewer above."""
    seed: int = 0
    """Of the candidates and the noise."""

    def check(self) -> None:
        """Raise InputError for what cannot be meant."""
        for field in dataclasses.fields(self):
            value = getattr(self, field.name)
            if isinstance(value, float) and not math.isfinite(value):
                raise InputError(f"--{field.name.replace('_', '-')} {value}: it should be a number")
        for name in ("steps", "clip_steps", "window", "candidates", "batch"):
            value = getattr(self, name)
            if value is not None and value < 1:
                raise InputError(f"--{name.replace('_', '-')} {value}: it should be 1 or more")
        for name in ("smoothness", "initial_noise", "perceptual_weight", "pixel_weight", "noise_weight"):
            if getattr(self, name) < 0:
                raise InputError(f"--{name.replace('_', '-')} {getattr(self, name)}: it should be 0 or more")
        for name in ("rampup", "rampdown", "noise_share"):
            if not 0 <= getattr(self, name) <= 1:
                raise InputError(f"--{name.replace('_', '-')} {getattr(self, name)}: it should be 0 to 1")
        if self.learning_rate <= 0:
            raise InputError(f"--learning-rate {self.learning_rate}: it should be above 0")
        if self.perceptual_weight == self.pixel_weight == 0:
            raise InputError("--perceptual-weight 0 --pixel-weight 0: nothing is left to come closer by")
        if not 0 <= self.seed < 2**32:
            raise InputError(f"--seed {self.seed}: it should be 0 to 2^32 - 1")
