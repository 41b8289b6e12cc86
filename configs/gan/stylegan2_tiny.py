"""Small version of `auto` for tests: StyleGAN2 networks that train for seconds on any small dataset.

Command: inkloop gan train stylegan2-tiny --data DATASET --run RUN
Expected: grey blobs. It tests the code, not the quality.
"""

from configs.gan import tiny
from gan.config import Stylegan2Config, replace

CONFIG = replace(
    tiny.CONFIG,
    preset="stylegan2-tiny",
    family="stylegan2",
    network=Stylegan2Config(z_dim=16, w_dim=16, channel_base=256, channel_max=16, minibatch_group=4),
    path_weight=2.0,
    path_interval=2,
    style_mixing=0.9,
)
