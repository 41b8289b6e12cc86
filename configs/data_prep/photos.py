"""Photos to squares of 256 px, the middle of each, as the door cuts them unless told otherwise.

Command: inkloop data-prep photos PHOTOS --out TILES
Gives: one RGB square per photo whose shorter side is 256 px or more; smaller ones are left out.
"""

from data_prep.photos import PhotosConfig

CONFIG = PhotosConfig(size=256)
