"""Colour for moving drawings.

    inkloop fill film walk.mp4 --out colored.mp4 --palette painting.png

A region that is gone for up to 15 frames, half a second, has its colour back: lines that break and close.
"""

from fill.config import FilmConfig

CONFIG = FilmConfig()
