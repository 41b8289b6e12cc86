"""Twenty straight lines of 3 s each: steady, with a visible turn at every point.

    inkloop animate zigzag RUN --out zigzag.mp4

60 s at 30 fps, 1800 frames.
"""

from animate.config import ZigzagConfig

CONFIG = ZigzagConfig(segments=20)
