"""Every dimension once a minute, each with its own start: slow and never at rest.

    inkloop animate phase RUN --out phase.mp4

60 s at 30 fps, 1800 frames.
"""

from animate.config import PhaseConfig

CONFIG = PhaseConfig()
