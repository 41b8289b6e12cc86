"""StyleGAN2 small enough for a CPU: drawings at 32 to 64 px.

Command: inkloop gan train small --data DATASET --run RUN [--resolution 32]
Hardware and time: 2 CPU cores, about 54 images/s at 32 px beside other work; 30,000 images in 9 minutes.
Expected: letters of many alphabets (3,660 tiles of 32 px) go from 12,007 at the start to 1,078, 476, 590, 185
and 85 at every 6,000 images (floor 1.1): clean single strokes and rings, few of the more involved signs.
Preset `demo` stands at 604, 87, 65, 51 and 34 after as many, in less time: at this size and length styles do
not pay.
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
)
