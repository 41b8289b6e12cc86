"""How pages are cut, by name."""

from configs.data_prep import blob, tiny

CONFIGS = {"blob": blob.CONFIG, "tiny": tiny.CONFIG}
