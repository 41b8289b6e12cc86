"""Ink webs at 256 px: blob tiles of one cell at 300 dpi.

Data: inkloop data-prep blob PAGES --out DATASET --tile-px 256 --steps 4
Command: inkloop gan train blob-256 --data DATASET --run RUN
Hardware: one GPU with 24 GB or more. Time and result: not yet run.
The losses are those of `demo`, cells, parts and gamma in proportion to the scale of the web.
"""

from gan.config import FieldConfig, TrainConfig, replace

CONFIG = replace(
    TrainConfig(),
    preset="blob-256",
    family="field",
    resolution=256,
    network=FieldConfig(cell_px=32, global_dim=32, local_dim=16, trunk_layers=4, crop_px=128, statistics=3),
    total_nimg=5_000_000,
    batch_size=32,
    iterations_per_dispatch=4,
    learning_rate=0.0025,
    learning_rate_final=0.0006,
    loss="relativistic",
    r1_gamma=40.0,
    r1_gamma_final=4.0,
    r2_gamma="same",
    r1_interval=4,
    ema_halflife_nimg=10_000,
    tick_nimg=4_000,
    snapshot_nimg=100_000,
    checkpoint_nimg=50_000,
    keep_every_nimg=1_000_000,
)
