"""Specimen pages scanned at 300 dpi, as the door cuts them unless told otherwise.

Command: inkloop data-prep spec PAGES --out TILES
Gives: one tile of 256 px per specimen, reduced from a square of 384 px (1.5 cells) around it; 36 of a page
with 6 x 6 specimens. Pages of unknown resolution want --crop-px auto.
"""

from data_prep.specimen_pages import SpecConfig

CONFIG = SpecConfig(dpi=300, tile_px=256)
