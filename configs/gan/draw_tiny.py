"""A training of DRAW that fits in a test: seconds on a CPU, any small doodles.

Command: inkloop gan train draw-tiny --data DOODLES --run RUN
Hardware and time: 2 CPU cores, seconds, most of them for compilation.
Expected: grey blobs, not drawings. It tests the code, not the quality.
"""

from gan.config import replace
from gan.config.draw import DrawConfig

CONFIG = replace(
    DrawConfig(),
    preset="draw-tiny",
    glimpses=3,
    glimpse_z=2,
    hidden=16,
    read_size=2,
    write_size=3,
    hold_out_interval=2,
    total_nimg=256,
    batch_size=16,
    tick_nimg=64,
    snapshot_nimg=128,
    checkpoint_nimg=64,
    grid_size=(4, 2),
)
