"""The styles: each a function `(key, config, *, at=None) -> latents [T, D]` float32, pure, in z.

`at` [T] float64 in [0, 1] evaluates the curve where it is wanted; by default once per frame. Only `random`
is no curve and has no `at`.
"""

from collections.abc import Callable

import jax

from animate.config import (
    BezierConfig,
    BitloopConfig,
    CircleConfig,
    NoiseLoopConfig,
    PathConfig,
    PeriodConfig,
    PhaseConfig,
    RandomConfig,
    ZigzagConfig,
)
from animate.keyframes_config import KeyframesConfig
from animate.paths.bezier import bezier
from animate.paths.bitloop import bitloop
from animate.paths.circle import circle
from animate.paths.keyframes import keyframes
from animate.paths.noise_loop import noise_loop
from animate.paths.period import period
from animate.paths.phase import phase
from animate.paths.random_points import random_points
from animate.paths.zigzag import zigzag

PATHS: dict[str, tuple[type[PathConfig], Callable[..., jax.Array]]] = {
    "random": (RandomConfig, random_points),
    "zigzag": (ZigzagConfig, zigzag),
    "bezier": (BezierConfig, bezier),
    "bitloop": (BitloopConfig, bitloop),
    "period": (PeriodConfig, period),
    "phase": (PhaseConfig, phase),
    "keyframes": (KeyframesConfig, keyframes),
    "circle": (CircleConfig, circle),
    "noise-loop": (NoiseLoopConfig, noise_loop),
}
