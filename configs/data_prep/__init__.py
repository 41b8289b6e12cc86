"""How pages are cut and pictures prepared, by name."""

from typing import Any

from configs.data_prep import blob, doodles, tiny

CONFIGS: dict[str, Any] = {"blob": blob.CONFIG, "doodles": doodles.CONFIG, "tiny": tiny.CONFIG}
