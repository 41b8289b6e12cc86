"""How pages are cut and pictures prepared, by name."""

from typing import Any

from configs.data_prep import blob, doodles, photos, spec, tiny

CONFIGS: dict[str, Any] = {
    "blob": blob.CONFIG,
    "doodles": doodles.CONFIG,
    "photos": photos.CONFIG,
    "spec": spec.CONFIG,
    "tiny": tiny.CONFIG,
}
