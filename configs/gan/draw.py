"""DRAW on one class of doodles of 28 px, on a CPU in minutes: 10 glimpses, 5x5 attention.

Command: inkloop gan train draw --data DOODLES --run RUN
Expected: after 20,000 apples of Quick, Draw! at --learning-rate 0.002 (200 updates) 200.5 nats on the 260
held-out doodles, and samples that are apples with blurred outlines and stalks. Not trained to the end here.
Settings: T 10, z 10, hidden 256, Adam 1e-3 with beta1 0.5, gradient norm at most 5, batch 100.
"""

from gan.config import replace
from gan.config.draw import DrawConfig

CONFIG = replace(
    DrawConfig(),
    preset="draw",
    total_nimg=300_000,
    tick_nimg=2_000,
    snapshot_nimg=50_000,
    checkpoint_nimg=20_000,
    grid_size=(8, 8),
)
