"""`pack`: convert existing images to a dataset."""

from pathlib import Path

from tyro.conf import Positional, UseAppendAction

from data_prep.pages.selection import find_pages
from data_prep.progress import print_failure, print_warning, progress, refuse_failures
from data_prep.records.pages import PagesConfig, check_unused, pack_pages
from data_prep.records.tile_files import RecordFiles
from data_prep.sources.pack import PackConfig, pack_images


def pack(
    source: Positional[Path],
    out: Path,
    config: PackConfig = PackConfig(),  # noqa: B008
    pages: bool = False,
    grid: PagesConfig = PagesConfig(),  # noqa: B008
    page: UseAppendAction[tuple[str, ...]] = (),
    adjustments: Path | None = None,
    files: RecordFiles = RecordFiles(),  # noqa: B008
) -> None:
    """Convert existing images to a dataset.

    Args:
        source: Folder of images (including sub-folders), a .zip of them, TFRecord shards of Examples with
            image_bytes and image_shape, or another dataset, without its excluded records.
        out: Folder for the dataset.
        pages: Store whole pages, from which training cuts tiles: anywhere in the grid, or around the
            specimen centres of adjustments.json (see spec).
        page: With --pages, only these pages, by name, stem or pattern; repeatable.
        adjustments: With --pages, file of offsets and centres; default: adjustments.json next to the pages.
    """
    files.check()
    if pages:
        config.check_for_pages()
        found = find_pages(source, chosen=page, adjustments=adjustments, warn=print_warning)
        made = pack_pages(
            found,
            out,
            grid,
            mode=config.mode,
            max_megapixels=config.max_megapixels,
            files=files,
            progress=progress,
            report=print_failure,
            warn=print_warning,
        )
    else:
        check_unused(grid, page=page, adjustments=adjustments)
        made = pack_images(
            source, out, config, files=files, progress=progress, report=print_failure, warn=print_warning
        )
    print(made)
    refuse_failures(made.failures, "page" if pages else "image")
