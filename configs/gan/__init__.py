"""Training presets: `inkloop gan train NAME`."""

from configs.gan import (
    auto,
    blob_256,
    blob_512,
    blob_1024,
    demo,
    field_tiny,
    photos,
    small,
    stylegan2_tiny,
    tiny,
)
from gan.config import TrainConfig

_PRESETS = (tiny, stylegan2_tiny, field_tiny, demo, small, photos, auto, blob_256, blob_512, blob_1024)
CONFIGS: dict[str, TrainConfig] = {module.CONFIG.preset: module.CONFIG for module in _PRESETS}
ABOUT: dict[str, str] = {module.CONFIG.preset: str(module.__doc__).split("\n", 1)[0] for module in _PRESETS}
"""Preset -> one line about it."""
