"""Stable page numbers of scans, and scans.json, which records the scan of each page.

A scan keeps its number, also if it is renamed. Scans added later get numbers after the last one; the number
of an unreadable scan stays unused.
"""

import dataclasses
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from data_prep import outputs
from data_prep.checksums import crc_if_readable
from data_prep.errors import InputError

MAPPING = "scans.json"
IDENTITY = ("scan", "frame", "crc32")  # fields of a page entry that identify its scan


@dataclasses.dataclass(frozen=True)
class Scan:
    """The source of one page: a file, or one frame of it."""

    path: Path
    frame: int | None = None  # from 1, if the file holds several pages

    @property
    def name(self) -> str:
        return self.path.name + (f" frame {self.frame}" if self.frame else "")


def read_mapping(folder: Path) -> dict[str, dict[str, Any]]:
    """Read scans.json: page name -> scan and measurements; empty if the file does not exist.

    Raises: InputError: the file is damaged.
    """
    path = folder / MAPPING
    if not path.is_file():
        return {}
    try:
        pages = json.loads(path.read_text(encoding="utf-8"))["pages"]
        for name, page in pages.items():
            if not (isinstance(page["scan"], str) and isinstance(page.get("frame", 1), int)):
                raise ValueError(f"{name} without a scan")
            if int(Path(name).stem) < 1:
                raise ValueError(f"{name} without a number")
        return pages
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise InputError(f"{path} is damaged ({error!r}); choose another --out, or use --overwrite") from None


def write_mapping(folder: Path, pages: dict[str, dict[str, Any]]) -> None:
    """Write scans.json."""
    outputs.write_json(folder / MAPPING, {"schema": 1, "pages": pages})


def number_scans(
    scans: Sequence[Scan],
    mapping: dict[str, dict[str, Any]],
    *,
    on_file: Callable[[int], None] = lambda count: None,
) -> tuple[dict[str, dict[str, Any]], dict[str, Scan]]:
    """Assign a page to every scan: 01.png, 02.png, ... in order; scans in `mapping` keep theirs.

    A page belongs to the scan of the same name and bytes; else to one of the same bytes (renamed); else to
    one of the same name (replaced by another image), whose other fields in `mapping` are dropped. A scan that
    cannot be read has a page by its name.

    Args:
        scans: in order.
        mapping: as returned by read_mapping.
        on_file: called with the number of files read since the last call.

    Returns:
        The new mapping, which keeps entries of missing scans; and the scan of each page.
    """
    crcs: dict[Path, str | None] = {}
    for path in dict.fromkeys(scan.path for scan in scans):
        crc = crc_if_readable(path)
        crcs[path] = None if crc < 0 else f"{crc:08x}"
        on_file(1)
    numbered: dict[Scan, str] = {}
    identities: dict[Scan, dict[str, Any]] = {
        scan: {"scan": scan.path.name}
        | ({"frame": scan.frame} if scan.frame else {})
        | ({"crc32": crcs[scan.path]} if crcs[scan.path] else {})
        for scan in scans
    }
    others = set(_elsewhere(scans, mapping))
    for keys in (("scan", "frame", "crc32"), ("frame", "crc32"), ("scan", "frame")):
        free: dict[tuple[Any, ...], list[str]] = {}
        for page in mapping.keys() - others - set(numbered.values()):
            free.setdefault(_key(mapping[page], keys), []).append(page)
        for scan in scans:
            if scan not in numbered and (fitting := free.get(_key(identities[scan], keys))):
                numbered[scan] = min(fitting, key=_number)
                fitting.remove(numbered[scan])
    last = max(map(_number, mapping), default=0)
    added = [scan for scan in scans if scan not in numbered]
    digits = max(2, len(str(last + len(added))))
    numbered |= {scan: f"{last + i:0{digits}d}.png" for i, scan in enumerate(added, 1)}
    pages = dict(mapping)
    for scan, page in numbered.items():
        known = pages.get(page, {})
        same = known.get("crc32") == crcs[scan.path] and known.get("frame") == scan.frame
        pages[page] = identities[scan] | (
            {k: v for k, v in known.items() if k not in IDENTITY} if same else {}
        )
    ordered = dict(sorted(pages.items(), key=lambda item: _number(item[0])))
    return ordered, {page: scan for scan, page in numbered.items()}


def gone(folder: Path, pages: dict[str, dict[str, Any]], scans: dict[str, Scan]) -> list[str]:
    """List pages in `folder` whose scans are missing, with the scan: "02.png (b.tif)".

    Args:
        folder: folder of the pages.
        pages: mapping returned by number_scans.
        scans: existing scans by page.
    """
    others = _elsewhere(list(scans.values()), pages)
    lost = [page for page in pages if page not in scans and page not in others and (folder / page).is_file()]
    return [f"{page} ({Scan(Path(pages[page]['scan']), pages[page].get('frame')).name})" for page in lost]


def _number(page: str) -> int:
    return int(Path(page).stem)


def _key(entry: dict[str, Any], keys: tuple[str, ...]) -> tuple[Any, ...]:
    return tuple(entry.get(key, 1 if key == "frame" else None) for key in keys)


def _elsewhere(scans: Sequence[Scan], pages: dict[str, dict[str, Any]]) -> list[str]:
    """Pages of existing files that were not passed, e.g. if the source is one file of a folder."""
    passed, folders = {scan.path.name for scan in scans}, {scan.path.parent for scan in scans}
    return [
        page
        for page, entry in pages.items()
        if entry["scan"] not in passed and any((folder / entry["scan"]).is_file() for folder in folders)
    ]
