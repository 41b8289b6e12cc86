"""Configuration of adversarial training: networks, losses, augmentation. Values are in configs/gan.

This module imports no jax, so that the CLI prints help at once.
"""

import dataclasses
from typing import Literal

import tyro

from gan.augment.config import AugmentConfig
from gan.config.networks import Network, ProganConfig
from gan.config.run import RunConfig
from gan.config_fields import Auto, resumable

Loss = Literal["logistic", "relativistic"]
Same = Literal["same"]


@dataclasses.dataclass(frozen=True)
class LossConfig:
    """Losses and penalties of both networks."""

    loss: Loss = "logistic"
    """logistic: each logit by itself; relativistic: the difference of the logits of a real and a generated
    image; use it with --r2-gamma."""
    r1_gamma: float | Auto = resumable(10.0)
    """Weight of the R1 penalty, gamma / 2 E|grad D|^2 on real images in [-1, 1]; auto: 10 at 64 px, in
    proportion to the side."""
    r1_gamma_final: float | Auto | None = resumable(None)
    """The weight at the end of the schedule (--schedule-nimg), reached by a cosine; auto: a tenth of
    r1_gamma; None: constant."""
    r2_gamma: float | Same = resumable(0.0)
    """Weight of the R2 penalty, the same on generated images; same: that of R1 at every time; 0: off."""
    r1_interval: int = 16
    """Iterations between R1 and R2 penalties (lazy regularisation)."""
    path_weight: float = resumable(0.0)
    """Weight of the path length penalty; 0: off, as in families progan and field."""
    path_interval: int = 4
    """Iterations between path length penalties."""
    path_batch_shrink: int = 2
    """The penalty is computed on this fraction (1 / N) of a batch."""
    path_decay: float = 0.01
    """Update rate of the running mean path length, per penalty."""
    style_mixing: float = resumable(0.0)
    """Fraction of generated images whose later layers take the style of another latent."""


@dataclasses.dataclass(frozen=True)
class EmaConfig:
    """Moving average of the generator's weights, which is what snapshots sample and export."""

    ema_halflife_nimg: int | Auto = resumable(10_000)
    """Half-life of the generator's weight average in images; auto: 10,000 per 32 images of the batch."""
    ema_halflife_nimg_final: int | None = resumable(None)
    """The half-life at the end of the schedule (--schedule-nimg), reached by a cosine; None: constant."""
    ema_rampup: float = resumable(0.05)
    """The half-life is at most this fraction of nimg, so that initial weights decay fast; 0: no ramp."""


@dataclasses.dataclass(frozen=True)
class TrainConfig(RunConfig):
    """One run of adversarial training: what every run has, two networks, and the losses between them."""

    family: tyro.conf.Suppress[str] = "progan"
    """Network family, set by the preset."""
    network: tyro.conf.AvoidSubcommands[Network] = dataclasses.field(default_factory=ProganConfig)
    """The family's own fields."""
    symmetries: Literal["none", "mirror", "eight"] = "none"
    """Symmetries applied to real images at random: left-right mirroring, or all eight of a square."""

    loss: LossConfig = LossConfig()
    """Losses and penalties."""
    ema: EmaConfig = EmaConfig()
    """Weight average of the generator."""
    augment: AugmentConfig = dataclasses.field(default_factory=AugmentConfig)
    """Augmentation of the images that the discriminator sees."""
