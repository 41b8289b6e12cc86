"""Training of a next-frame model on the frames of a clip.

Command: inkloop gan next-frame train GAN VIDEO --tags tags.json --pages PAGES --run RUN
"""

from gan.config import replace
from gan.config.next_frame import NextFrameConfig

CONFIG = replace(
    NextFrameConfig(),
    preset="next-frame",
    total_nimg=60_000,
    batch_size=32,
    learning_rate=0.001,
    beta1=0.9,
    beta2=0.99,
    weight_decay=0.01,
    tick_nimg=2_000,
    snapshot_nimg=20_000,
    checkpoint_nimg=10_000,
    grid_size=(2, 8),
)
