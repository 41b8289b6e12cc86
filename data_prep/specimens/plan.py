"""Plan the tiles of specimens: detect them on the selected pages, or take stored centres."""

import dataclasses
import zlib
from collections.abc import Sequence

import numpy as np

from data_prep import images
from data_prep.images import Mode
from data_prep.pages.adjustments import write_adjustments
from data_prep.pages.selection import Pages
from data_prep.progress import Failures, Progress, Report, Warn, counted, ignore, no_progress
from data_prep.specimens.pages import PageSpecimens, SpecConfig, crop_px, doubts, find_on_pages


@dataclasses.dataclass(frozen=True)
class SpecimenPlan:
    """The specimens of all pages."""

    selection: Pages
    pages: list[PageSpecimens]
    config: SpecConfig
    crop_px: int  # side of the square cut for each specimen
    mode: Mode  # channels of the tiles
    stored: int  # pages whose centres are those of the file of adjustments
    failures: Failures  # pages that are left out; those that cannot be read are added when tiles are cut

    @property
    def count(self) -> int:
        """Number of tiles."""
        return sum(len(page.specimens) for page in self.pages)

    @property
    def image_shape(self) -> tuple[int, int, int]:
        """(height, width, channels) of a tile."""
        return self.config.tile_px, self.config.tile_px, images.CHANNELS[self.mode]


def plan_specimens(
    pages: Pages,
    config: SpecConfig,
    *,
    redetect: bool = False,
    workers: int = 1,
    progress: Progress = no_progress,
    report: Report = ignore,
    warn: Warn = ignore,
) -> SpecimenPlan:
    """Find the specimens of selected pages.

    Args:
        pages: selected pages; centres in their adjustments replace detected ones.
        config: detection and cutting settings.
        redetect: ignore stored centres.
        workers: number of processes; does not affect the result.
        progress: opens a progress bar.
        report: called with each page that is left out, and the reason.
        warn: called with a message about each doubtful page.

    Raises:
        InputError: an invalid setting, no readable page, or no specimen on any page.
    """
    failures = Failures(report)
    stored = {} if redetect else pages.adjustments
    known = sum(path.name in stored and stored[path.name].centers_px is not None for path in pages.paths)
    with progress(len(pages.paths), unit="page", label="find") as bar:
        found, mode = find_on_pages(
            pages.paths, config, stored, workers=workers, report=failures, on_page=bar.update
        )
    side_px = crop_px(found, config)
    for page in found:
        for doubt in doubts(page, side_px):
            warn(f"{page.name}: {doubt}")
    return SpecimenPlan(pages, found, config, side_px, mode, known, failures)


def store_centers(plan: SpecimenPlan, *, warn: Warn = ignore) -> str:
    """Write the centres to the file of adjustments, unless they are there already.

    Args:
        plan: specimens of all pages.
        warn: called with a message if the file cannot be written.

    Returns: a line about the file; empty if it cannot be written.
    """
    adjustments, file = plan.selection.adjustments, plan.selection.adjustments_file
    changed = dict(adjustments)
    for page in plan.pages:
        changed[page.name] = dataclasses.replace(changed[page.name], centers_px=page.centers_px)
    if changed != adjustments:
        try:
            write_adjustments(file, changed)
        except OSError as error:
            warn(f"{file} could not be written ({error.strerror}); choose another file with --adjustments")
            return ""
    count = counted(len(plan.pages), "page")
    return f"{file}  centres of {count}; correct them and run again with --overwrite"


def centers_crc(pages: Sequence[PageSpecimens]) -> str:
    """Checksum of all centres and boxes: 'N specimens, crc32 0a1b2c3d'."""
    crc, count = 0, 0
    for page in pages:
        values = np.concatenate([page.specimens.centers_px, page.specimens.boxes_px], axis=1)
        crc, count = zlib.crc32(values.tobytes(), crc), count + len(values)
    return f"{counted(count, 'specimen')}, crc32 {crc:08x}"
