"""`scans`: whatever a scanner or camera gave -> numbered pages."""

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
    """Make numbered PNG pages, 01.png, 02.png, ..., of a folder of scans.

    Scans are JPEG, TIFF (every page of it), PNG, WebP or BMP, not PDF. scans.json beside the pages names the
    scan of each. Run again, the command makes only what is missing or new.

    Args:
        source: Folder of scans, or one scan.
        out: Folder of the pages.
        workers: Processes, one per core by default; they do not change the result.
        overwrite: Replace what an earlier command left in --out, but for adjustments.json.
    """
    count = default_workers() if workers is None else workers
    check_workers(count)
    scanning.check(config)
    found = scanning.list_scans(source, max_megapixels=config.max_megapixels)
    for pdf in scanning.list_pdfs(source):
        warn(f"{pdf} is PDF, which is not read; export its pages as PNG or TIFF")
    folder = source.parent if source.is_file() else source
    settings = dataclasses.asdict(config) | {"source": str(folder.resolve())}
    with outputs.work(out, command="data-prep scans", settings=settings, source=source, overwrite=overwrite):
        with progress(len({scan.path for scan in found}), unit="file", label="look") as bar:
            pages, of_pages = numbering.number_scans(found, numbering.read_mapping(out), on_file=bar.update)
        numbering.write_mapping(out, pages)
        if lost := numbering.gone(out, pages, of_pages):
            warn(f"the scans of {some(lost)} are gone; remove these pages, or make all anew with --overwrite")
        failures = Failures("scan")
        with progress(len(pages), unit="page", label="scans") as bar:

            def tell(page: str, told: str) -> None:
                if told:
                    tqdm.write(f"{out / page}  {told}", file=sys.stdout)
                bar.update()

            scanning.write_pages(out, pages, of_pages, config, workers=count, report=failures, on_page=tell)
        made = sum((out / page).is_file() for page in pages)
        print(f"{out}  {counted(made, 'page')}; {numbering.MAPPING} names their scans")
        failures.leave()
