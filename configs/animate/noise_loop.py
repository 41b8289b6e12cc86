"""Smooth noise that closes: about eight pictures a minute, no tempo, no corners.

    inkloop animate noise-loop RUN --out noise.mp4

60 s at 30 fps, 1800 frames.
"""

from animate.config import NoiseLoopConfig

CONFIG = NoiseLoopConfig()
