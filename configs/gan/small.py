"""StyleGAN2 small enough for a CPU: drawings at 32 to 64 px.

Command: inkloop gan train small --data DATASET --run RUN [--resolution 32]
Hardware and time: 2 CPU cores; 175 images/s at 32 px, 85 at 64 px, half of that with other load.
Expected (distance at every 3,000 images, seed 0): letters (3,660, 32 px) go to 1,867, 683, 359 and 203, each
a stroke of its own (layout 1.19, nearest 0.66), not yet a letter. With one learned constant in place of
the base of the latent, with noise inputs and to-RGB kernels of standard deviation 1 they went to 1,562, 855,
959 and 524, one ring, larger or smaller, and traced membranes (12,393, 64 px) to 1,110, 1,067, 658 and 144,
in one layout of blots; membranes were not run with the present settings. Photos of apples (392, 64 px) have
126 and 102 at 3,000 and 6,000: preset `photos` is better for them.
Reason: with a learned constant, styles change its strength and colours at first, which is half of a photo but
nothing of a drawing; a base of the latent makes the layout from the start.
Path length penalty and style mixing, which `auto` uses, are off: with both and gamma 1, letters had 476 after
12,000 images, without mixing 351, without the penalty 233 (with the constant, one seed each).
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
