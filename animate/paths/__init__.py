"""Latent paths. `PATHS` maps a style to (config type, function `(key, config, *, at=None) -> latents`).

A new style is one function and one entry of `PATHS`; `inkloop animate STYLE` and timelines read the table.
Importing this package imports no jax: the built-in functions, in `styles` and `keyframes`, are imported when
first called.
"""

import importlib
from collections.abc import Callable
from typing import Any

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
from animate.paths.keyframes_config import KeyframesConfig

PathFunction = Callable[..., Any]
"""(key, config, *, at=None) -> latents [T, D] float32 in z, at positions `at` [T] in [0, 1]."""


def _style(name: str, module: str = "styles") -> PathFunction:
    def path(key: Any, config: Any, **options: Any) -> Any:
        return getattr(importlib.import_module(f"animate.paths.{module}"), name)(key, config, **options)

    return path


PATHS: dict[str, tuple[type[PathConfig], PathFunction]] = {
    "random": (RandomConfig, _style("random_points")),
    "zigzag": (ZigzagConfig, _style("zigzag")),
    "bezier": (BezierConfig, _style("bezier")),
    "bitloop": (BitloopConfig, _style("bitloop")),
    "period": (PeriodConfig, _style("period")),
    "phase": (PhaseConfig, _style("phase")),
    "keyframes": (KeyframesConfig, _style("keyframes", module="keyframes")),
    "circle": (CircleConfig, _style("circle")),
    "noise-loop": (NoiseLoopConfig, _style("noise_loop")),
}
