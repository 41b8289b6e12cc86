"""`frames`: frames of videos as a dataset."""

from pathlib import Path

from tyro.conf import Positional

from configs.data_prep import CONFIGS
from data_prep.comics.frames import FramesConfig, write_frames
from data_prep.progress import print_failure, print_note, progress, refuse_failures
from data_prep.records.tile_files import TileFiles


def frames(
    videos: Positional[tuple[Path, ...]],
    out: Path,
    config: FramesConfig = CONFIGS["frames"],
    exclude_file: Path | None = None,
    files: TileFiles = TileFiles(),  # noqa: B008
) -> None:
    """Take frames of videos at a constant rate, as a dataset or as PNG files.

    Args:
        videos: Video files.
        out: Folder for the dataset or the files; each frame is stored with its number and pts.
        exclude_file: exclusions.json, as `find` writes it.
    """
    made = write_frames(
        videos,
        out,
        config,
        exclude_file=exclude_file,
        files=files,
        progress=progress,
        report=print_failure,
        warn=print_note,
    )
    print(made)
    refuse_failures(made.failures, "video")
