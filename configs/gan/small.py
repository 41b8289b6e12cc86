"""StyleGAN2 small enough for a CPU: drawings and photos at 32 to 64 px.

Command: inkloop gan train small --data DATASET --run RUN [--resolution 32]
Hardware and time: 2 CPU cores; 170 images/s at 32 px and 50 at 64 px beside other work, as `demo`.
Expected, with gamma 1, which it had until then: photos of apples (392, 64 px) go from 1,414 at the start to
124, 53, 64 and 65 at every 3,000 images, where `demo` stands at 227, 241, 145 and 138. Letters (3,660, 32 px)
go to 1,616, 515, 413 and 223; `demo` to 1,036, 604, 174 and 87. Traced membranes (12,393, 64 px) collapsed to
blank paper, 1,237; with gamma 10, which it has now, they go to 1,110, 1,067 and 658 at 9,000 images, where
`demo` stands at 214.
Why: the layout of every picture starts from one learned constant. Styles at first change how strong it comes
out, and in which colours, which is half of a photo and nothing of a web of lines; family progan makes the
layout itself of the latent. Without the path length penalty and style mixing, which the larger presets have:
with both, letters stood at 476 after 12,000 images, without mixing at 351, without the penalty at 233. Gamma
0.1 and 10 gave 644 and 399 there, four times the channels at 4 and 8 px 433, w of 512 numbers 532 (one seed
each).
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
