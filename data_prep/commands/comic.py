"""`comic`: pages of comics, or their panels, as numbered files."""

from pathlib import Path

from tyro.conf import Positional

from configs.data_prep import CONFIGS
from data_prep.comics.pages import ComicConfig, write_comic
from data_prep.comics.panels import PanelsConfig
from data_prep.errors import InputError
from data_prep.progress import print_failure, print_warning, progress, refuse_failures
from data_prep.workers import chosen_workers

PANELS = PanelsConfig()


def comic(
    pages: Positional[Path],
    out: Path,
    config: ComicConfig = CONFIGS["comic"],
    panels: bool = False,
    cut: PanelsConfig = PANELS,
    workers: int | None = None,
    overwrite: bool = False,
) -> None:
    """Crop and number the pages of comics, or cut their panels, as PNG files.

    Args:
        pages: Folder of pages, or of volumes. In each, comic.json {"start", "end", "exclude", "crop"} and
            crops.json choose and crop pages.
        out: Folder for the files; pages.json in it lists the page and box of each.
        panels: Write the panels of each page, in reading order.
        workers: Number of processes; default: one per core. Does not affect the result.
        overwrite: Replace an earlier result in --out.
    """
    if cut != PANELS and not panels:
        changed = next(name for name, value in vars(cut).items() if value != getattr(PANELS, name))
        raise InputError(f"--{changed.replace('_', '-')}: requires --panels")
    made = write_comic(
        pages,
        out,
        config,
        panels=cut if panels else None,
        workers=chosen_workers(workers),
        overwrite=overwrite,
        progress=progress,
        report=print_failure,
        warn=print_warning,
    )
    print(made)
    refuse_failures(made.failures, "page")
