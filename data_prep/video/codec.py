"""Video files <-> iterators of uint8 frames [H, W, C], by ffmpeg, in memory independent of length."""

import dataclasses
import functools
import json
import math
import re
import subprocess
from collections.abc import Generator, Iterable, Iterator, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any, Literal, NoReturn, get_args

import numpy as np
from PIL import Image

from data_prep.errors import InputError, WorkError
from data_prep.outputs import replacing
from data_prep.video.ffmpeg import PIXELS, Ffmpeg
from data_prep.video.formats import ACCURATE, FORMATS, Clip, Codec, Preset
from data_prep.video.metadata import find_comment
from data_prep.video.timing import Timing, read_timing

VERBOSE = ["-loglevel", "level+info", "-nostats"]  # log lines carry their level
SELECTED = ["-map", "0:V:0", "-fps_mode", "passthrough"]  # first video stream that is no cover, all frames
PLANAR = f"scale=flags={ACCURATE},format=gbrp"  # before rgb24: the same bits, sooner (swscale's SIMD code)
COVER = "(attached pic)"
MOST_STRETCH = 8  # pixels longer than this are taken for a wrong note in the file
SQUARE = f"scale='if(gt(sar,1),round(iw*sar),iw)':'if(gt(sar,1),ih,round(ih/sar))':flags={ACCURATE},setsar=1"


@dataclasses.dataclass(frozen=True)
class VideoInfo:
    """Geometry and timing of a video; frames are read as [height_px, width_px, C]."""

    height_px: int
    width_px: int
    fps: float  # mean over the video
    frames: int
    duration_sec: float
    timing: Timing
    pixel_aspect: Fraction  # width / height of a stored pixel; frames are read with square ones


def write_video(
    frames: Iterable[np.ndarray],
    path: Path,
    *,
    fps: float,
    crf: int = 18,
    preset: Preset = "medium",
    codec: Codec = "h264",
    metadata: dict[str, Any] | None = None,
    target: Path | None = None,
    count: int | None = None,
) -> int:
    """Encode frames as they come, in the format of the suffix; the file appears whole or not at all.

    .mp4: H.264 or H.265, yuv420p (BT.709), ready to stream. .webm: VP9, with alpha if frames have it. In both
    an odd width or height grows by one pixel that repeats the edge. .mov: ProRes 4444, with alpha. .gif:
    loops forever; one palette for the whole video; gray videos keep their exact values; delays are whole
    centiseconds that add up to the duration; above 50 fps frames are dropped to 50. .webp, .apng: loop
    forever, with alpha; .apng is lossless, and .webp at crf 0.

    Args:
        frames: uint8 [H, W, C], all of one shape; C = 1 or 3, or 4 where the format has alpha.
        path: its suffix is a key of FORMATS.
        fps: frames per second.
        crf: quality of mp4, 0 (lossless luma) to 51; webm, to 63; webp, to 99.
        preset: effort of mp4 and webm.
        codec: of mp4.
        metadata: JSON-able, stored in the file's comment; read by `read_metadata`.
        target: path named in errors, where `path` is a segment of it.
        count: number of frames, if known: the last ones of an .mp4 are then coded so that a loop has no jump.

    Returns:
        Number of frames written.

    Raises:
        InputError: suffix, fps, crf or preset is invalid, or there are no frames.
        WorkError: a frame differs from the first in shape or dtype (its index is named), or ffmpeg failed
            (its reason is named).
    """
    if path.suffix.lower() not in FORMATS:
        raise InputError(f"{path.name}: must end in one of {', '.join(FORMATS)}")
    container = FORMATS[path.suffix.lower()]
    if not (math.isfinite(fps) and fps > 0):
        raise InputError(f"--fps {fps}: must be above 0")
    if container.max_crf and not 0 <= crf <= container.max_crf:
        raise InputError(f"--crf {crf}: must be between 0 (best) and {container.max_crf} for {path.suffix}")
    if preset not in get_args(Preset):
        raise InputError(f"--preset {preset}: must be one of {', '.join(get_args(Preset))}")
    stream = iter(frames)
    first = next(stream, None)
    if first is None:
        raise InputError(f"no frames for {path}")
    channels = [c for c in PIXELS if c < 4 or container.alpha]
    if first.dtype != np.uint8 or first.ndim != 3 or first.shape[2] not in channels:
        takes = f"uint8 [H, W, {' or '.join(map(str, channels))}]"
        raise WorkError(f"frame 0 of {target or path} is {_describe(first)}, but {path.suffix} needs {takes}")
    clip = Clip(
        height_px=first.shape[0],
        width_px=first.shape[1],
        channels=first.shape[2],
        fps=Fraction(fps).limit_denominator(1001),
        crf=crf,
        preset=preset,
        codec=codec,
        metadata=None if metadata is None else json.dumps(metadata),
        target=target or path,
        count=count,
    )
    written = 0

    def checked() -> Iterator[np.ndarray]:
        nonlocal written
        frame: np.ndarray | None = first
        while frame is not None:
            if frame.shape != first.shape or frame.dtype != first.dtype:
                raise WorkError(
                    f"frame {written} of {target or path} is {_describe(frame)}, "
                    f"but frame 0 is {_describe(first)}"
                )
            yield frame
            written += 1
            frame = next(stream, None)

    with replacing(path) as partial:
        container.write(checked(), partial, clip)
    return written


