"""Once round a circle at the distance of drawn latents: the evenest motion of all.

    inkloop animate circle RUN --out circle.mp4

60 s at 30 fps, 1800 frames.
"""

from animate.config import CircleConfig

CONFIG = CircleConfig()
