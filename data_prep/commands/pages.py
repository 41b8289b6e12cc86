"""What commands that read pages do alike: find them, choose some, and read the corrections beside them."""

import dataclasses
import fnmatch
import sys
from collections.abc import Sequence
from pathlib import Path

from tqdm import tqdm

from data_prep import checksum, images
from data_prep.adjustments import NAME, Adjustment, read_adjustments
from data_prep.errors import InputError
from data_prep.progress import progress


@dataclasses.dataclass(frozen=True)
class Pages:
    """The pages that a command was given."""

    paths: list[Path]  # those asked for, in natural order
    adjustments: dict[str, Adjustment]  # of every page of the folder, by file name
    adjustments_file: Path  # where they were read, or would be

    def label(self, path: Path) -> str:
        """What files made from a page are named after: its stem, or 1.tif's whole name beside a 1.png."""
        stems = [Path(name).stem.casefold() for name in self.adjustments]
        return path.stem if stems.count(path.stem.casefold()) == 1 else path.name


def find_pages(
    source: Path, *, chosen: Sequence[str] = (), adjustments: Path | None = None, may_be_missing: bool = False
) -> Pages:
    """The pages of a folder, or one page; corrections for pages that are not there are told on stderr.

    Args:
        source: folder of scans, or one scan.
        chosen: file names, stems or shell patterns (01.png, 01, '1*'); none: all pages.
        adjustments: file of corrections, in place of adjustments.json beside the pages.
        may_be_missing: whether `adjustments` is made later where it is missing.

    Raises: InputError: no pages, none of one of the `chosen` names, or corrections that cannot be read.
    """
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
            raise InputError(f"no page {pattern} in {folder}; --page takes {', '.join(names[:5])}{more}")
    paths = [path for path in everything if not chosen or any(_fits(path, pattern) for pattern in chosen)]
    return Pages(paths, found, file)


def fingerprint(paths: Sequence[Path]) -> str:
    """One line that changes with any byte of the pages; with progress, for it reads them."""
    crcs = []
    with progress(len(paths), unit="page", label="look") as bar:
        for path in paths:
            crcs.append((path.name, checksum.crc_of_file(path)))
            bar.update()
    return checksum.fingerprint(crcs)


def warn(message: str) -> None:
    """One line on stderr, above the progress bar."""
    tqdm.write(f"warning: {message}", file=sys.stderr)


def _fits(path: Path, pattern: str) -> bool:
    return any(name == pattern or fnmatch.fnmatchcase(name, pattern) for name in (path.name, path.stem))
