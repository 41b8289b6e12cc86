"""The only ffmpeg: video files <-> iterators of uint8 frames [H, W, C], in memory constant in clip length."""

import dataclasses
import json
import math
import re
import subprocess
from collections.abc import Iterable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any, Literal, get_args

import numpy as np
from PIL import Image

from data_prep.errors import InputError, WorkError
from data_prep.outputs import replacing
from data_prep.video import metadata as film_notes
from data_prep.video.ffmpeg import PIXELS, Ffmpeg
from data_prep.video.formats import ACCURATE, FORMATS, Clip, Codec, Preset

TELLING = ["-loglevel", "level+info", "-nostats"]  # ffmpeg says more than errors, each marked as such


@dataclasses.dataclass(frozen=True)
class VideoInfo:
    """A clip's geometry: frames are read as [height_px, width_px, C]."""

    height_px: int
    width_px: int
    fps: float  # mean over the clip
    frames: int
    duration_sec: float


def write_video(
    frames: Iterable[np.ndarray],
    path: Path,
    *,
    fps: float,
    crf: int = 18,
    preset: Preset = "medium",
    codec: Codec = "h264",
    metadata: dict[str, Any] | None = None,
    film: Path | None = None,
) -> int:
    """Encode frames as they come, whole or not at all, in the format of the suffix.

    .mp4 is H.264 or H.265, yuv420p (BT.709), ready to stream; .webm is VP9, with alpha if frames have it: in
    both an odd width or height grows by one pixel that repeats the edge. .mov is ProRes 4444, with alpha.
    .gif loops forever, by one palette made for the whole clip; gray clips keep their exact values. Its delays
    are whole centiseconds that add up to the clip's duration; above 50 fps it is thinned to 50. .webp and
    .apng loop forever too, and have alpha; .apng keeps every pixel, as .webp does at crf 0.

    Args:
        frames: uint8 [H, W, C], all of one shape; C = 1 or 3, or 4 where the format has alpha.
        path: ends in a key of FORMATS.
        fps: frames per second.
        crf: quality of mp4, 0 (lossless luma) to 51, of webm, up to 63, and of webp, up to 99.
        preset: effort of mp4 and webm.
        codec: of mp4.
        metadata: JSON-able, kept in the file's comment; `read_metadata` gives it back.
        film: of which this is a piece; named where it fails.

    Returns:
        How many frames were written.

    Raises:
        InputError: suffix, fps, crf or preset is not allowed, or there are no frames.
        WorkError: a frame has another shape or dtype than the first (its index is named), or ffmpeg
            failed (its reason is named).
    """
    if path.suffix.lower() not in FORMATS:
        raise InputError(f"{path.name} is no video name; it should end in {', '.join(FORMATS)}")
    made_as = FORMATS[path.suffix.lower()]
    if not (math.isfinite(fps) and fps > 0):
        raise InputError(f"fps is {fps}; it should be above 0")
    if made_as.max_crf and not 0 <= crf <= made_as.max_crf:
        raise InputError(f"crf is {crf}; for {path.suffix} it should be 0 (best) to {made_as.max_crf}")
    if preset not in get_args(Preset):
        raise InputError(f"preset is {preset!r}; there are {', '.join(get_args(Preset))}")
    stream = iter(frames)
    first = next(stream, None)
    if first is None:
        raise InputError(f"no frames for {path}")
    channels = [c for c in PIXELS if c < 4 or made_as.alpha]
    if first.dtype != np.uint8 or first.ndim != 3 or first.shape[2] not in channels:
        takes = f"uint8 [H, W, {' or '.join(map(str, channels))}]"
        raise WorkError(f"frame 0 for {film or path} is {_look(first)}; {path.suffix} takes {takes}")
    clip = Clip(
        height_px=first.shape[0],
        width_px=first.shape[1],
        channels=first.shape[2],
        fps=Fraction(fps).limit_denominator(1001),
        crf=crf,
        preset=preset,
        codec=codec,
        metadata=None if metadata is None else json.dumps(metadata),
        film=film or path,
    )
    count = 0

    def checked() -> Iterator[np.ndarray]:
        nonlocal count
        frame: np.ndarray | None = first
        while frame is not None:
            if frame.shape != first.shape or frame.dtype != first.dtype:
                raise WorkError(
                    f"frame {count} for {film or path} is {_look(frame)}; the first one is {_look(first)}"
                )
            yield frame
            count += 1
            frame = next(stream, None)

    with replacing(path) as partial:
        made_as.write(checked(), partial, clip)
    return count


