"""`gan next-frame generate`: a clip -> a video of its end and of a continuation."""

from pathlib import Path

import tyro

from data_prep.progress import print_warning, progress


def next_frame_generate(
    run: tyro.conf.Positional[Path],
    clip: tyro.conf.Positional[Path],
    *,
    page: str,
    frames: int,
    out: Path,
    context_sec: float = 1.0,
    truncation: float = 0.9,
    overwrite: bool = False,
) -> None:
    """Continue a clip: a video of its last frames and of the frames that the model predicts after them.

    Args:
        run: run folder of a next-frame model.
        clip: video to continue.
        page: image of the page, or its number from 0 in the pages of the training.
        frames: number of frames to predict.
        out: .mp4 to write.
        context_sec: length of the end of the clip at the start of the video, seconds.
        truncation: truncation psi, applied once per second, so that errors do not add up; 1: off.
        overwrite: replace an existing file.
    """
    from gan.next_frame.continuation import continue_clip

    continued = continue_clip(
        run,
        clip,
        page=page,
        frames=frames,
        out=out,
        context_sec=context_sec,
        truncation=truncation,
        overwrite=overwrite,
        progress=progress,
        warn=print_warning,
    )
    print(continued)
