"""Ink webs at 256 px: blob tiles of one cell at 300 dpi.

Data: inkloop data-prep blob PAGES --out DATASET --tile-px 256 --steps 4
Command: inkloop gan train blob-256 --data DATASET --run RUN
Hardware: one GPU with 24 GB or more. Time and result: not yet run.
"""

from gan.config import ProganConfig, TrainConfig, replace

CONFIG = replace(
    TrainConfig(),
    preset="blob-256",
    resolution=256,
    network=ProganConfig(),
    total_nimg=5_000_000,
    batch_size=32,
    iterations_per_dispatch=4,
    learning_rate=0.0025,
    r1_gamma=0.4,  # 0.0002 * pixels / batch, in the [-1, 1] convention
    ema_halflife_nimg=10_000,
    tick_nimg=4_000,
    snapshot_nimg=100_000,
    checkpoint_nimg=50_000,
    keep_every_nimg=1_000_000,
)
