"""A new picture in every frame: flicker, or a contact sheet in time.

    inkloop animate random RUN --out random.mp4

60 s at 30 fps, 1800 frames.
"""

from animate.config import RandomConfig

CONFIG = RandomConfig()
