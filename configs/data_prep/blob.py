"""Blob pages scanned at 300 dpi, as the door cuts them unless told otherwise.

Command: inkloop data-prep blob PAGES --out TILES
Gives: tiles of 256 px, 128 px apart; 748 of a page with 12 x 18 cells (11 x 16 inches).
"""

from data_prep.blob_pages import BlobConfig

CONFIG = BlobConfig(dpi=300, tile_px=256, steps=2)
