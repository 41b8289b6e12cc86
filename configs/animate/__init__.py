"""Checked-in paths: CONFIGS, one preset per style, and TINY, their twins of a second or less."""

from animate.config import PathConfig
from configs.animate import (
    bezier,
    bitloop,
    circle,
    keyframes,
    noise_loop,
    period,
    phase,
    random_points,
    tiny,
    zigzag,
)

CONFIGS: dict[str, PathConfig] = {
    "random": random_points.CONFIG,
    "zigzag": zigzag.CONFIG,
    "bezier": bezier.CONFIG,
    "bitloop": bitloop.CONFIG,
    "period": period.CONFIG,
    "phase": phase.CONFIG,
    "keyframes": keyframes.CONFIG,
    "circle": circle.CONFIG,
    "noise-loop": noise_loop.CONFIG,
}
TINY = {style: tiny.shrink(config) for style, config in CONFIGS.items()}
