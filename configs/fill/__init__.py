"""Checked-in fills: CONFIGS by name, TINY for tests; and named palettes."""

from configs.fill import blob, tiny
from configs.fill.palettes import DEFAULT_PALETTE, PALETTES
from fill.config import BlobConfig

__all__ = ["CONFIGS", "DEFAULT_PALETTE", "PALETTES", "TINY"]

CONFIGS: dict[str, BlobConfig] = {"blob": blob.CONFIG}
TINY: dict[str, BlobConfig] = {"blob": tiny.CONFIG}
