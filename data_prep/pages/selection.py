"""Find and select the pages of a folder, and read their adjustments."""

import dataclasses
import fnmatch
from collections.abc import Sequence
from pathlib import Path

from data_prep import checksums, images
from data_prep.errors import InputError
from data_prep.pages.adjustments import NAME, Adjustment, read_adjustments
from data_prep.progress import Progress, Warn, ignore, no_progress


@dataclasses.dataclass(frozen=True)
class Pages:
    """Selected pages of a folder."""

    source: Path  # folder of scans, or one scan
    paths: list[Path]  # selected, in natural order
    adjustments: dict[str, Adjustment]  # of all pages of the folder, by file name
    adjustments_file: Path  # where they are read, or would be
    has_own_adjustments: bool  # the file was named; else it is the one next to the pages

    def label(self, path: Path) -> str:
        """Prefix of files made from a page: its stem, or its name if another page has the same stem."""
        stems = [Path(name).stem.casefold() for name in self.adjustments]
        return path.stem if stems.count(path.stem.casefold()) == 1 else path.name


def find_pages(
    source: Path,
    *,
    chosen: Sequence[str] = (),
    adjustments: Path | None = None,
    may_be_missing: bool = False,
    warn: Warn = ignore,
) -> Pages:
    """Find the pages of a folder, or one page.

    Args:
        source: folder of scans, or one scan.
        chosen: file names, stems or shell patterns (01.png, 01, '1*') of pages; empty: all.
        adjustments: file of adjustments; None: adjustments.json next to the pages.
        may_be_missing: whether `adjustments` may be missing and is created later.
        warn: called with a message if there are adjustments of missing pages.

    Raises: InputError: no pages, no page for a name in `chosen`, `chosen` with a single page, or invalid
    adjustments.
    """
    if source.is_file() and chosen:
        raise InputError(f"--page {chosen[0]}: must not be combined with a single scan, {source}")
    folder = source.parent if source.is_file() else source
    everything = images.list_images(folder, warn=ignore if source.is_file() else warn)
    names = [path.name for path in everything]
    file = adjustments or folder / NAME
    found = {name: Adjustment() for name in names}
    if file.exists() or (adjustments is not None and not may_be_missing):
        found = read_adjustments(file, names, warn=warn)
    if source.is_file():
        return Pages(source, [source], found, file, adjustments is not None)
    for pattern in chosen:
        if not any(_fits(path, pattern) for path in everything):
            more = " ..." if len(names) > 5 else ""
            raise InputError(
                f"--page {pattern}: no such page in {folder}, which has {', '.join(names[:5])}{more}"
            )
    paths = [path for path in everything if not chosen or any(_fits(path, pattern) for pattern in chosen)]
    return Pages(source, paths, found, file, adjustments is not None)


def fingerprint(paths: Sequence[Path], *, progress: Progress = no_progress) -> str:
    """Fingerprint of the bytes of pages; all are read. Pages that cannot be read count as such.

    Args:
        paths: image files.
        progress: opens a progress bar.
    """
    crcs = []
    with progress(len(paths), unit="page", label="inspect") as bar:
        for path in paths:
            crcs.append((path.name, checksums.crc_if_readable(path)))
            bar.update()
    return checksums.fingerprint(crcs)


def _fits(path: Path, pattern: str) -> bool:
    return any(name == pattern or fnmatch.fnmatchcase(name, pattern) for name in (path.name, path.stem))
