"""Every second dimension swings once: slow, to and fro, the rest of the drawing stands.

    inkloop animate bitloop RUN --out bitloop.mp4

60 s at 30 fps, 1800 frames.
"""

from animate.config import BitloopConfig

CONFIG = BitloopConfig(bits="10")
