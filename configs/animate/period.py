"""Every dimension at its own tempo, up to 60 cycles a minute: a restless crowd of motions.

    inkloop animate period RUN --out period.mp4

60 s at 30 fps, 1800 frames.
"""

from animate.config import PeriodConfig

CONFIG = PeriodConfig()
