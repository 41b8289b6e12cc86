"""Dataset presets: CONFIGS by command, each the defaults of its flags; TINY, small versions for tests."""

import dataclasses
from typing import Any

from data_prep.comics.frames import FramesConfig
from data_prep.comics.pages import ComicConfig
from data_prep.pages.scans import ScansConfig
from data_prep.sources.dedupe import DedupeConfig
from data_prep.sources.doodles import DoodlesConfig
from data_prep.sources.photos import PhotosConfig
from data_prep.specimens.pages import SpecConfig
from data_prep.tiles.blob_plan import BlobConfig
from data_prep.video.cuts import CutsConfig

CONFIGS: dict[str, Any] = {
    # Pages scanned at 300 dpi: tiles of 256 px, 128 px apart; 748 of a page with 12 x 18 cells (11 x 16 in).
    "blob": BlobConfig(dpi=300, tile_px=256, steps=2),
    # Gray pages in their own size, numbered; crops are given by comic.json in each folder.
    "comic": ComicConfig(),
    # On rendered videos with hard cuts, pans and fades: precision and recall 0.997.
    "cuts": CutsConfig(),
    # Perceptual hash of 256 bits; pairs that differ in at most 50. Images saved again as JPEG, halved or
    # brightened differ in at most 8 bits, those cropped by 2% on each side in 20 to 60; different ones in 64
    # and more (line drawings of one thing), mostly above 90 (photos, scans, webs).
    "dedupe": DedupeConfig(distance=50),
    # Dark on light, lines 2 px wide, 4 px of paper around the drawing; one label per class.
    "doodles": DoodlesConfig(size=64),
    # 12 frames a second: animation on twos at 24. A held drawing changes by at most 4 of 255 gray levels in
    # a 32 x 32 thumbnail: the noise of H.264 at crf 18 to 28 stays below 3.
    "frames": FramesConfig(),
    # The middle square of each photo whose shorter side is 256 px or more; smaller ones are left out.
    "photos": PhotosConfig(size=256),
    # 01.png, 02.png, ... with the pixels and the resolution of the scans. --paper --white auto --black auto
    # makes clean pages of sheets that lay on a scanner bed.
    "scans": ScansConfig(),
    # Pages scanned at 300 dpi: one tile of 256 px per specimen, reduced from a square of 384 px (1.5 cells)
    # around it. Pages of unknown resolution need --crop-px auto.
    "spec": SpecConfig(dpi=300, tile_px=256),
}
TINY: dict[str, Any] = {  # from pages and images of a few hundred px, tiles of 16 to 64 px
    "blob": dataclasses.replace(CONFIGS["blob"], dpi=75, tile_px=32, size=16),
    "comic": dataclasses.replace(CONFIGS["comic"], max_megapixels=1),
    "cuts": CONFIGS["cuts"],
    "dedupe": dataclasses.replace(CONFIGS["dedupe"], max_megapixels=1),
    "doodles": dataclasses.replace(CONFIGS["doodles"], size=16),
    "frames": dataclasses.replace(CONFIGS["frames"], size=16),
    "photos": dataclasses.replace(CONFIGS["photos"], size=32),
    "scans": dataclasses.replace(CONFIGS["scans"], max_megapixels=1),
    "spec": dataclasses.replace(CONFIGS["spec"], crop_px=160, tile_px=64),
}
