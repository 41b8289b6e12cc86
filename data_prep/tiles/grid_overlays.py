"""Draw the grid on copies of pages, in worker processes."""

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from data_prep import images, outputs
from data_prep.errors import InputError
from data_prep.images import resize
from data_prep.pages import overlay
from data_prep.pages.adjustments import write_adjustments
from data_prep.pages.drawing import light_notes
from data_prep.pages.polarity import read_drawing
from data_prep.pages.selection import Pages
from data_prep.progress import Progress, Report, Warn, counted, ignore, no_progress
from data_prep.tiles.blob_plan import BlobConfig, PagePlan, plan_blobs
from data_prep.workers import check_workers, map_in_order

MAX_SIDE_PX = 4000  # copies are reduced to this longer side


@dataclasses.dataclass(frozen=True)
class GridsResult:
    """Copies of pages with the grid drawn."""

    folder: Path
    copies: tuple[tuple[Path, str], ...]  # (file, summary of its grid)
    tiles: int  # that `blob` would cut
    adjustments: str  # line about the file of adjustments, if it was created
    failures: Mapping[str, str]  # pages that were left out -> reason

    def __str__(self) -> str:
        lines = [self.adjustments] if self.adjustments else []
        lines += [f"{path}  {summary}" for path, summary in self.copies]
        return "\n".join([*lines, f"{self.folder}  {counted(self.tiles, 'tile')}"])


def draw_grids(
    pages: Pages,
    out: Path,
    config: BlobConfig,
    *,
    workers: int = 1,
    overwrite: bool = False,
    progress: Progress = no_progress,
    report: Report = ignore,
    warn: Warn = ignore,
) -> GridsResult:
    """Draw the grid on copies of pages; create the file of adjustments if it is missing.

    Args:
        pages: selected pages.
        out: folder of the copies.
        config: as for cutting the tiles.
        workers: number of processes; does not affect the result.
        overwrite: replace an earlier result in `out`.
        progress: opens a progress bar.
        report: called with each page that is left out, and the reason.
        warn: called with a message about unusual settings, or if adjustments cannot be written.

    Raises: InputError: an invalid setting, no page can be cut, or `out` holds something else.
    """
    check_workers(workers)
    plan = plan_blobs(pages, config, report=report, warn=warn)
    # Without the offsets, which users edit, and --page: copies are then drawn again in place.
    settings = dataclasses.asdict(config) | {"pages": str(pages.source.resolve())}
    with outputs.work(
        out,
        command="data-prep grid",
        settings=settings,
        source=pages.source,
        overwrite=overwrite,
        failures=plan.failures,
    ):
        created = "" if pages.adjustments_file.exists() else _create_adjustments(pages, warn)
        targets = [(page, out / outputs.fit_name(pages.label(page.path), "_grid.jpg")) for page in plan.pages]
        drawn = []
        with progress(len(targets), unit="page", label="grid") as bar:
            for page, target in draw_copies(
                targets,
                tile_px=config.tile_px,
                max_megapixels=config.max_megapixels,
                workers=workers,
                report=plan.failures,
                warn=warn,
            ):
                drawn.append((page, target))
                bar.update()
    copies = tuple((target, str(page)) for page, target in drawn)
    return GridsResult(out, copies, sum(len(page.indices) for page, _ in drawn), created, plan.failures)


def _create_adjustments(pages: Pages, warn: Warn) -> str:
    """Write the file of adjustments; return a line about it."""
    file = pages.adjustments_file
    try:
        write_adjustments(file, pages.adjustments)
    except OSError as error:
        warn(f"{file} could not be written ({error.strerror}); choose another file with --adjustments")
        return ""
    count = counted(len(pages.adjustments), "page")
    return f"{file}  offsets of {count}, in cells; edit them and run the command again"


def draw_copies(
    pages: Sequence[tuple[PagePlan, Path]],
    *,
    tile_px: int,
    max_megapixels: float,
    workers: int,
    report: Report,
    warn: Warn = ignore,
) -> Iterator[tuple[PagePlan, Path]]:
    """Write a copy of each page and yield its path; unreadable pages are reported and left out.

    Args:
        pages: plan of each page, and the file to write.
        tile_px: side of the example tile that is drawn.
        max_megapixels: larger pages are left out.
        workers: number of processes; does not affect the result.
        report: called with each page that is left out, and the reason.
        warn: called with what was changed about each page on reading, and about its light.

    Raises: WorkError: a copy could not be written.
    """
    jobs = [_Job(plan, target, tile_px, max_megapixels) for plan, target in pages]
    results = map_in_order(_draw, jobs, workers=max(1, min(workers, len(jobs))))
    for (plan, target), (refusal, notes) in zip(pages, results, strict=True):
        for note in notes:
            warn(f"{plan.name}: {note}")
        if refusal:
            report(plan.name, refusal)
        else:
            yield plan, target


@dataclasses.dataclass(frozen=True)
class _Job:
    plan: PagePlan
    target: Path
    tile_px: int
    max_megapixels: float


def _draw(job: _Job) -> tuple[str, list[images.Note]]:
    """Write the copy; return ("", notes), or the reason if the page cannot be read."""
    plan = job.plan
    notes: list[images.Note] = []
    try:
        page = read_drawing(plan.path, mode="rgb", max_megapixels=job.max_megapixels, note=notes.append)
    except InputError as error:
        return str(error), []
    notes += light_notes(page)
    centers = plan.centers[plan.indices]
    copy = overlay.draw_grid(page, plan.grid, centers=centers, tile_px=job.tile_px, label=str(plan))
    shrink = -(-max(copy.shape) // MAX_SIDE_PX)
    copy = resize.resize(copy, copy.shape[0] // shrink, copy.shape[1] // shrink)
    images.write_image(job.target, copy)
    return "", notes
