"""`scans`: convert scans and photos of pages to numbered pages."""

import dataclasses
import sys
from pathlib import Path

from tqdm import tqdm
from tyro.conf import Positional

from configs.data_prep import CONFIGS
from data_prep import outputs
from data_prep.commands.page_selection import warn
from data_prep.pages import numbering
from data_prep.pages import scans as scanning
from data_prep.pages.scans import ScansConfig
from data_prep.progress import Failures, counted, progress, some
from data_prep.workers import check_workers, default_workers


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
    count = default_workers() if workers is None else workers
    check_workers(count)
    scanning.check(config)
    found = scanning.list_scans(source, max_megapixels=config.max_megapixels)
    for pdf in scanning.list_pdfs(source):
        warn(f"{pdf} is PDF, which is not supported; export its pages as PNG or TIFF")
    folder = source.parent if source.is_file() else source
    settings = dataclasses.asdict(config) | {"source": str(folder.resolve())}
    with outputs.work(out, command="data-prep scans", settings=settings, source=source, overwrite=overwrite):
        with progress(len({scan.path for scan in found}), unit="file", label="inspect") as bar:
            pages, of_pages = numbering.number_scans(found, numbering.read_mapping(out), on_file=bar.update)
        numbering.write_mapping(out, pages)
        if lost := numbering.gone(out, pages, of_pages):
            warn(f"the scans of {some(lost)} are missing; delete these pages, or use --overwrite")
        failures = Failures("scan")
        with progress(len(pages), unit="page", label="scans") as bar:

            def show(page: str, message: str) -> None:
                if message:
                    tqdm.write(f"{out / page}  {message}", file=sys.stdout)
                bar.update()

            scanning.write_pages(out, pages, of_pages, config, workers=count, report=failures, on_page=show)
        count_made = sum((out / page).is_file() for page in pages)
        print(f"{out}  {counted(count_made, 'page')}; {numbering.MAPPING} lists their scans")
        failures.leave()
