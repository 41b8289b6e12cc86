"""Training presets: `inkloop gan train NAME`."""

from configs.gan import (
    auto,
    blob_256,
    blob_512,
    blob_1024,
    demo,
    draw,
    draw_paper,
    draw_tiny,
    field_tiny,
    photos,
    small,
    stylegan2_tiny,
    tiny,
)
from gan.config import TrainConfig
from gan.config.draw import DrawConfig

_PRESETS = (tiny, stylegan2_tiny, field_tiny, demo, small, photos, auto, blob_256, blob_512, blob_1024)
CONFIGS: dict[str, TrainConfig] = {module.CONFIG.preset: module.CONFIG for module in _PRESETS}
_DRAW = (draw_tiny, draw, draw_paper)
DRAW_CONFIGS: dict[str, DrawConfig] = {module.CONFIG.preset: module.CONFIG for module in _DRAW}
ABOUT: dict[str, str] = {
    module.CONFIG.preset: str(module.__doc__).split("\n", 1)[0] for module in (*_PRESETS, *_DRAW)
}
"""Preset -> one line about it."""
