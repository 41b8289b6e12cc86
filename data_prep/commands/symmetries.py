"""`symmetries`: make eight rotated and mirrored copies of every tile."""

from pathlib import Path

from tyro.conf import Positional

from data_prep.progress import print_failure, progress, refuse_failures
from data_prep.records.tile_files import RecordFiles
from data_prep.tiles.symmetric_dataset import copy_symmetries


def symmetries(
    tiles: Positional[Path],
    out: Path,
    files: RecordFiles = RecordFiles(),  # noqa: B008
) -> None:
    """Rotate every tile and its mirror image by 0, 90, 180 and 270 degrees: r0 to r3, m_r0 to m_r3.

    A dataset is converted to a dataset, a folder of images to PNG files (stem_r0.png ... stem_m_r3.png).

    Args:
        tiles: A dataset, or a folder of square images, including sub-folders.
        out: Folder for the dataset, or for the files.
    """
    made = copy_symmetries(tiles, out, files=files, progress=progress, report=print_failure)
    print(made)
    refuse_failures(made.failures, "tile")