def read_video(
    path: Path, *, mode: Literal["gray", "rgb"] = "rgb", fps: Fraction | None = None
) -> Iterator[np.ndarray]:
    """Yield the frames of a video or animated image in order.

    Transparent parts show white, as with `read_image`. Pixels that are not square are resampled: the shorter
    side of a pixel keeps its scale.

    Args:
        path: the video.
        mode: channels.
        fps: repeat frames so that they keep their times at this rate; None: every frame once, as stored.

    Yields: uint8 [H, W, 1] or [H, W, 3], rotated upright.
    Raises: InputError: no such file, no video in it, or (at the end) frames change size. WorkError: the file
        is damaged further on.
    """
    for frame, _ in decode(path, mode=mode, filters=_filters(fps)):
        yield frame


def decode(
    path: Path, *, mode: Literal["gray", "rgb"], seek: Sequence[str] = (), filters: Sequence[str] = ()
) -> Generator[tuple[np.ndarray, Ffmpeg], None, None]:
    """Yield the frames of `read_video`, each with the process that decodes them.

    Args:
        path: the video.
        mode: channels.
        seek: input options of ffmpeg, e.g. -ss; there may then be no frames.
        filters: of ffmpeg, applied first.

    Raises: as `read_video`.
    """
    stream = _probe(path)
    # Every PNM/PAM frame carries its size, so rotated and resized streams need no other source for it.
    command = [*VERBOSE, "-xerror", *stream.decoder, *seek, "-i", str(path), *SELECTED]
    encoder, pixels = {"gray": ("pgm", "gray"), "rgb": ("ppm", "rgb24")}[mode]
    if stream.has_alpha:
        encoder, pixels = "pam", "rgba"
    filters = [*filters, *square_filters(path), *([PLANAR] if pixels == "rgb24" else [])]
    command += ["-vf", ",".join(filters)] if filters else []
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
            yield (_over_white(frame, mode) if stream.has_alpha else frame), ffmpeg
            count += 1
        if count == 0 and not seek:
            refuse(path)
        if ffmpeg.failed():
            raise WorkError(f"{path} is damaged after frame {count - 1}: {ffmpeg.reason()}")
        _check_one_size(path, ffmpeg.log())


def video_info(path: Path) -> VideoInfo:
    """Read size, rate, frame count and duration; packets are counted, one frame is decoded.

    Raises: InputError: no such file, or no video in it.
    """
    frames = read_video(path)
    height_px, width_px, _ = next(frames).shape
    frames.close()  # type: ignore[attr-defined]
    timing = read_timing(path)
    duration_sec = timing.duration_sec
    fps = float(timing.packets / duration_sec) if duration_sec else 0.0
    aspect = _probe(path).pixel_aspect
    return VideoInfo(height_px, width_px, fps, timing.packets, float(duration_sec), timing, aspect)


def count_frames(path: Path, *, most: int | None = None, fps: Fraction | None = None) -> int:
    """Count the frames that `read_video` yields by decoding; there may be more packets.

    Args:
        path: the video.
        most: stop counting here.
        fps: as for `read_video`.

    Raises: InputError: no such file, no video in it, or frames change size. WorkError: the file is damaged.
    """
    if not path.is_file():
        raise InputError(f"no file {path}")
    command = [*VERBOSE, "-xerror", "-i", str(path), *SELECTED]
    command += ["-vf", *_filters(fps)] if fps is not None else []
    command += [] if most is None else ["-frames:v", str(most)]
    with Ffmpeg([*command, "-f", "framecrc", "pipe:1"], stdout=subprocess.PIPE) as ffmpeg:
        count = sum(not line.startswith(b"#") for line in ffmpeg.stdout)
        if count == 0:
            refuse(path)
        if ffmpeg.failed():
            raise WorkError(f"{path} is damaged after frame {count - 1}: {ffmpeg.reason()}")
        _check_one_size(path, ffmpeg.log())
    return count


def read_metadata(path: Path) -> dict[str, Any] | None:
    """Read the `metadata` that write_video stored in a file; None if there is none.

    Raises: InputError: no such file, or no video in it.
    """
    if not path.is_file():
        raise InputError(f"no file {path}")
    with Ffmpeg(["-i", str(path), "-f", "ffmetadata", "pipe:1"], stdout=subprocess.PIPE) as ffmpeg:
        text = ffmpeg.stdout.read().decode(errors="replace")
        if ffmpeg.failed():
            raise InputError(f"{path} is not a readable video: {ffmpeg.reason()}")
    text_in_file = find_comment(path)
    comment = re.search(r"^comment=((?:\\.|[^\\\n])*)", text, re.MULTILINE | re.DOTALL | re.IGNORECASE)
    if text_in_file is None and comment is not None:
        text_in_file = re.sub(r"\\(.)", r"\1", comment[1], flags=re.DOTALL)
    try:
        value = json.loads(text_in_file or "")
    except ValueError:
        return None
    return value if isinstance(value, dict) else None