def read_video(path: Path, *, mode: Literal["gray", "rgb"] = "rgb") -> Iterator[np.ndarray]:
    """Frames of a video or animated GIF in order, as stored: none dropped or repeated to even out time.

    Where a film is clear, white shows through, as with `read_image`.

    Yields: uint8 [H, W, 1] or [H, W, 3], upright as the file says.
    Raises: InputError: no such file, or no video in it, or, at its end, its frames change their size.
        WorkError: it is damaged further on.
    """
    if not path.is_file():
        raise InputError(f"no file {path}")
    decoder, has_alpha = _look_for_alpha(path)
    # PAM carries its size in every frame, so rotated and resized streams need no second guess.
    command = [*TELLING, "-xerror", *decoder, "-i", str(path), "-map", "0:v:0", "-fps_mode", "passthrough"]
    encoder, pixels = {"gray": ("pgm", "gray"), "rgb": ("ppm", "rgb24")}[mode]
    if has_alpha:
        encoder, pixels = "pam", "rgba"
    command += ["-sws_flags", ACCURATE, "-pix_fmt", pixels, "-c:v", encoder, "-f", "image2pipe", "pipe:1"]
    count = 0
    with Ffmpeg(command, stdout=subprocess.PIPE) as ffmpeg:
        while magic := ffmpeg.stdout.readline():
            if magic == b"P7\n":
                rows = dict(line.split()[:2] for line in iter(ffmpeg.stdout.readline, b"ENDHDR\n") if line)
                width_px, height_px = int(rows[b"WIDTH"]), int(rows[b"HEIGHT"])
            else:
                width_px, height_px = map(int, ffmpeg.stdout.readline().split())
                ffmpeg.stdout.readline()  # the largest value, 255
            shape = (height_px, width_px, {b"P5\n": 1, b"P6\n": 3, b"P7\n": 4}[magic])
            data = ffmpeg.stdout.read(math.prod(shape))
            if len(data) < math.prod(shape):
                break
            frame = np.frombuffer(data, np.uint8).reshape(shape)
            yield _over_white(frame, mode) if has_alpha else frame
            count += 1
        if count == 0:
            raise InputError(f"{path} is not a video that can be read; give an .mp4, .gif or the like")
        if ffmpeg.failed():
            raise WorkError(f"{path} is damaged after frame {count - 1}: {ffmpeg.reason()}")
        _check_one_size(path, ffmpeg.log())


def video_info(path: Path) -> VideoInfo:
    """Size, mean rate, count and duration of a clip; packets are counted, one frame is decoded.

    Raises: InputError: no such file, or no video in it.
    """
    frames = read_video(path)
    height_px, width_px, _ = next(frames).shape
    frames.close()  # type: ignore[attr-defined]
    command = ["-i", str(path), "-map", "0:v:0", "-c", "copy", "-f", "framecrc", "pipe:1"]
    tick_sec, spans = Fraction(1), []
    with Ffmpeg(command, stdout=subprocess.PIPE) as ffmpeg:
        for line in ffmpeg.stdout:  # "#tb 0: 1/12800", then "stream, dts, pts, duration, bytes, crc"
            if line.startswith(b"#tb"):
                tick_sec = Fraction(line.split()[-1].decode())
            elif not line.startswith(b"#"):
                pts, duration = map(int, line.split(b",")[2:4])
                spans.append((pts, pts + duration))
    duration_sec = (max(end for _, end in spans) - min(start for start, _ in spans)) * tick_sec
    fps = float(len(spans) / duration_sec) if duration_sec else 0.0
    return VideoInfo(height_px, width_px, fps, len(spans), float(duration_sec))


