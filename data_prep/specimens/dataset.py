"""Cut detected specimens into tiles, as a dataset or as PNG files, and draw overlays of the pages."""

import contextlib
import dataclasses
import functools
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Sized
from pathlib import Path
from typing import Any

import numpy as np

from data_prep import images, outputs
from data_prep.errors import InputError
from data_prep.images import Mode
from data_prep.pages import overlay
from data_prep.pages.polarity import read_drawing
from data_prep.pages.selection import fingerprint
from data_prep.progress import Progress, Report, Warn, counted, ignore, no_progress
from data_prep.records.plan import GroupedPlan
from data_prep.records.tile_files import TileFiles, TilesResult, write_records
from data_prep.records.writer import Record
from data_prep.specimens.pages import PageSpecimens, SpecConfig
from data_prep.specimens.plan import SpecimenPlan, centers_crc, store_centers
from data_prep.specimens.tiles import SpecimenTile, specimen_tiles
from data_prep.tiles.names import check_stems, tile_path
from data_prep.workers import map_in_order

FILES = TileFiles()


def overlays_folder(out: Path) -> Path:
    """Folder of page overlays for the output folder `out`: OUT-overlays."""
    named = out if out.name not in ("", "..") else out.resolve()  # "." has no name
    return named.parent / f"{named.name}-overlays"


@dataclasses.dataclass(frozen=True)
class SpecimensResult:
    """Tiles of specimens, and overlays of their pages."""

    tiles: TilesResult
    overlays: Path  # folder
    pages: int  # number of overlays
    adjustments: str  # line about the file of centres, if it could be written

    @property
    def failures(self) -> Mapping[str, str]:
        """Pages that were left out -> reason."""
        return self.tiles.failures

    def __str__(self) -> str:
        lines = [self.adjustments] if self.adjustments else []
        overlays = f"{self.overlays}  overlays of {counted(self.pages, 'page')}"
        return "\n".join([*lines, str(self.tiles), overlays])


def cut_specimens(
    plan: SpecimenPlan,
    out: Path,
    *,
    files: TileFiles = FILES,
    progress: Progress = no_progress,
    warn: Warn = ignore,
) -> SpecimensResult:
    """Cut the planned tiles into `out`, draw overlays next to it, and store the centres in adjustments.json.

    An interrupted run is resumed; an existing result is returned.

    Args:
        plan: specimens of all pages; pages that cannot be read are added to its failures.
        out: folder of the dataset, or of the tiles; overlays go to OUT-overlays.
        files: how tiles are written.
        progress: opens a progress bar.
        warn: called with a message if the centres cannot be stored.

    Raises:
        InputError: `out` or its overlays hold something else, contain the file of adjustments, or two pages
            have the same stem. WorkError: a file could not be written.
    """
    files.check()
    if files.format == "png":
        check_stems([page.path for page in plan.pages])
    config, found, failures = plan.config, plan.selection, plan.failures
    settings = dataclasses.asdict(config) | {"crop_px": plan.crop_px, "mode": plan.mode}
    settings |= {"format": files.format, "encoding": files.encoding, "shard_mb": files.shard_mb}
    settings |= {"inputs": fingerprint([page.path for page in plan.pages], progress=progress)}
    settings |= {"centers": centers_crc(plan.pages)}
    overlays = overlays_folder(out)
    if found.has_own_adjustments:
        for folder in (out, overlays):  # --overwrite would delete the file
            outputs.check_outside(found.adjustments_file, folder, flag="--adjustments")
    with work(out, settings, source=found.source, overwrite=files.overwrite, failures=failures) as state:
        stored = store_centers(plan, warn=warn)
        drawn = {
            page.name: overlays / outputs.fit_name(found.label(page.path), "_spec.jpg") for page in plan.pages
        }
        cut = Cut(config, plan.crop_px, plan.mode, drawn, files.worker_count, failures)
        if files.format == "png":
            with progress(plan.count, unit="tile", label="spec") as bar:
                count = write_tiles(plan.pages, out, cut, on_tile=bar.update)
            tiles = TilesResult(out, count, f"{counted(count, 'tile')} as PNG files", failures)
        else:
            tiles = write_records(
                plan_records(plan.pages, cut),
                out,
                state=state,
                command="spec",
                image_shape=plan.image_shape,
                files=files,
                settings=settings,
                failures=failures,
                progress=progress,
            )
        with progress(len(plan.pages), unit="page", label="overlays") as bar:
            draw_pages(plan.pages, cut, on_page=bar.update)
    return SpecimensResult(tiles, overlays, len(plan.pages), stored)


@contextlib.contextmanager
def work(
    out: Path, settings: dict[str, Any], *, source: Path, overwrite: bool, failures: Sized = ()
) -> Iterator[outputs.State]:
    """Claim `out` and its folder of overlays for the block, or neither (see `outputs.work`)."""
    of = {"of": out.resolve().name} | {key: settings[key] for key in ("crop_px", "inputs", "centers")}
    drawing: dict[str, Any] = {"command": "data-prep spec overlays", "settings": of}
    cutting: dict[str, Any] = {"command": "data-prep spec", "settings": settings}
    common: dict[str, Any] = {"source": source, "overwrite": overwrite}
    outputs.check_claim(out, **cutting, **common)
    with (
        outputs.work(overlays_folder(out), **drawing, **common, failures=failures),
        outputs.work(out, **cutting, **common, failures=failures) as state,
    ):
        yield state


