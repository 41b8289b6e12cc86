"""Quick drawings at 64 px, dark on light, as the door makes them unless told otherwise.

Command: inkloop data-prep doodles STROKES --out TILES
Gives: tiles of 64 px, lines 2 px wide, 4 px of paper around the drawing; one label per class.
"""

from data_prep.doodles import DoodlesConfig

CONFIG = DoodlesConfig(size=64)
