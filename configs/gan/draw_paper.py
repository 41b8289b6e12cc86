"""DRAW as published for MNIST: 64 glimpses of 100 numbers, reads 2x2, writes 5x5; for a GPU.

Command: inkloop gan train draw-paper --data DOODLES --run RUN
Source: Gregor et al. 2015, table 3, which reports a bound of 80.97 nats on binarised MNIST, 87.40 without
attention (--read-size 0 --write-size 0). Not trained here to the end.
"""

from configs.gan.draw import CONFIG as DRAW
from gan.config import replace

CONFIG = replace(
    DRAW,
    preset="draw-paper",
    glimpses=64,
    glimpse_z=100,
    read_size=2,
    write_size=5,
    total_nimg=10_000_000,
    tick_nimg=10_000,
    snapshot_nimg=500_000,
    checkpoint_nimg=100_000,
)
