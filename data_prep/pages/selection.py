"""Find and select the pages of a folder, and read their adjustments."""

import dataclasses
import fnmatch
from collections.abc import Sequence
from pathlib import Path

from data_prep import checksums, images
from data_prep.errors import InputError
from data_prep.pages.adjustments import NAME, OLDER_NAMES, Adjustment, is_page, read_adjustments
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
        chosen: file names, stems, numbers or shell patterns (01.png, 01, '1*') of pages; empty: all. A number
            is that in the name of a page, or else its position in natural order, from 1.
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
    elif adjustments is None:
        found |= _read_older(folder, names, warn)
    if source.is_file():
        return Pages(source, [source], found, file, adjustments is not None)
    chosen = [_by_number(everything, pattern, warn) for pattern in chosen]
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


def _by_number(paths: Sequence[Path], pattern: str, warn: Warn) -> str:
    """Name of the page that a number stands for; other patterns are returned unchanged."""
    if not (pattern.isascii() and pattern.isdigit()) or any(_fits(path, pattern) for path in paths):
        return pattern
    fitting = [path for path in paths if is_page(path, pattern)]
    if len(fitting) != 1:
        position = int(pattern)
        fitting = list(paths[position - 1 : position]) if position else []
    if not fitting:
        return pattern
    warn(f"--page {pattern}: page {int(pattern)} is {fitting[0].name}")
    return fitting[0].name


def _read_older(folder: Path, names: Sequence[str], warn: Warn) -> dict[str, Adjustment]:
    """Adjustments of an older tool next to the pages; files that hold none are named."""
    for path in (folder / name for name in OLDER_NAMES):
        if path.is_file():
            try:
                found = read_adjustments(path, names, warn=warn)
            except InputError as error:
                warn(f"ignored: {error}")
                continue
            warn(f"{path}: offsets taken from it, in cells of 256/300 inch; {NAME} replaces it once written")
            return found
    return {}


def _fits(path: Path, pattern: str) -> bool:
    return any(name == pattern or fnmatch.fnmatchcase(name, pattern) for name in (path.name, path.stem))
