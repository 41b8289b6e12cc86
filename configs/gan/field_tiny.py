"""Family `field` for tests: a generator without a frame that trains for seconds on any small dataset.

Command: inkloop gan train field-tiny --data DATASET --run RUN
Expected: grey blobs. It tests the code, not the quality.
"""

from configs.gan import tiny
from gan.config import FieldConfig, replace

CONFIG = replace(
    tiny.CONFIG,
    preset="field-tiny",
    family="field",
    network=FieldConfig(
        cell_px=4, global_dim=8, local_dim=8, trunk_layers=1, statistics=2, channel_base=256, channel_max=16
    ),
)