def count_frames(path: Path, *, most: int | None = None) -> int:
    """How many frames `read_video` gives, which may be fewer than there are packets; all are decoded.

    Args:
        path: the clip.
        most: count no further than this.

    Raises: InputError: no such file, or no video in it, or its frames change their size. WorkError: it is
        damaged further on.
    """
    if not path.is_file():
        raise InputError(f"no file {path}")
    command = [*TELLING, "-xerror", "-i", str(path), "-map", "0:v:0", "-fps_mode", "passthrough"]
    command += [] if most is None else ["-frames:v", str(most)]
    with Ffmpeg([*command, "-f", "framecrc", "pipe:1"], stdout=subprocess.PIPE) as ffmpeg:
        count = sum(not line.startswith(b"#") for line in ffmpeg.stdout)
        if count == 0:
            raise InputError(f"{path} is not a video that can be read; give an .mp4, .gif or the like")
        if ffmpeg.failed():
            raise WorkError(f"{path} is damaged after frame {count - 1}: {ffmpeg.reason()}")
        _check_one_size(path, ffmpeg.log())
    return count


def read_metadata(path: Path) -> dict[str, Any] | None:
    """The `metadata` that write_video kept in a file; None where there is none of ours.

    Raises: InputError: no such file, or no video in it.
    """
    if not path.is_file():
        raise InputError(f"no file {path}")
    with Ffmpeg(["-i", str(path), "-f", "ffmetadata", "pipe:1"], stdout=subprocess.PIPE) as ffmpeg:
        text = ffmpeg.stdout.read().decode(errors="replace")
        if ffmpeg.failed():
            raise InputError(f"{path} is not a video that can be read: {ffmpeg.reason()}")
    note = film_notes.find_note(path)
    comment = re.search(r"^comment=((?:\\.|[^\\\n])*)", text, re.MULTILINE | re.DOTALL | re.IGNORECASE)
    if note is None and comment is not None:
        note = re.sub(r"\\(.)", r"\1", comment[1], flags=re.DOTALL)
    try:
        value = json.loads(note or "")
    except ValueError:
        return None
    return value if isinstance(value, dict) else None


def _look_for_alpha(path: Path) -> tuple[list[str], bool]:
    """The decoder that keeps the alpha of a film, where it is not the usual one; and whether it has any."""
    with Ffmpeg(["-loglevel", "info", "-i", str(path)]) as ffmpeg:
        text = ffmpeg.log()
    stream = re.search(r"Video: (\w+)[^\n]*?, (\w+)", text)
    if stream is None:
        return [], False
    codec, pixels = stream.groups()
    if codec in ("vp8", "vp9") and re.search(r"alpha_mode\s*: 1", text, re.IGNORECASE):
        return ["-c:v", {"vp8": "libvpx", "vp9": "libvpx-vp9"}[codec]], True
    return [], pixels.startswith(("yuva", "rgba", "bgra", "argb", "abgr", "gbrap", "ya", "pal8"))


def _check_one_size(path: Path, log: str) -> None:
    """Raise InputError if frames change their size, which ffmpeg levels out and only tells."""
    own = re.search(r"Video: [^\n]*?, (\d+)x(\d+)", log)
    for width, height in re.findall(r"parameters changed to [^\n]*?, (\d+)x(\d+)", log):
        if own is not None and (width, height) != own.groups():
            raise InputError(
                f"{path} changes its size from {own[1]} x {own[2]} px to {width} x {height} px; a film has "
                "one size: cut it there, or encode it anew in one"
            )


def _over_white(frame: np.ndarray, mode: Literal["gray", "rgb"]) -> np.ndarray:
    """uint8 [H, W, 4] -> [H, W, 1 or 3]: by the arithmetic of `read_image`."""
    image = Image.fromarray(frame)
    laid = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image)
    flat = np.asarray(laid.convert("L" if mode == "gray" else "RGB"))
    return flat.reshape(*frame.shape[:2], -1)


def _look(frame: np.ndarray) -> str:
    return f"{frame.dtype} {list(frame.shape)}"
