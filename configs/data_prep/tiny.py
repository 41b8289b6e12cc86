"""Twins of the presets for tests: from pages and pictures of a few hundred pixels, tiles of 16 to 64 px."""

import dataclasses
from typing import Any

from configs.data_prep import blob, dedupe, doodles, photos, scans, spec

TWINS: dict[str, Any] = {
    "blob": dataclasses.replace(blob.CONFIG, dpi=75, tile_px=32, size=16),
    "dedupe": dataclasses.replace(dedupe.CONFIG, max_megapixels=1),
    "doodles": dataclasses.replace(doodles.CONFIG, size=16),
    "photos": dataclasses.replace(photos.CONFIG, size=32),
    "scans": dataclasses.replace(scans.CONFIG, max_megapixels=1),
    "spec": dataclasses.replace(spec.CONFIG, crop_px=160, tile_px=64),
}
