"""`photos`: crop photos to squares of one size."""

from pathlib import Path

from tyro.conf import Positional

from configs.data_prep import CONFIGS
from data_prep.progress import print_failure, print_warning, progress, refuse_failures
from data_prep.records.tile_files import TileFiles
from data_prep.sources.photos import PhotosConfig, crop_photos


def photos(
    source: Positional[Path],
    out: Path,
    config: PhotosConfig = CONFIGS["photos"],
    files: TileFiles = TileFiles(),  # noqa: B008
) -> None:
    """Crop photos to squares of one size, with the EXIF orientation applied.

    Args:
        source: Folder of images, including sub-folders, or one image; crops.json of a folder chooses parts.
        out: Folder for the dataset, or for the files, in the sub-folders of the source.
    """
    made = crop_photos(
        source, out, config, files=files, progress=progress, report=print_failure, warn=print_warning
    )
    print(made)
    refuse_failures(made.failures, "image")
