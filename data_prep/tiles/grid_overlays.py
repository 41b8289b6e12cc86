"""Draw the grid on copies of pages, in worker processes."""

import dataclasses
from collections.abc import Iterator, Sequence
from pathlib import Path

from data_prep import images
from data_prep.errors import InputError
from data_prep.images import resize
from data_prep.pages import overlay
from data_prep.progress import Report, counted
from data_prep.tiles.blob_dataset import PagePlan
from data_prep.workers import map_in_order

MAX_SIDE_PX = 4000  # copies are reduced to this longer side


def draw_copies(
    pages: Sequence[tuple[PagePlan, Path]],
    *,
    tile_px: int,
    max_megapixels: float,
    workers: int,
    report: Report,
) -> Iterator[tuple[PagePlan, Path]]:
    """Write a copy of each page and yield its path; unreadable pages are reported and left out.

    Args:
        pages: plan of each page, and the file to write.
        tile_px: side of the example tile that is drawn.
        max_megapixels: larger pages are left out.
        workers: number of processes; does not affect the result.
        report: called with each page that is left out, and the reason.

    Raises: WorkError: a copy could not be written.
    """
    jobs = [_Job(plan, target, tile_px, max_megapixels) for plan, target in pages]
    results = map_in_order(_draw, jobs, workers=max(1, min(workers, len(jobs))))
    for (plan, target), refusal in zip(pages, results, strict=True):
        if refusal:
            report(plan.name, refusal)
        else:
            yield plan, target


def counts(plan: PagePlan) -> str:
    """Summary, e.g. "12 x 18 cells from 0, 0: 748 tiles"."""
    x, y = plan.grid.offset_cell
    return (
        f"{plan.grid.rows} x {plan.grid.cols} cells from {x:g}, {y:g}: {counted(len(plan.indices), 'tile')}"
        + (f", {plan.leaving} of {len(plan.centers)} leave the page" if plan.leaving else "")
    )


@dataclasses.dataclass(frozen=True)
class _Job:
    plan: PagePlan
    target: Path
    tile_px: int
    max_megapixels: float


def _draw(job: _Job) -> str:
    """Write the copy; return the reason if the page cannot be read, else ""."""
    plan = job.plan
    try:
        page = images.read_image(plan.path, mode="rgb", max_megapixels=job.max_megapixels)
    except InputError as error:
        return str(error)
    centers = plan.centers[plan.indices]
    copy = overlay.draw_grid(page, plan.grid, centers=centers, tile_px=job.tile_px, label=counts(plan))
    shrink = -(-max(copy.shape) // MAX_SIDE_PX)
    copy = resize.resize(copy, copy.shape[0] // shrink, copy.shape[1] // shrink)
    images.write_image(job.target, copy)
    return ""
