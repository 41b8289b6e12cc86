"""Path presets: CONFIGS, one per style, 60 s at 30 fps (1,800 frames); TINY, 24-frame versions for tests.

inkloop animate STYLE RUN --out OUT.mp4
"""

import dataclasses
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
from animate.flight_config import FlightConfig
from animate.paths.keyframes_config import KeyframesConfig

CONFIGS: dict[str, PathConfig] = {
    # A new image in every frame: flicker, or a contact sheet in time.
    "random": RandomConfig(),
    # Twenty straight lines of 3 s each, with a visible turn at every point.
    "zigzag": ZigzagConfig(segments=20),
    # Twenty smooth curves of 3 s each: the usual video.
    "bezier": BezierConfig(segments=20),
    # Every second dimension oscillates once; the others stand still.
    "bitloop": BitloopConfig(bits="10"),
    # Every dimension at its own frequency, up to 60 cycles a minute.
    "period": PeriodConfig(),
    # Every dimension once a minute, each with its own phase: slow and never at rest.
    "phase": PhaseConfig(),
    # Through seeds 0 to 3 on one smooth curve; --keys chooses others.
    "keyframes": KeyframesConfig(keys=("0-3",)),
    # Once around a circle whose radius is the length of normal latents: the most even motion.
    "circle": CircleConfig(),
    # Smooth closed noise: about eight images a minute, no rhythm, no corners.
    "noise-loop": NoiseLoopConfig(),
}
# A straight flight of 30 s, 200 px a second; a clip crosses about five screens.
FLIGHT = FlightConfig()
_SMALL: dict[str, Any] = {"frames": 24, "latent_size": 6, "segments": 3, "keys": ("0-2",), "cycles": 2.0}


def _shrink(config: PathConfig) -> PathConfig:
    fields = {field.name for field in dataclasses.fields(config)}
    return dataclasses.replace(config, **{name: value for name, value in _SMALL.items() if name in fields})


TINY = {style: _shrink(config) for style, config in CONFIGS.items()}