def has_alpha(path: Path) -> bool:
    """Whether the format of the frames of a video has alpha. Raises InputError: no such file."""
    return _probe(path).has_alpha


def is_transparent(path: Path) -> bool:
    """Whether any pixel of a video is not opaque. Raises InputError: no such file."""
    stream = _probe(path)
    if not stream.has_alpha:
        return False
    command = [*VERBOSE, *stream.decoder, "-i", str(path), *SELECTED, "-vf", "format=rgba,alphaextract"]
    with Ffmpeg([*command, "-pix_fmt", "gray", "-f", "rawvideo", "pipe:1"], stdout=subprocess.PIPE) as ffmpeg:
        return any(data.strip(b"\xff") for data in iter(lambda: ffmpeg.stdout.read(1 << 20), b""))


def square_filters(path: Path) -> list[str]:
    """Filters that make the pixels of a video square; none if they are. Raises InputError: no such file."""
    return [SQUARE] if _probe(path).pixel_aspect != 1 else []


@dataclasses.dataclass(frozen=True)
class _Stream:
    decoder: tuple[str, ...]  # options for one that keeps alpha, where the default one does not
    has_alpha: bool
    pixel_aspect: Fraction  # width / height


def _probe(path: Path) -> _Stream:
    """Read the properties of the first video stream. Raises InputError: no such file."""
    if not path.is_file():
        raise InputError(f"no file {path}")
    stat = path.stat()
    return _probe_file(path, stat.st_size, stat.st_mtime_ns)


@functools.lru_cache(maxsize=64)
def _probe_file(path: Path, size_bytes: int, modified_ns: int) -> _Stream:
    with Ffmpeg(["-loglevel", "info", "-i", str(path)]) as ffmpeg:
        text = ffmpeg.log()
    lines = [line for line in text.splitlines() if re.match(r"\s*Stream #.*: Video: ", line)]
    line = next((line for line in lines if COVER not in line), "")
    stream = re.search(r"Video: (\w+).*?, (\w+)", line)
    if stream is None:
        return _Stream((), False, Fraction(1))
    codec, pixels = stream.groups()
    aspect = Fraction(1)
    if (pair := re.search(r"\bSAR (\d+):(\d+)", line)) and 0 not in map(int, pair.groups()):
        aspect = Fraction(int(pair[1]), int(pair[2]))
    if not Fraction(1, MOST_STRETCH) <= aspect <= MOST_STRETCH:
        aspect = Fraction(1)
    if codec in ("vp8", "vp9") and re.search(r"alpha_mode\s*: 1", text, re.IGNORECASE):
        return _Stream(("-c:v", {"vp8": "libvpx", "vp9": "libvpx-vp9"}[codec]), True, aspect)
    alpha = pixels.startswith(("yuva", "rgba", "bgra", "argb", "abgr", "gbrap", "ya", "pal8"))
    return _Stream((), alpha, aspect)


def _filters(fps: Fraction | None) -> list[str]:
    return [] if fps is None else [f"fps={fps}"]


def refuse(path: Path) -> NoReturn:
    """Raise InputError for a file without video frames, saying what it holds."""
    with Ffmpeg(["-loglevel", "info", "-i", str(path)]) as ffmpeg:
        text = ffmpeg.log()
    cover = " with a cover picture" if COVER in text else ""
    if re.search(r"^\s*Stream #.*: Audio:", text, re.MULTILINE) or cover:
        raise InputError(f"{path} is audio{cover}, not a video; pass an .mp4, .gif or similar")
    if path.is_file() and path.stat().st_size == 0:
        raise InputError(f"{path} is empty; copy it again from its source")
    if "moov atom not found" in text and "misdetection possible" not in text:  # not guessed by the suffix
        raise InputError(f"{path} is truncated or not yet complete (no moov box); copy it again")
    raise InputError(f"{path} is not a readable video; pass an .mp4, .gif or similar")


def _check_one_size(path: Path, log: str) -> None:
    """Raise InputError if frames change size, which ffmpeg only logs while it rescales them."""
    own = re.search(r"Video: [^\n]*?, (\d+)x(\d+)", log)
    for width, height in re.findall(r"parameters changed to [^\n]*?, (\d+)x(\d+)", log):
        if own is not None and (width, height) != own.groups():
            raise InputError(
                f"{path} changes its size from {own[1]} x {own[2]} px to {width} x {height} px; cut it "
                "there, or encode it again in one size"
            )


def _over_white(frame: np.ndarray, mode: Literal["gray", "rgb"]) -> np.ndarray:
    """Composite over white: uint8 [H, W, 4] -> [H, W, 1 or 3], with the arithmetic of `read_image`."""
    image = Image.fromarray(frame)
    laid = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image)
    flat = np.asarray(laid.convert("L" if mode == "gray" else "RGB"))
    return flat.reshape(*frame.shape[:2], -1)


def _describe(frame: np.ndarray) -> str:
    return f"{frame.dtype} {list(frame.shape)}"
