"""Shared by commands that read pages: find and select pages, and read their adjustments."""

import dataclasses
import fnmatch
import sys
from collections.abc import Sequence
from pathlib import Path

from tqdm import tqdm

from data_prep import checksums, images
from data_prep.errors import InputError
from data_prep.pages.adjustments import NAME, Adjustment, read_adjustments
from data_prep.pages.grid import MANY_STEPS
from data_prep.progress import Failures, progress
from data_prep.tiles import blob_dataset
from data_prep.tiles.blob_dataset import BlobConfig, PagePlan


@dataclasses.dataclass(frozen=True)
class Pages:
    """The selected pages of a command."""

    paths: list[Path]  # selected, in natural order
    adjustments: dict[str, Adjustment]  # of all pages of the folder, by file name
    adjustments_file: Path  # where they are read, or would be

    def label(self, path: Path) -> str:
        """Prefix of files made from a page: its stem, or its name if another page has the same stem."""
        stems = [Path(name).stem.casefold() for name in self.adjustments]
        return path.stem if stems.count(path.stem.casefold()) == 1 else path.name


def find_pages(
    source: Path, *, chosen: Sequence[str] = (), adjustments: Path | None = None, may_be_missing: bool = False
) -> Pages:
    """Find the pages of a folder, or one page; warn about adjustments of missing pages.

    Args:
        source: folder of scans, or one scan.
        chosen: file names, stems or shell patterns (01.png, 01, '1*') of pages; empty: all.
        adjustments: file of adjustments; None: adjustments.json next to the pages.
        may_be_missing: whether `adjustments` may be missing and is created later.

    Raises: InputError: no pages, no page for a name in `chosen`, `chosen` with a single page, or invalid
    adjustments.
    """
    if source.is_file() and chosen:
        raise InputError(f"--page {chosen[0]}: must not be combined with a single scan, {source}")
    folder = source.parent if source.is_file() else source
    everything = images.list_images(folder)
    names = [path.name for path in everything]
    file = adjustments or folder / NAME
    found = {name: Adjustment() for name in names}
    if file.exists() or (adjustments is not None and not may_be_missing):
        found = read_adjustments(file, names, warn=warn)
    if source.is_file():
        return Pages([source], found, file)
    for pattern in chosen:
        if not any(_fits(path, pattern) for path in everything):
            more = " ..." if len(names) > 5 else ""
            raise InputError(
                f"--page {pattern}: no such page in {folder}, which has {', '.join(names[:5])}{more}"
            )
    paths = [path for path in everything if not chosen or any(_fits(path, pattern) for pattern in chosen)]
    return Pages(paths, found, file)


def plan_blobs(pages: Pages, config: BlobConfig) -> tuple[list[PagePlan], images.Mode, Failures]:
    """Plan the tiles of pages; return plans, channels and failures, and warn about unusual settings.

    Raises: InputError: an invalid setting, or no page can be cut.
    """
    images.check_max_megapixels(config.max_megapixels)
    failures = Failures("page")
    plans, mode = blob_dataset.plan_pages(pages.paths, config, pages.adjustments, report=failures)
    if config.steps > MANY_STEPS:
        warn(f"--steps {config.steps}: above {MANY_STEPS}, animations spin without the lines moving")
    for plan in plans:
        if plan.dpi is not None and abs(plan.dpi - config.dpi) > 1:
            warn(f"{plan.name} is stored with {plan.dpi:g} dpi, --dpi is {config.dpi:g}")
            break
    return plans, mode, failures


def fingerprint(paths: Sequence[Path]) -> str:
    """Fingerprint of the bytes of pages, with a progress bar, since all are read."""
    crcs = []
    with progress(len(paths), unit="page", label="inspect") as bar:
        for path in paths:
            crcs.append((path.name, checksums.crc_of_file(path)))
            bar.update()
    return checksums.fingerprint(crcs)


def warn(message: str) -> None:
    """Print a warning on stderr, above the progress bar."""
    tqdm.write(f"warning: {message}", file=sys.stderr)


def _fits(path: Path, pattern: str) -> bool:
    return any(name == pattern or fnmatch.fnmatchcase(name, pattern) for name in (path.name, path.stem))
