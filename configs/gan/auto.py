"""StyleGAN2 with every number chosen for the images and devices: the place to start with your own data.

Command: inkloop gan train auto --data DATASET --run RUN
Prints the chosen values and the reasons; each can be set with a flag.
Hardware: one GPU. On a CPU it learns at 32 px; see `small`. Time and result on a GPU: not yet run.
"""

from gan.augment.config import AugmentConfig
from gan.config import Stylegan2Config, TrainConfig, replace
from gan.config_fields import AUTO

CONFIG = replace(
    TrainConfig(),
    preset="auto",
    family="stylegan2",
    network=Stylegan2Config(base="latent", rgb_init_std=0.1),
    total_nimg=5_000_000,
    batch_size=AUTO,
    accumulate=AUTO,
    iterations_per_dispatch=4,
    learning_rate=AUTO,
    r1_gamma=AUTO,
    r1_gamma_final=AUTO,
    path_weight=2.0,
    style_mixing=0.9,
    augment=AugmentConfig(augment=AUTO, augment_p=AUTO),
    ema_halflife_nimg=AUTO,
    tick_nimg=4_000,
    snapshot_nimg=50_000,
    checkpoint_nimg=50_000,
)
