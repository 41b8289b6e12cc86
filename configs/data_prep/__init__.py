"""How pages are cut and pictures prepared: CONFIGS by name, TINY, their twins for tests."""

from typing import Any

from configs.data_prep import blob, dedupe, doodles, photos, scans, spec, tiny

CONFIGS: dict[str, Any] = {
    "blob": blob.CONFIG,
    "dedupe": dedupe.CONFIG,
    "doodles": doodles.CONFIG,
    "photos": photos.CONFIG,
    "scans": scans.CONFIG,
    "spec": spec.CONFIG,
}
TINY: dict[str, Any] = tiny.TWINS
