"""Through seeds 0 to 3 on one smooth curve; name what you like with --keys.

    inkloop animate keyframes RUN --out keyframes.mp4

60 s at 30 fps, 1800 frames.
"""

from animate.keyframes_config import KeyframesConfig

CONFIG = KeyframesConfig(keys=("0-3",))
