"""Twenty flowing curves of 3 s each: the usual film.

    inkloop animate bezier RUN --out bezier.mp4

60 s at 30 fps, 1800 frames.
"""

from animate.config import BezierConfig

CONFIG = BezierConfig(segments=20)