@dataclasses.dataclass(frozen=True)
class Cut:
    """Settings shared by all pages."""

    config: SpecConfig
    crop_px: int
    mode: Mode
    overlays: dict[str, Path]  # by page name: file of the page with its specimens drawn
    workers: int  # number of processes; does not affect the result
    report: Report  # called with each page that is left out, and the reason


def plan_records(pages: Sequence[PageSpecimens], cut: Cut) -> GroupedPlan[PageSpecimens]:
    """Plan the tiles of all pages as records, page after page."""
    counts = [len(page.specimens) for page in pages]
    return GroupedPlan(pages, counts, functools.partial(_make_records, cut=cut))


def _make_records(
    parts: Iterable[tuple[PageSpecimens, range]], *, cut: Cut
) -> Iterator[Sequence[Record | None]]:
    jobs = [_job(page, list(indices), cut) for page, indices in parts]
    for job, result in zip(jobs, map_in_order(_cut_records, jobs, workers=cut.workers), strict=True):
        if isinstance(result, str):
            cut.report(job.page.name, result)
            yield [None] * len(job.indices)
        else:
            yield result


def write_tiles(
    pages: Sequence[PageSpecimens],
    folder: Path,
    cut: Cut,
    *,
    on_tile: Callable[[int], None] = lambda count: None,
) -> int:
    """Write tiles under the names of `tile_path`; existing files are skipped.

    Returns:
        How many tiles are there now.

    Raises:
        WorkError: a file could not be written.
    """
    jobs, count = [], 0
    for page in pages:
        total = len(page.specimens)
        indices = [i for i in range(total) if not tile_path(folder, page.name, i).exists()]
        count += total - len(indices)
        if indices:
            jobs.append(_job(page, indices, cut, folder=folder))
    on_tile(count)
    for job, result in zip(jobs, map_in_order(_cut_files, jobs, workers=cut.workers), strict=True):
        if isinstance(result, str):
            cut.report(job.page.name, result)
        else:
            count += result
        on_tile(len(job.indices))
    return count


def draw_pages(
    pages: Sequence[PageSpecimens], cut: Cut, *, on_page: Callable[[int], None] = lambda count: None
) -> None:
    """Draw missing overlays. Cutting a page draws its overlay; pages without missing tiles are not cut.

    Raises:
        WorkError: an overlay could not be written.
    """
    jobs = [_job(page, [], cut) for page in pages if not cut.overlays[page.name].exists()]
    on_page(len(pages) - len(jobs))
    for job, refusal in zip(jobs, map_in_order(_draw, jobs, workers=cut.workers), strict=True):
        if refusal:
            cut.report(job.page.name, refusal)
        on_page(1)


@dataclasses.dataclass(frozen=True)
class _Job:
    page: PageSpecimens
    indices: list[int]
    config: SpecConfig
    crop_px: int
    mode: Mode
    overlay: Path
    folder: Path  # of tiles that are written as files


def _job(page: PageSpecimens, indices: list[int], cut: Cut, *, folder: Path = Path()) -> _Job:
    return _Job(page, indices, cut.config, cut.crop_px, cut.mode, cut.overlays[page.name], folder)


def _cut_records(job: _Job) -> list[Record] | str:
    try:
        return [Record(tile.image, tile.source) for tile in _tiles(job)]
    except InputError as error:
        return str(error)


def _cut_files(job: _Job) -> int | str:
    try:
        for tile in _tiles(job):
            images.write_image(tile_path(job.folder, tile.page, tile.index), tile.image)
    except InputError as error:
        return str(error)
    return len(job.indices)


def _draw(job: _Job) -> str:
    """Draw the overlay; return the reason if the page cannot be read, else ""."""
    try:
        _read(job)
    except InputError as error:
        return str(error)
    return ""


def _tiles(job: _Job) -> Iterator[SpecimenTile]:
    """Tiles of one page."""
    specimens = job.page.specimens
    yield from specimen_tiles(
        _read(job),
        specimens.boxes_px,
        specimens.centers_px,
        name=job.page.name,
        crop_px=job.crop_px,
        tile_px=job.config.tile_px,
        sheet=specimens.sheet,
        indices=job.indices,
    )


def _read(job: _Job) -> np.ndarray:
    """Read the page, and draw its overlay unless it exists."""
    page = read_drawing(job.page.path, mode=job.mode, max_megapixels=job.config.max_megapixels)
    if not job.overlay.exists():
        specimens = job.page.specimens
        drawn = overlay.draw_specimens(
            page[..., :3],
            specimens.boxes_px,
            specimens.centers_px,
            touching=specimens.touching,
            crop_px=job.crop_px,
        )
        images.write_image(job.overlay, drawn)
    return page
