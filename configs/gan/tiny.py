"""A training run that fits in a test: seconds on a CPU, any small dataset.

Command: inkloop gan train tiny --data DATASET --run RUN
Hardware and time: 2 CPU cores, seconds, most of them for compilation.
Expected: grey blobs, not drawings. It tests the code, not the quality.
"""

from gan.config import ProganConfig, TrainConfig, replace

CONFIG = replace(
    TrainConfig(),
    preset="tiny",
    network=ProganConfig(z_dim=16, channel_base=256, channel_max=16),
    total_nimg=256,
    batch_size=8,
    r1_gamma=1.0,
    r1_interval=4,
    ema_halflife_nimg=64,
    tick_nimg=64,
    snapshot_nimg=128,
    checkpoint_nimg=64,
    metric_images=32,
    grid_size=(4, 2),
)
