"""Through seeds 0 to 3 on one smooth curve; name the seeds that you like with --seeds.

    inkloop animate keyframes RUN --out keyframes.mp4

60 s at 30 fps, 1800 frames.
"""

from animate.config import KeyframesConfig

CONFIG = KeyframesConfig(seeds=(0, 1, 2, 3))
