"""`cuts`: scene cuts of a video."""

from pathlib import Path

from tyro.conf import Positional

from configs.data_prep import CONFIGS
from data_prep.outputs import check_file, write_json
from data_prep.progress import counted, progress
from data_prep.video.cuts import CutsConfig, find_cuts
from data_prep.video.durations import format_seconds
from data_prep.video.frame_index import read_index


def cuts(
    video: Positional[Path],
    out: Path | None = None,
    config: CutsConfig = CONFIGS["cuts"],
    overwrite: bool = False,
) -> None:
    """Find the scene cuts and fades of a video.

    Args:
        video: Video file.
        out: File for the cuts (.json), with frame and pts of each; default: only print them.
        overwrite: Replace --out.
    """
    config.check()
    if out is not None:
        check_file(out, suffix=".json", overwrite=overwrite)
    index = read_index(video)
    with progress(len(index), unit="frame", label=video.name) as bar:
        found = find_cuts(index, config, on_frame=bar.update)
    for cut in found.cuts:
        time = format_seconds(cut.time_sec)
        print(f"frame {cut.frame}  {time}  {cut.kind}  change {cut.change:.0f}, ratio {cut.ratio:.1f}")
    summary = f"{counted(len(found.cuts), 'cut')}; {len(found.by_cosine)} by the older cosine rule"
    if out is not None:
        write_json(out, found.as_json())
    print(f"{out or video}  {summary}")
