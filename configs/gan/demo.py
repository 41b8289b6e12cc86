"""What `make demo` trains: webs of ink at 64 px, in minutes on two CPU cores.

Command: inkloop gan train demo --data DATASET --run RUN
Data: several thousand tiles of 384 px at 300 dpi, reduced to 64 px.
Hardware and time: 2 CPU cores, 70 to 95 images/s, 5 to 7 minutes.
Expected: webs of cells with the density and line width of the page, from 16,000 images on. On the sample
pages (10,248 tiles) the distance falls from 77,074 at the start to 784, 391 and 128 at every 6,000 images;
two halves of the reals have 1.0. With gamma 1, the earlier value, it fell to 361, 252, 125, 41 and 39.
Limits: variety. Many images have the same layout. With gamma 1, membranes traced at 256 px collapsed to blank
paper with two of four seeds; with 10 they do not (214 and 256 at 9,000 images). Without a collapse they
reached 50 at 30,000 and 11.6 at 36,000 (floor 1.7). Letters at --resolution 32 (3,660) go from 49,563 to 121
and 162 at 12,000, photos of apples (392) to 73.
Few channels at 64 px (16) and small batches: on a CPU the number of steps matters more than width.
"""

from gan.config import ProganConfig, TrainConfig, replace

CONFIG = replace(
    TrainConfig(),
    preset="demo",
    resolution=64,
    network=ProganConfig(z_dim=64, channel_base=1024, channel_max=64),
    total_nimg=30_000,
    batch_size=8,
    learning_rate=0.0025,
    r1_gamma=10.0,
    ema_halflife_nimg=1_000,
    ema_rampup=0.1,
    tick_nimg=800,
    snapshot_nimg=6_000,
    checkpoint_nimg=2_000,
    metric_images=1_024,
)
