"""Streams that are copied without encoding: the sound of a video, or all of it."""

import re
import shutil
from pathlib import Path

from data_prep.errors import WorkError
from data_prep.outputs import replacing
from data_prep.video.ffmpeg import Ffmpeg, finish

ENCODERS = {".mp4": ["-c:a", "aac", "-b:a", "160k"], ".webm": ["-c:a", "libopus", "-b:a", "128k"]}
ENCODERS[".mov"] = ENCODERS[".mp4"]
"""Formats that store sound, and the encoder where a stream cannot be copied."""
REPEATABLE = ["-fflags", "+bitexact", "-flags:a", "+bitexact"]


def has_audio(video: Path) -> bool:
    """Whether a file has sound."""
    with Ffmpeg(["-loglevel", "info", "-i", str(video)]) as ffmpeg:
        return re.search(r"^\s*Stream #[^\n]*: Audio: (?!none)", ffmpeg.log(), re.MULTILINE) is not None


def add_audio(
    silent: Path, source: Path, out: Path, *, start_sec: float = 0.0, duration_sec: float | None = None
) -> bool:
    """Write a video with the sound of another one; metadata are those of the silent video.

    The stream is copied where the format stores it and all of it is used, else encoded.

    Args:
        silent: the video.
        source: the file with the sound.
        out: the result, in the format of `silent`.
        start_sec: time in `source` at which the video starts.
        duration_sec: length of the sound; None: all of it.

    Returns: whether the sound could be read; if not, the video is silent.
    """
    cut = ["-ss", f"{start_sec:.6f}"] if start_sec else []
    cut += [] if duration_sec is None else ["-t", f"{duration_sec:.6f}"]
    command = ["-i", str(silent), *cut, "-i", str(source), "-map", "0:v:0", "-map", "1:a:0"]
    command += ["-map_metadata", "0", "-map_chapters", "-1", "-c:v", "copy"]
    with replacing(out) as partial:
        end = [*REPEATABLE, *_end(out), "-y", str(partial)]
        if not cut:
            with Ffmpeg([*command, "-c:a", "copy", *end]) as ffmpeg:
                if not ffmpeg.failed():
                    return True
        try:
            finish([*command, *ENCODERS[out.suffix.lower()], *end], out)
        except WorkError:
            shutil.copyfile(silent, partial)
            return False
    return True


def copy_streams(source: Path, out: Path, *, comment: str, audio: bool) -> bool:
    """Copy the video, and optionally the sound, into another file; False: its format cannot store them.

    Args:
        source: the video.
        out: the result.
        comment: metadata of the result.
        audio: copy the sound as well.
    """
    tracks = ["-map", "0:V:0", *(["-map", "0:a?"] if audio else [])]
    command = ["-i", str(source), *tracks, "-c", "copy", "-map_metadata", "-1", "-map_chapters", "-1"]
    command += ["-metadata", f"comment={comment}", *REPEATABLE, *_end(out)]
    copied = False
    try:
        with replacing(out) as partial:
            with Ffmpeg([*command, "-y", str(partial)]) as ffmpeg:
                copied = not ffmpeg.failed()
            if not copied:
                raise _NotCopied
    except _NotCopied:
        return False
    return True


class _NotCopied(Exception):
    """The format cannot store the streams."""


def _end(out: Path) -> list[str]:
    return ["-movflags", "+faststart"] if out.suffix.lower() in (".mp4", ".mov") else []
