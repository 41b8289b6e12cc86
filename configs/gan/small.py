"""StyleGAN2 small enough for a CPU: drawings at 32 to 64 px.

Command: inkloop gan train small --data DATASET --run RUN [--resolution 32]
Hardware and time: 2 CPU cores; 12,000 images of 32 px in a few minutes.
Expected (distance at 6,000 and 12,000 images, seeds 0 and 1): letters (3,660, 32 px) go to 387 and 65, 623
and 80, with layout 1.04 and 1.03, nearest 0.82 and 0.72; most resemble letters, each another one. Seed 0
with batches of 8, the logistic loss and R1 alone (gamma 10, every 16 iterations) had 683 and 203, nearest
0.66, strokes but no letters; with batches of 4 and that loss, 594 and 131, nearest 0.70. With one learned
constant in place of the base of the latent, noise inputs and to-RGB kernels of standard deviation 1 it had
855 (at 6,000) and 524, one ring, larger or smaller. Photos of apples (392, 64 px) had 126 and 102 at 3,000
and 6,000 with batches of 8: preset `photos` is better for them.
Reasons: with a learned constant, styles change its strength and colours at first, which is half of a photo
but nothing of a drawing; a base of the latent makes the layout from the start. Steps matter more than images
per step. Pairs of real and generated images with penalties on both keep more different letters.
Path length penalty and style mixing, which `auto` uses, are off: with both and gamma 1, letters had 476 after
12,000 images, without mixing 351, without the penalty 233 (with the constant and batches of 8, one seed
each).
"""

from gan.config import Stylegan2Config, TrainConfig, replace

CONFIG = replace(
    TrainConfig(),
    preset="small",
    family="stylegan2",
    network=Stylegan2Config(
        z_dim=64,
        w_dim=64,
        channel_base=1024,
        channel_max=64,
        minibatch_group=4,
        base="latent",
        rgb_init_std=0.1,
        noise="none",
    ),
    total_nimg=30_000,
    batch_size=4,
    learning_rate=0.0025,
    loss="relativistic",
    r1_gamma=3.0,
    r2_gamma="same",
    r1_interval=4,
    ema_halflife_nimg=1_000,
    ema_rampup=0.1,
    tick_nimg=800,
    snapshot_nimg=6_000,
    checkpoint_nimg=2_000,
    metric_images=1_024,
)
