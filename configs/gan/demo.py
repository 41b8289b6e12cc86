"""What `make demo` trains: webs of ink at 64 px, minutes on two CPU cores.

Command: inkloop gan train demo --data DATASET --run RUN
Data: tiles of 384 px at 300 dpi, reduced to 64 px; some thousand of them.
Few channels at 64 px (16) and small batches: on a CPU the number of steps decides, not their breadth.
"""

from gan.config import ProganConfig, TrainConfig

CONFIG = TrainConfig(
    preset="demo",
    resolution=64,
    network=ProganConfig(z_dim=64, channel_base=1024, channel_max=64),
    total_nimg=36_000,
    batch_size=8,
    learning_rate=0.0025,
    r1_gamma=1.0,
    ema_halflife_nimg=1_000,
    ema_rampup=0.1,
    tick_nimg=800,
    snapshot_nimg=6_000,
    checkpoint_nimg=2_000,
    metric_images=1_024,
)
