"""Colour for symmetric specimens.

    inkloop fill spec SPECIMENS --out colored --palette painting.png

One specimen to an image, as `inkloop data-prep spec` cuts them. Paper above luminance 208 keeps the grey
tones of engravings in the ink; a 64th of the side around them is margin, where neighbours may look in.
"""

from fill.config import SpecConfig

CONFIG = SpecConfig()
