"""StyleGAN2 small enough for a CPU: drawings at 32 to 64 px.

Command: inkloop gan train small --data DATASET --run RUN [--resolution 32]
Hardware and time: 2 CPU cores; see below.
"""

import dataclasses

from configs.gan import demo
from gan.config import Stylegan2Config

CONFIG = dataclasses.replace(
    demo.CONFIG,
    preset="small",
    family="stylegan2",
    resolution=None,
    network=Stylegan2Config(z_dim=64, w_dim=64, channel_base=1024, channel_max=64, minibatch_group=4),
    path_weight=2.0,
    style_mixing=0.9,
)
