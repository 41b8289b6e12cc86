"""Training presets: `inkloop gan train NAME`."""

from configs.gan import blob_256, blob_512, blob_1024, demo, tiny
from gan.config import TrainConfig

CONFIGS: dict[str, TrainConfig] = {
    module.CONFIG.preset: module.CONFIG for module in (tiny, demo, blob_256, blob_512, blob_1024)
}
