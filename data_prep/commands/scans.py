"""`scans`: convert scans and photos of pages to numbered pages."""

from pathlib import Path

from tyro.conf import Positional

from configs.data_prep import CONFIGS
from data_prep.pages.scans import ScansConfig, convert_scans
from data_prep.progress import print_failure, print_warning, progress, refuse_failures
from data_prep.workers import chosen_workers


def scans(
    source: Positional[Path],
    out: Path,
    config: ScansConfig = CONFIGS["scans"],
    workers: int | None = None,
    overwrite: bool = False,
) -> None:
    """Convert a folder of scans to numbered PNG pages, 01.png, 02.png, ...

    Scans are JPEG, TIFF (all pages), PNG, WebP or BMP, not PDF. scans.json next to the pages lists the scan
    of each page. A rerun converts only missing and new pages.

    Args:
        source: Folder of scans, or one scan.
        out: Folder for the pages.
        workers: Number of processes; default: one per core. Does not affect the result.
        overwrite: Replace an earlier result in --out, except adjustments.json.
    """
    made = convert_scans(
        source,
        out,
        config,
        workers=chosen_workers(workers),
        overwrite=overwrite,
        progress=progress,
        report=print_failure,
        warn=print_warning,
    )
    print(made)
    refuse_failures(made.failures, "scan")
