"""Configuration of the training of a next-frame model. Values are in configs/gan/next_frame.py.

This module imports no jax, so that the CLI prints help at once.
"""

import dataclasses
import math
from typing import Literal

import tyro

from data_prep.errors import InputError
from gan.config.checks import check_run
from gan.config.run import EvaluationConfig, LiveConfig, OptimConfig, RunConfig
from gan.config_fields import resumable


@dataclasses.dataclass(frozen=True)
class NextFrameOptimConfig(OptimConfig):
    """Adam, as for every training, without what only a GAN has."""

    learning_rate_final: tyro.conf.Suppress[float | None] = None
    beta2_final: tyro.conf.Suppress[float | None] = None
    schedule_nimg: tyro.conf.Suppress[int | None] = None
    accumulate: tyro.conf.Suppress[int] = 1
    freeze_d: tyro.conf.Suppress[int] = 0
    average_halflife_nimg: int = resumable(2_000)
    """Half-life of the weight average in images; snapshots export the average."""


@dataclasses.dataclass(frozen=True)
class LatentModelConfig:
    """Recipe latent: a multilayer perceptron predicts the step in w."""

    width: int = 256
    """Units of each hidden layer."""
    layers: int = 2
    """Number of hidden layers."""
    input_noise: float = 0.5
    """Standard deviation of noise on the w of the frame, in root mean square steps of the clip; the model
    learns to correct it, so that its errors do not add up over a continuation."""
    perceptual_weight: float = 0.1
    """Weight of the perceptual distance to the next frame, as a fraction of that of repeating the frame; 0:
    off."""
    perceptual_interval: int = 4
    """Iterations between batches with the perceptual distance."""


@dataclasses.dataclass(frozen=True)
class NextFrameConfig(RunConfig):
    """One training of a next-frame model: what every run has, the frames, and the model."""

    resolution: tyro.conf.Suppress[int | None] = None
    channels: tyro.conf.Suppress[int | None] = None
    conditional: tyro.conf.Suppress[bool] = False
    init_from: tyro.conf.Suppress[str | None] = None
    evaluation: tyro.conf.Suppress[EvaluationConfig] = dataclasses.field(default_factory=EvaluationConfig)
    live: tyro.conf.Suppress[LiveConfig] = dataclasses.field(default_factory=LiveConfig)
    optim: NextFrameOptimConfig = NextFrameOptimConfig()
    """Optimizer."""

    generator: tyro.conf.Suppress[str] = resumable("")
    """Run folder of the generator, resolved."""
    generator_identity: tyro.conf.Suppress[str] = ""
    """Hash of its weights."""
    distance_identity: tyro.conf.Suppress[str] = ""
    """Name of the perceptual distance, with a hash of its weights; recipe latent only: frames are projected
    with it."""
    recipe: Literal["latent", "pixels"] = "latent"
    """latent: predict the step in w of projected frames. pixels: fine-tune the generator on latents made of
    area means of the frame and of the page."""
    fps: float = 12.0
    """Frames per second that are read from the videos and predicted."""
    hold_out_sec: float = 5.0
    """Last seconds of each video that are not trained on; `next-frame test` measures there."""
    add_residual: bool = True
    """Add what the generator cannot draw of the frame to the predicted one: frame + G(w next) - G(w); recipe
    latent only."""
    projection_steps: int = 300
    """Optimisation steps of the first frame after a cut; recipe latent, and the linear baseline."""
    projection_frame_steps: int = 48
    """Optimisation steps of each later frame, which starts from the frame before it."""

    model: LatentModelConfig = LatentModelConfig()
    """Model of recipe latent."""


def check_next_frame(config: NextFrameConfig) -> None:
    """Validate; raises InputError naming the first invalid flag."""
    check_run(config)
    rules = {"width": 1, "layers": 1, "perceptual_interval": 1, "input_noise": 0, "perceptual_weight": 0}
    values = {name: getattr(config.model, name) for name in rules}
    rules |= {"projection_steps": 1, "projection_frame_steps": 1, "hold_out_sec": 0}
    rules |= {"average_halflife_nimg": 0}
    for name in ("projection_steps", "projection_frame_steps", "hold_out_sec"):
        values[name] = getattr(config, name)
    values["average_halflife_nimg"] = config.optim.average_halflife_nimg
    for name, least in rules.items():
        if not (math.isfinite(values[name]) and values[name] >= least):
            flag = f"--{name.replace('_', '-')} {values[name]}"
            raise InputError(f"{flag}: must be at least {least}")
    per_call, interval = config.optim.iterations_per_dispatch, config.model.perceptual_interval
    if config.recipe == "latent" and config.model.perceptual_weight > 0 and interval % per_call:
        raise InputError(
            f"--perceptual-interval {interval}: must be a multiple of --iterations-per-dispatch {per_call}"
        )
    if not (math.isfinite(config.fps) and 0 < config.fps <= 240):
        raise InputError(f"--fps {config.fps:g}: must be above 0 and at most 240")
    if config.batch_size == "auto":
        raise InputError("--batch-size auto: must be a number")
    if config.optim.learning_rate == "auto":
        raise InputError("--learning-rate auto: must be a number")
