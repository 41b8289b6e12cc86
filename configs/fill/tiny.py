"""Twins of the presets for tests. Filling has no size of its own, so they add what is off by default."""

import dataclasses

from fill.config import FillConfig


def shrink(config: FillConfig) -> FillConfig:
    """The same fill, blended."""
    return dataclasses.replace(config, blend=True)
