"""Twin of `blob` for tests: a page of a few hundred pixels gives a handful of tiles of 16 px."""

import dataclasses

from configs.data_prep import blob

CONFIG = dataclasses.replace(blob.CONFIG, dpi=75, tile_px=32, size=16)
