"""Find the specimens of all pages in worker processes, and describe them."""

import contextlib
import dataclasses
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Literal

import numpy as np

from data_prep import images
from data_prep.errors import InputError
from data_prep.images import MAX_MEGAPIXELS, Mode, Note
from data_prep.pages.adjustments import Adjustment
from data_prep.pages.drawing import kept_notes
from data_prep.pages.polarity import read_drawing
from data_prep.progress import Report, counted, some
from data_prep.specimens.detect import SpecimenGridConfig, Specimens, find_specimens
from data_prep.specimens.tiles import crop_side_px, exceeding
from data_prep.workers import map_in_order

OVERLAP = 1 / 3  # of the smaller box; parts of one specimen overlap as much, neighbours in rows do not


@dataclasses.dataclass(frozen=True)
class SpecConfig(SpecimenGridConfig):
    """Detection and cutting of specimens."""

    dpi: float = 300
    """Resolution of the scans in dpi; the square around a specimen is 1.5 cells of 256/300 inch."""
    crop_px: int | Literal["auto"] | None = None
    """Side of the square in px; None: from --dpi; auto: 1.15 times the largest ink box of all pages."""
    tile_px: int = 256
    """Side of a tile in px; squares are resized to it."""
    mode: Mode | None = None
    """Channels of the tiles; None: gray if every page is gray, else rgb."""
    max_megapixels: float = MAX_MEGAPIXELS
    """Maximum page size in megapixels; larger pages are left out."""


@dataclasses.dataclass(frozen=True)
class PageSpecimens:
    """The specimens of one page."""

    path: Path
    specimens: Specimens
    notes: tuple[Note, ...] = ()  # what was changed on reading

    @property
    def name(self) -> str:
        return self.path.name

    @property
    def centers_px(self) -> tuple[tuple[float, float], ...]:
        """Centres as stored in adjustments.json."""
        return tuple((float(x), float(y)) for x, y in self.specimens.centers_px)


def find_on_pages(
    paths: Sequence[Path],
    config: SpecConfig,
    adjustments: dict[str, Adjustment],
    *,
    workers: int,
    report: Report,
    on_page: Callable[[int], None] = lambda count: None,
) -> tuple[list[PageSpecimens], Mode]:
    """Find the specimens of every page; centres in `adjustments` replace detected ones.

    Args:
        paths: image files, in order.
        config: detection settings.
        adjustments: by file name.
        workers: number of processes; does not affect the result.
        report: called with each page that is left out, and the reason.
        on_page: called with the number of pages finished since the last call.

    Returns:
        The readable pages, and the channels of the tiles.

    Raises:
        InputError: an invalid setting, no readable page, or no specimen on any page.
    """
    check(config)
    _check_sides(paths, config)
    found: list[PageSpecimens] = []
    modes: set[Mode] = set()
    refused: dict[str, str] = {}
    jobs = [(path, config, adjustments.get(path.name, Adjustment()).centers_px) for path in paths]
    for path, (result, mode, notes) in zip(paths, map_in_order(_find, jobs, workers=workers), strict=True):
        on_page(1)
        if isinstance(result, str):
            refused[path.name] = result
        else:
            found.append(PageSpecimens(path, result, notes))
            modes.add(mode)
    if not found:
        first, *others = dict.fromkeys(refused.values())
        raise InputError(f"{first} (and no other page can be read)" if others else first)
    if not any(len(page.specimens) for page in found):
        raise InputError(
            f"no specimens on {counted(len(found), 'page')}, e.g. {found[0].path}; "
            "is there ink on them? `data-prep scans --white auto --black auto` makes faint ink dark"
        )
    for name, reason in refused.items():
        report(name, reason)
    return found, config.mode or ("gray" if modes == {"gray"} else "rgb")


def check(config: SpecConfig) -> None:
    """Validate; raise InputError naming the flag."""
    images.check_max_megapixels(config.max_megapixels)
    if config.tile_px < 1:
        raise InputError(f"--tile-px {config.tile_px}: must be at least 1")
    if not 0 <= config.gap < 1:
        raise InputError(
            f"--gap {config.gap:g}: must be at least 0 and below 1 (fraction of the longer side)"
        )
    if not 0 <= config.min_size < 1:
        raise InputError(f"--min-size {config.min_size:g}: must be at least 0 and below 1")
    if config.crop_px != "auto":
        crop_side_px(config.crop_px, dpi=config.dpi, boxes_px=np.zeros((0, 4), np.int64))


def crop_px(pages: Sequence[PageSpecimens], config: SpecConfig) -> int:
    """Side in px of the square cut for every specimen of every page."""
    boxes_px = np.concatenate([page.specimens.boxes_px for page in pages])
    return crop_side_px(config.crop_px, dpi=config.dpi, boxes_px=boxes_px)


def oversized(page: PageSpecimens, crop_px: int) -> list[int]:
    """Indices of specimens whose ink exceeds their square."""
    specimens = page.specimens
    return np.flatnonzero(exceeding(specimens.boxes_px, specimens.centers_px, crop_px)).tolist()


