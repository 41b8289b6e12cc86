"""Configuration of the training of DRAW, a recurrent network that draws doodles. Values are in configs/gan.

This module imports no jax, so that the CLI prints help at once.
"""

import dataclasses
import math
from typing import Annotated, Literal

import tyro

from data_prep.errors import InputError
from gan.config.checks import check_run
from gan.config.run import EvaluationConfig, LiveConfig, OptimConfig, RunConfig
from gan.config_fields import resumable

Ink = Literal["auto", "dark", "light"]
Where = Literal["edges", "anywhere"]
MOST_PX = 128  # side of images: the canvas is one dense layer per glimpse without attention


@dataclasses.dataclass(frozen=True)
class DrawNetworkConfig:
    """Networks of DRAW."""

    glimpses: int = 10
    """Glimpses T in which an image is drawn."""
    glimpse_z: int = 10
    """Numbers of z per glimpse; the latent of an image has glimpses times as many."""
    hidden: int = 256
    """Units of each of the two LSTMs."""
    read_size: int = 5
    """Side N of the grid of N x N filters that reads a glimpse; 0: read whole images, without attention."""
    write_size: int = 5
    """Side of the grid of filters that writes; 0: write the whole canvas, without attention."""
    binarise: bool = True
    """Threshold images at 0.5, so that the nats are a bound on the log-likelihood; else grey values are
    probabilities of ink."""
    ink: Ink = "auto"
    """Ink of the images: dark on light, or light on dark; auto: detected from the images."""


@dataclasses.dataclass(frozen=True)
class DrawOptimConfig(OptimConfig):
    """Adam on a clipped gradient, without what only a GAN has."""

    learning_rate: float = resumable(0.001)
    """Learning rate of Adam."""
    learning_rate_final: tyro.conf.Suppress[float | None] = None
    beta1: float = 0.5
    """Adam's first-moment decay per iteration."""
    beta2: float = 0.999
    """Adam's second-moment decay per iteration."""
    beta2_final: tyro.conf.Suppress[float | None] = None
    weight_decay: tyro.conf.Suppress[float] = 0.0
    schedule_nimg: tyro.conf.Suppress[int | None] = None
    accumulate: tyro.conf.Suppress[int] = 1
    freeze_d: tyro.conf.Suppress[int] = 0
    clip_norm: float = resumable(5.0)
    """Largest norm of the gradient of all parameters together; a longer gradient is shortened to it."""


@dataclasses.dataclass(frozen=True)
class DrawConfig(RunConfig):
    """One training of DRAW: what every run has, the doodles, and the networks."""

    batch_size: int = 100
    """Global batch over all devices, a multiple of their number."""
    compute_dtype: tyro.conf.Suppress[Literal["auto", "float32", "bfloat16"]] = "float32"
    init_from: tyro.conf.Suppress[str | None] = None
    live: tyro.conf.Suppress[LiveConfig] = dataclasses.field(default_factory=LiveConfig)
    evaluation: EvaluationConfig = dataclasses.field(
        default_factory=lambda: EvaluationConfig(metric_images=0)
    )
    """Evaluation of snapshots."""
    optim: DrawOptimConfig = DrawOptimConfig()
    """Optimizer."""

    class_name: Annotated[str | None, tyro.conf.arg(name="class")] = None
    """Class of the dataset to train on, by name or number; None: all."""
    hold_out: float = 0.1
    """Fraction of the doodles that are not trained on; their bound is in the log too."""
    hold_out_interval: int = 10
    """Iterations between batches of held-out doodles."""
    draw: DrawNetworkConfig = DrawNetworkConfig()
    """Networks."""


@dataclasses.dataclass(frozen=True)
class PostprocessConfig:
    """What is done to drawn images, in this order."""

    sharpen: bool = False
    """Add half the difference to the mean of the eight neighbours."""
    edge_enhance: bool = False
    """Add four times the difference to the mean of the eight neighbours."""
    antialias: bool = False
    """Enlarge to twice the size by cubic interpolation, with smooth edges."""
    invert: bool = False
    """Swap dark and light."""


def check_draw(config: DrawConfig) -> None:
    """Validate; raises InputError naming the first invalid flag."""
    check_run(config)
    net, per_call = config.draw, config.optim.iterations_per_dispatch
    for name in ("glimpses", "glimpse_z", "hidden"):
        if getattr(net, name) < 1:
            raise InputError(f"{_flag(name)} {getattr(net, name)}: must be at least 1")
    for name in ("read_size", "write_size"):
        value = getattr(net, name)
        if value < 0 or value == 1:
            raise InputError(f"{_flag(name)} {value}: must be at least 2, or 0 for no attention")
    clip_norm, hold_out, interval = config.optim.clip_norm, config.hold_out, config.hold_out_interval
    if not (math.isfinite(clip_norm) and clip_norm > 0):
        raise InputError(f"--clip-norm {clip_norm:g}: must be above 0")
    if not 0 <= hold_out < 1:
        raise InputError(f"--hold-out {hold_out:g}: must be from 0 to below 1")
    if interval < 1 or interval % per_call:
        raise InputError(f"--hold-out-interval {interval}: must be a multiple of {per_call}, at least 1")


def check_doodle_shape(config: DrawConfig, shape: tuple[int, int, int]) -> None:
    """Validate that networks of `config` can be built for images of `shape` (H, W, C); raises InputError."""
    height, width, channels = shape
    if config.resolution not in (None, min(height, width)):
        raise InputError(
            f"--resolution {config.resolution}: the dataset's images are {height} x {width} px; make a "
            f"dataset that fits: inkloop data-prep doodles --size {config.resolution}"
        )
    if channels != 1 or config.channels not in (None, 1):
        raise InputError(
            f"the dataset's images have {channels} channels; DRAW draws grey images: make a dataset with "
            "inkloop data-prep pack --mode gray"
        )
    if max(height, width) > MOST_PX:
        raise InputError(
            f"the dataset's images are {height} x {width} px; DRAW draws up to {MOST_PX} px: make a "
            "dataset with inkloop data-prep doodles --size 28"
        )
    for name in ("read_size", "write_size"):
        value = getattr(config.draw, name)
        if value > min(height, width):
            raise InputError(
                f"{_flag(name)} {value}: must be at most {min(height, width)}, the side of images"
            )


def _flag(name: str) -> str:
    return f"--{name.replace('_', '-')}"
