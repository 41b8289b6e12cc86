"""What `make demo` trains: webs of ink at 64 px, in minutes on two CPU cores.

Command: inkloop gan train demo --data DATASET --run RUN
"""

from gan.config import FieldConfig, TrainConfig, replace

CONFIG = replace(
    TrainConfig(),
    preset="demo",
    family="field",
    resolution=64,
    network=FieldConfig(
        cell_px=8, global_dim=16, local_dim=8, trunk_layers=3, crop_px=32, channel_base=1024, channel_max=64
    ),
    total_nimg=40_000,
    batch_size=8,
    learning_rate=0.0025,
    learning_rate_final=0.0006,
    loss="relativistic",
    r1_gamma=10.0,
    r1_gamma_final=1.0,
    r2_gamma="same",
    r1_interval=4,
    ema_halflife_nimg=1_000,
    ema_rampup=0.1,
    tick_nimg=800,
    snapshot_nimg=8_000,
    checkpoint_nimg=4_000,
    metric_images=1_024,
)
