"""Ink webs at 512 px: blob tiles of two cells at 300 dpi.

Data: inkloop data-prep blob PAGES --out DATASET --tile-px 512 --steps 4
Command: inkloop gan train blob-512 --data DATASET --run RUN
Hardware: one GPU with 40 GB or more. Time and result: not yet run.
"""

from configs.gan import blob_256
from gan.config import replace

CONFIG = replace(
    blob_256.CONFIG,
    preset="blob-512",
    resolution=512,
    total_nimg=10_000_000,
)