def overlapping(page: PageSpecimens) -> list[tuple[int, int]]:
    """Pairs of specimens whose ink boxes overlap strongly: possibly parts of one specimen."""
    boxes = page.specimens.boxes_px
    areas = (boxes[:, 2:] - boxes[:, :2]).prod(axis=1)
    sides = np.minimum(boxes[:, None, 2:], boxes[None, :, 2:]) - np.maximum(
        boxes[:, None, :2], boxes[None, :, :2]
    )
    common = sides.clip(min=0).prod(axis=2)  # [N, N]
    strongly = np.triu((common > 0) & (common >= OVERLAP * np.minimum(areas[:, None], areas[None])), k=1)
    return [(int(i), int(j)) for i, j in np.argwhere(strongly)]


def _check_centers(path: Path, centers_px: np.ndarray, page: np.ndarray) -> None:
    """Raise InputError for the first centre outside the page."""
    height_px, width_px = page.shape[:2]
    outside = np.any((centers_px < 0) | (centers_px > (width_px, height_px)), axis=1)
    if outside.any():
        number = int(np.argmax(outside))
        x, y = centers_px[number]
        raise InputError(
            f"{path}: centre {number + 1} of adjustments.json, {x:g}, {y:g}, is outside the page of "
            f"{width_px} x {height_px} px; correct it, or detect all again with --redetect"
        )


def counts(page: PageSpecimens) -> str:
    """Summary, e.g. "36 specimens, median 210 x 180 px; 2 touch"."""
    specimens = page.specimens
    if not len(specimens):
        return "no specimens"
    width, height = np.median(specimens.boxes_px[:, 2:] - specimens.boxes_px[:, :2], axis=0)
    line = f"{counted(len(specimens), 'specimen')}, median {width:g} x {height:g} px"
    return line + (f"; {int(specimens.touching.sum())} touch" if specimens.touching.any() else "")


def table(page: PageSpecimens) -> list[str]:
    """One line per specimen: number, centre, ink box."""
    specimens = page.specimens
    rows = zip(specimens.centers_px, specimens.boxes_px, specimens.touching, strict=True)
    return [
        f"  {number:3d}  centre {x:7.1f} {y:7.1f}  box {x0:5d} {y0:5d} {x1:5d} {y1:5d}"
        + "  touches" * int(touches)
        for number, ((x, y), (x0, y0, x1, y1), touches) in enumerate(rows, start=1)
    ]


def doubts(page: PageSpecimens, crop_px: int) -> list[str]:
    """Warnings: changes on reading, light, no specimens, ink that is cut off, neighbours that touch."""
    specimens, found = page.specimens, []
    found += [str(note) for note in (*page.notes, *kept_notes(specimens.kept))]
    if not len(specimens):
        found.append("no specimens found")
    if large := oversized(page, crop_px):
        sides = specimens.boxes_px[:, 2:] - specimens.boxes_px[:, :2]
        named = some([f"{i + 1} ({sides[i, 0]} x {sides[i, 1]} px)" for i in large])
        found.append(f"ink exceeds the square of {crop_px} px at {named}; see --crop-px")
    if touching := np.flatnonzero(specimens.touching).tolist():
        found.append(f"neighbours touch: check specimens {', '.join(str(i + 1) for i in touching)}")
    if pairs := overlapping(page):
        named = some([f"{i + 1} with {j + 1}" for i, j in pairs], most=12)
        found.append(f"boxes overlap strongly: check specimens {named}")
    return found


def _check_sides(paths: Sequence[Path], config: SpecConfig) -> None:
    """Raise InputError if tiles or squares exceed every page; unreadable pages are reported later."""
    largest = (0, 0)
    for path in paths:
        with contextlib.suppress(InputError):
            header = images.read_header(path, max_megapixels=config.max_megapixels)
            largest = max(largest, (header.width_px, header.height_px), key=max)
    if not any(largest):
        return
    size = f"the largest page is {largest[0]} x {largest[1]} px"
    if config.tile_px > max(largest):
        raise InputError(f"--tile-px {config.tile_px}: must be at most the page side; {size}")
    if config.crop_px == "auto":
        return
    side = crop_side_px(config.crop_px, dpi=config.dpi, boxes_px=np.zeros((0, 4), np.int64))
    if side > 2 * max(largest):  # around a centre in the corner it holds the whole page
        flag = f"--dpi {config.dpi:g}" if config.crop_px is None else f"--crop-px {config.crop_px}"
        raise InputError(f"{flag}: squares of {side} px must be at most twice the page side; {size}")


def _find(
    job: tuple[Path, SpecConfig, tuple[tuple[float, float], ...] | None],
) -> tuple[Specimens | str, Mode, tuple[Note, ...]]:
    path, config, centers = job
    known = None if centers is None else np.array(centers, np.float64).reshape(-1, 2)
    notes: list[Note] = []
    try:
        page = read_drawing(path, max_megapixels=config.max_megapixels, note=notes.append)
        if known is not None:
            _check_centers(path, known, page)
    except InputError as error:
        return str(error), "gray", ()
    mode: Mode = "gray" if page.shape[2] == 1 else "rgb"
    return find_specimens(page, config=config, centers_px=known), mode, tuple(notes)
