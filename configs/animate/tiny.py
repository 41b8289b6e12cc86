"""Twins of the presets for tests: 24 frames, 6 latent dimensions, 3 segments or 2 cycles."""

import dataclasses
from typing import Any

from animate.config import PathConfig

SMALL: dict[str, Any] = {"frames": 24, "latent_size": 6, "segments": 3, "keys": ("0-2",), "cycles": 2.0}


def shrink(config: PathConfig) -> PathConfig:
    """The same style with `SMALL` in place of its own sizes."""
    fields = {field.name for field in dataclasses.fields(config)}
    return dataclasses.replace(config, **{name: value for name, value in SMALL.items() if name in fields})
