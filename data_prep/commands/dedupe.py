"""`dedupe`: find duplicate images in a folder."""

from pathlib import Path

from tyro.conf import Positional

from configs.data_prep import CONFIGS
from data_prep.progress import print_failure, print_warning, progress, refuse_failures
from data_prep.sources.dedupe import DedupeConfig, dedupe_folder
from data_prep.workers import chosen_workers


def dedupe(
    source: Positional[Path],
    out: Path,
    config: DedupeConfig = CONFIGS["dedupe"],
    aside: Path | None = None,
    apply: bool = False,
    workers: int | None = None,
    overwrite: bool = False,
) -> None:
    """Find equal and nearly equal images; check the report, then run again with --apply to move them aside.

    Of a pair the larger image stays, else the first. Nothing is deleted; links and their targets stay.

    Args:
        source: Folder of images, including sub-folders.
        out: Folder for report.json and pairs.png.
        aside: Folder to which duplicates are moved; default: SOURCE-duplicates.
        apply: Move the duplicates.
        workers: Number of processes; default: one per core. Does not affect the result.
        overwrite: Replace an earlier result in --out.
    """
    found = dedupe_folder(
        source,
        out,
        config,
        aside=aside,
        apply=apply,
        workers=chosen_workers(workers),
        overwrite=overwrite,
        progress=progress,
        report=print_failure,
        warn=print_warning,
    )
    print(found)
    refuse_failures(found.failures, "image")
