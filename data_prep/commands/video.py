"""`video index` and `video reformat`: copies of videos."""

from pathlib import Path

from tyro.conf import Positional

from data_prep.progress import print_failure, progress, refuse_failures
from data_prep.video.reformat import CopyConfig, copy_videos

CONFIG = CopyConfig()


def index(
    sources: Positional[tuple[Path, ...]], out: Path, config: CopyConfig = CONFIG, overwrite: bool = False
) -> None:
    """Copy videos as 0001.mp4, 0002.mp4, ... in natural order, without encoding them.

    Args:
        sources: Videos, or folders of them; never changed.
        out: Folder for the copies; videos.json in it lists the source of each.
        overwrite: Replace an earlier result in --out.
    """
    _copy(sources, out, config, numbered=True, overwrite=overwrite)


def reformat(
    sources: Positional[tuple[Path, ...]], out: Path, config: CopyConfig = CONFIG, overwrite: bool = False
) -> None:
    """Copy videos into mp4 or mkv under their names, without encoding if nothing else changes.

    Args:
        sources: Videos, or folders of them; never changed.
        out: Folder for the copies; videos.json in it lists the source of each.
        overwrite: Replace an earlier result in --out.
    """
    _copy(sources, out, config, numbered=False, overwrite=overwrite)


def _copy(
    sources: tuple[Path, ...], out: Path, config: CopyConfig, *, numbered: bool, overwrite: bool
) -> None:
    made = copy_videos(
        sources,
        out,
        config,
        numbered=numbered,
        overwrite=overwrite,
        progress=progress,
        report=print_failure,
    )
    print(made)
    refuse_failures(made.failures, "video")
