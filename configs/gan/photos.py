"""StyleGAN2 small enough for a CPU, for photos at 32 to 64 px.

Command: inkloop gan train photos --data DATASET --run RUN
Hardware and time: 2 CPU cores; 85 images/s at 64 px, half of that with other load.
Expected: photos of apples (392, 64 px) go from 1,414 at the start to 86, 43, 46 and 37 at every 3,000 images
(97, 42, 54, 48 with another seed); a base of the latent
without noise gives 126 and 102 at 3,000 and 6,000; the present settings of `small` were not run.
Reason: photos of one thing have a common layout, which a learned constant holds from the start.
"""

from configs.gan import small
from gan.config import replace

CONFIG = replace(
    small.CONFIG,
    preset="photos",
    base="const",
    noise="all",
    rgb_init_std=1.0,
    batch_size=8,
    loss="logistic",
    r1_gamma=10.0,
    r2_gamma=0.0,
    r1_interval=16,
)
"""`small` with the learned constant, noise inputs, to-RGB kernels and loss of imported networks."""
