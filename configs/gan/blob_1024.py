"""Ink webs at 1024 px: blob tiles of two cells at 600 dpi.

Data: inkloop data-prep blob PAGES --out DATASET --dpi 600 --tile-px 1024 --steps 4
Command: inkloop gan train blob-1024 --data DATASET --run RUN
Hardware: one GPU with 80 GB or more. Time and result: not yet run.
"""

from configs.gan import blob_512
from gan.config import replace

CONFIG = replace(
    blob_512.CONFIG,
    preset="blob-1024",
    resolution=1024,
    batch_size=16,
    r1_gamma=80.0,
    r1_gamma_final=8.0,
    cell_px=64,
    crop_px=256,
    total_nimg=15_000_000,
)
