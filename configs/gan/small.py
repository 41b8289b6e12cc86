"""StyleGAN2 small enough for a CPU: drawings and photos at 32 to 64 px.

Command: inkloop gan train small --data DATASET --run RUN [--resolution 32]
Hardware and time: 2 CPU cores; 175 images/s at 32 px, 85 at 64 px, half of that with other load.
Expected (distance at every 3,000 images): photos of apples (392, 64 px) go from 1,414 at the start to 86, 43,
46 and 37 (97, 42, 54, 48 with another seed); `demo` to 176, 172, 143 and 73. Letters (3,660, 32 px) go to
1,562, 855, 959 and 524; `demo` to 1,716, 364, 187 and 121. Traced membranes (12,393, 64 px) go to 1,110,
1,067, 658 and 144; `demo` to 407, 653, 214 and 135. All images of membranes have one layout of blots. With
gamma 1, the earlier value, they collapsed to blank paper.
Reason: the layout of every image starts from one learned constant. At first, styles change its strength and
colours, which is half of a photo but nothing of a web of lines; family progan makes the layout itself from
the latent.
Path length penalty and style mixing, which the larger presets use, are off: with both and gamma 1, letters
had 476 after 12,000 images, without mixing 351, without the penalty 233. Gamma 0.1 and 10 gave 644 and 399
there, four times the channels at 4 and 8 px 433, w of 512 numbers 532 (one seed each).
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
