"""Checked-in fills: CONFIGS by name, TINY for tests; and named palettes."""

from configs.fill import blob, film, spec, tiny
from configs.fill.palettes import DEFAULT_PALETTE, PALETTES
from fill.config import FillConfig

__all__ = ["CONFIGS", "DEFAULT_PALETTE", "PALETTES", "TINY"]

CONFIGS: dict[str, FillConfig] = {"blob": blob.CONFIG, "spec": spec.CONFIG, "film": film.CONFIG}
TINY: dict[str, FillConfig] = {name: tiny.shrink(config) for name, config in CONFIGS.items()}
