"""Pages of comics, cropped and numbered, or their panels, as PNG files."""

import dataclasses
import functools
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import numpy as np

from data_prep import images, outputs
from data_prep.checksums import crc_if_readable, fingerprint
from data_prep.comics.fit import Fit, check_size, fit_square
from data_prep.comics.page_selection import CONFIG, PagePart, select_pages
from data_prep.comics.panels import PanelsConfig, find_panels
from data_prep.errors import InputError
from data_prep.images import MAX_MEGAPIXELS
from data_prep.images.crop_file import CROPS, Box
from data_prep.json_files import read_json
from data_prep.progress import Failures, Progress, Report, Warn, counted, ignore, no_progress
from data_prep.records.plan import make_each

MAPPING = "pages.json"
BARS = 255  # gray value of bars around padded pages
DEFAULT_PANELS = PanelsConfig()


@dataclasses.dataclass(frozen=True)
class ComicConfig:
    """Crop and size of comic pages."""

    mode: Literal["gray", "rgb"] = "gray"
    """Channels of the result."""
    crop: tuple[int, int, int, int] = (0, 0, 0, 0)
    """Px cut off at the top, bottom, left and right of each page; comic.json of a folder comes first."""
    size: int | None = None
    """Side of square results in px; None: as they are."""
    fit: Fit = "pad"
    """With --size: crop to the central square, pad with white bars, or stretch."""
    max_megapixels: float = MAX_MEGAPIXELS
    """Maximum page size in megapixels; larger pages are left out."""

    def check(self) -> None:
        """Validate; raises InputError naming the flag."""
        images.check_max_megapixels(self.max_megapixels)
        check_size(self.size)
        if min(self.crop) < 0:
            raise InputError(f"--crop {' '.join(map(str, self.crop))}: must be at least 0")


@dataclasses.dataclass(frozen=True)
class ComicPages:
    """Pages or panels that were written, or existed already."""

    folder: Path
    pages: int
    files: int
    of_panels: bool
    failures: Mapping[str, str]  # pages that were left out -> reason

    def __str__(self) -> str:
        what = counted(self.pages, "page")
        if self.of_panels:
            what = f"{counted(self.files, 'panel')} of {what}"
        return f"{self.folder}  {what}"


def write_comic(
    source: Path,
    out: Path,
    config: ComicConfig,
    *,
    panels: PanelsConfig | None = None,
    workers: int = 1,
    overwrite: bool = False,
    progress: Progress = no_progress,
    report: Report = ignore,
    warn: Warn = ignore,
) -> ComicPages:
    """Write the pages of comic volumes as 0001.png, ..., or their panels as 0001_01.png, ...

    pages.json lists each file with its page and box. The same call again completes an interrupted run.

    Args:
        source: folder of pages, with sub-folders; comic.json and crops.json in them are read.
        out: folder for the files.
        config: crop and size.
        panels: cut panels; None: whole pages.
        workers: number of processes.
        overwrite: replace other work in `out`.
        progress: opens a progress bar.
        report: called with each page that is left out, and the reason.
        warn: called with a message about files that are left out for their suffix.

    Raises: InputError: a setting or comic.json is invalid, no page can be read, or `out` holds other files.
    """
    config.check()
    (panels or DEFAULT_PANELS).check()
    outputs.check_outside(out, source)
    parts = select_pages(source, config.crop, warn=warn)
    paths = [part.path for part in parts]
    images.check_some_readable(paths, max_megapixels=config.max_megapixels)
    folders = dict.fromkeys(path.parent for path in paths)
    files = [folder / name for folder in folders for name in (CONFIG, CROPS) if (folder / name).exists()]
    crcs = [(str(path), crc_if_readable(path)) for path in [*dict.fromkeys(paths), *files]]
    settings = dataclasses.asdict(config) | {"inputs": fingerprint(crcs)}
    settings |= {"panels": None if panels is None else dataclasses.asdict(panels)}
    failures = Failures(report)
    with outputs.work(
        out,
        command="data-prep comic",
        settings=settings,
        source=source,
        overwrite=overwrite,
        failures=failures,
    ) as state:
        if state == "done":
            files_there = read_json(out / MAPPING)
            return ComicPages(
                out, len({entry["page"] for entry in files_there}), len(files_there), bool(panels), failures
            )
        rows: list[dict[str, Any]] = []
        numbered = list(enumerate(parts, start=1))
        make = functools.partial(_write_page, out=out, config=config, panels=panels)
        with progress(len(parts), unit="page", label="comic") as bar:
            for _, made in make_each(
                numbered,
                make,
                count=len(numbered),
                name=lambda item: item[1].name,
                workers=workers,
                report=failures,
            ):
                rows += made or []
                bar.update(1)
        outputs.write_json(out / MAPPING, rows)
        return ComicPages(out, len({row["page"] for row in rows}), len(rows), bool(panels), failures)


def cut_page(
    page: np.ndarray, box: Box, config: ComicConfig, panels: PanelsConfig | None
) -> list[tuple[Box, np.ndarray]]:
    """Cut a page: (box in px of the page, image uint8 [h, w, C]) of the page or of each panel.

    Args:
        page: uint8 [H, W, C].
        box: part of the page that is used.
        config: size.
        panels: cut panels; None: the part as a whole.
    """
    x0, y0, x1, y1 = box
    part = page[y0:y1, x0:x1]
    inner = [(0, 0, x1 - x0, y1 - y0)] if panels is None else find_panels(part, panels)
    made = []
    for a, b, c, d in inner:
        image = images.with_mode(np.ascontiguousarray(part[b:d, a:c]), config.mode)
        if config.size is not None:
            image = fit_square(image, config.size, config.fit, bars=BARS)
        made.append(((x0 + a, y0 + b, x0 + c, y0 + d), image))
    return made


def _write_page(
    item: tuple[int, PagePart], *, out: Path, config: ComicConfig, panels: PanelsConfig | None
) -> list[dict[str, Any]]:
    """Write the files of one page; returns their rows in pages.json."""
    number, part = item
    page = images.read_image(part.path, mode="rgb", max_megapixels=config.max_megapixels)
    box = part.crop(*page.shape[:2])
    made = cut_page(page, box, config, panels)
    if not made:
        raise InputError(f"{part.name}: no panel found; it is blank, or raise --gutter-tolerance")
    rows = []
    for position, (inside, image) in enumerate(made, start=1):
        file = f"{number:04d}.png" if panels is None else f"{number:04d}_{position:02d}.png"
        images.write_image(out / file, image)
        rows.append({"file": file, "page": part.name, "box_px": list(inside)})
    return rows
