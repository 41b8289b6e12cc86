"""The only ffmpeg: video files <-> iterators of uint8 frames [H, W, C], in memory constant in clip length."""

import contextlib
import dataclasses
import json
import math
import re
import subprocess
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from fractions import Fraction
from pathlib import Path
from typing import IO, Any, Literal, NoReturn, get_args

import imageio_ffmpeg
import numpy as np

from data_prep.errors import InputError, WorkError
from data_prep.outputs import PARTIAL, replacing

Preset = Literal[
    "ultrafast", "superfast", "veryfast", "faster", "fast", "medium", "slow", "slower", "veryslow"
]  # fmt: skip
GIF_MAX_FPS = 50  # browsers play delays below 2 centiseconds as 10

_PIXELS = {1: "gray", 3: "rgb24"}
_REPEATABLE = ["-fflags", "+bitexact", "-flags:v", "+bitexact"]  # no dates or versions in the file
_BT709 = ["-colorspace", "bt709", "-color_primaries", "bt709", "-color_trc", "bt709", "-color_range", "tv"]
_ACCURATE = "bicubic+accurate_rnd+full_chroma_int"


@dataclasses.dataclass(frozen=True)
class VideoInfo:
    """A clip's geometry: frames are read as [height_px, width_px, C]."""

    height_px: int
    width_px: int
    fps: float  # mean over the clip
    frames: int
    duration_sec: float


@dataclasses.dataclass(frozen=True)
class _Clip:
    """What an encoder knows of the frames it is given."""

    height_px: int
    width_px: int
    channels: int
    fps: Fraction
    crf: int
    preset: str
    metadata: str | None  # JSON


def write_video(
    frames: Iterable[np.ndarray],
    path: Path,
    *,
    fps: float,
    crf: int = 18,
    preset: Preset = "medium",
    metadata: dict[str, Any] | None = None,
) -> int:
    """Encode frames as they come, whole or not at all, in the format of the suffix.

    .mp4 is H.264, yuv420p (BT.709), ready to stream; an odd width or height grows by one pixel that
    repeats the edge. .gif loops forever, by one palette made for the whole clip; gray clips keep their
    exact values. Its delays are whole centiseconds that add up to the clip's duration; above 50 fps it
    is thinned to 50.

    Args:
        frames: uint8 [H, W, C], C = 1 or 3, all of one shape.
        path: ends in a key of ENCODERS.
        fps: frames per second.
        crf: H.264 quality, 0 (lossless luma) to 51.
        preset: H.264 effort.
        metadata: JSON-able, kept in the file's comment; `read_metadata` gives it back.

    Returns:
        How many frames were written.

    Raises:
        InputError: suffix, fps, crf or preset is not allowed, or there are no frames.
        WorkError: a frame has another shape or dtype than the first (its index is named), or ffmpeg
            failed (its reason is named).
    """
    if path.suffix.lower() not in ENCODERS:
        raise InputError(f"{path.name} is no video name; it should end in {' or '.join(ENCODERS)}")
    if not (math.isfinite(fps) and fps > 0):
        raise InputError(f"fps is {fps}; it should be above 0")
    if not 0 <= crf <= 51:
        raise InputError(f"crf is {crf}; it should be 0 (best) to 51")
    if preset not in get_args(Preset):
        raise InputError(f"preset is {preset!r}; there are {', '.join(get_args(Preset))}")
    stream = iter(frames)
    first = next(stream, None)
    if first is None:
        raise InputError(f"no frames for {path}")
    if first.dtype != np.uint8 or first.ndim != 3 or first.shape[2] not in _PIXELS:
        raise WorkError(f"frame 0 for {path} is {_look(first)}; {path.suffix} takes uint8 [H, W, 1 or 3]")
    clip = _Clip(
        height_px=first.shape[0],
        width_px=first.shape[1],
        channels=first.shape[2],
        fps=Fraction(fps).limit_denominator(1001),
        crf=crf,
        preset=preset,
        metadata=None if metadata is None else json.dumps(metadata),
    )
    count = 0

    def checked() -> Iterator[np.ndarray]:
        nonlocal count
        frame: np.ndarray | None = first
        while frame is not None:
            if frame.shape != first.shape or frame.dtype != first.dtype:
                raise WorkError(
                    f"frame {count} for {path} is {_look(frame)}; the first one is {_look(first)}"
                )
            yield frame
            count += 1
            frame = next(stream, None)

    with replacing(path) as partial:
        ENCODERS[path.suffix.lower()](checked(), partial, clip)
    return count


def read_video(path: Path, *, mode: Literal["gray", "rgb"] = "rgb") -> Iterator[np.ndarray]:
    """Frames of a video or animated GIF in order, as stored: none dropped or repeated to even out time.

    Yields: uint8 [H, W, 1] or [H, W, 3], upright as the file says.
    Raises: InputError: no such file, or no video in it. WorkError: it is damaged further on.
    """
    if not path.is_file():
        raise InputError(f"no file {path}")
    # PPM carries its size in every frame, so rotated and resized streams need no second guess.
    command = ["-xerror", "-i", str(path), "-map", "0:v:0", "-fps_mode", "passthrough"]
    encoder, pixels = {"gray": ("pgm", "gray"), "rgb": ("ppm", "rgb24")}[mode]
    command += ["-sws_flags", _ACCURATE, "-pix_fmt", pixels, "-c:v", encoder, "-f", "image2pipe", "pipe:1"]
    count = 0
    with _Ffmpeg(command, stdout=subprocess.PIPE) as ffmpeg:
        while magic := ffmpeg.stdout.readline():
            width_px, height_px = map(int, ffmpeg.stdout.readline().split())
            ffmpeg.stdout.readline()  # the largest value, 255
            shape = (height_px, width_px, {b"P5\n": 1, b"P6\n": 3}[magic])
            data = ffmpeg.stdout.read(math.prod(shape))
            if len(data) < math.prod(shape):
                break
            yield np.frombuffer(data, np.uint8).reshape(shape)
            count += 1
        if count == 0:
            raise InputError(f"{path} is not a video that can be read; give an .mp4, .gif or the like")
        if ffmpeg.failed():
            raise WorkError(f"{path} is damaged after frame {count - 1}: {ffmpeg.reason()}")


def video_info(path: Path) -> VideoInfo:
    """Size, mean rate, count and duration of a clip; packets are counted, one frame is decoded.

    Raises: InputError: no such file, or no video in it.
    """
    frames = read_video(path)
    height_px, width_px, _ = next(frames).shape
    frames.close()  # type: ignore[attr-defined]
    command = ["-i", str(path), "-map", "0:v:0", "-c", "copy", "-f", "framecrc", "pipe:1"]
    tick_sec, spans = Fraction(1), []
    with _Ffmpeg(command, stdout=subprocess.PIPE) as ffmpeg:
        for line in ffmpeg.stdout:  # "#tb 0: 1/12800", then "stream, dts, pts, duration, bytes, crc"
            if line.startswith(b"#tb"):
                tick_sec = Fraction(line.split()[-1].decode())
            elif not line.startswith(b"#"):
                pts, duration = map(int, line.split(b",")[2:4])
                spans.append((pts, pts + duration))
    duration_sec = (max(end for _, end in spans) - min(start for start, _ in spans)) * tick_sec
    fps = float(len(spans) / duration_sec) if duration_sec else 0.0
    return VideoInfo(height_px, width_px, fps, len(spans), float(duration_sec))


def read_metadata(path: Path) -> dict[str, Any] | None:
    """The `metadata` that write_video kept in a file; None where there is none of ours.

    Raises: InputError: no such file, or no video in it.
    """
    if not path.is_file():
        raise InputError(f"no file {path}")
    with _Ffmpeg(["-i", str(path), "-f", "ffmetadata", "pipe:1"], stdout=subprocess.PIPE) as ffmpeg:
        text = ffmpeg.stdout.read().decode(errors="replace")
        if ffmpeg.failed():
            raise InputError(f"{path} is not a video that can be read: {ffmpeg.reason()}")
    comment = re.search(r"^comment=((?:\\.|[^\\\n])*)", text, re.MULTILINE | re.DOTALL)
    if comment is None:
        return None
    try:
        value = json.loads(re.sub(r"\\(.)", r"\1", comment[1], flags=re.DOTALL))
    except ValueError:
        return None
    return value if isinstance(value, dict) else None


def _write_mp4(frames: Iterator[np.ndarray], partial: Path, clip: _Clip) -> None:
    odd = ((0, clip.height_px % 2), (0, clip.width_px % 2), (0, 0))
    even = (np.pad(frame, odd, mode="edge") for frame in frames)
    size = (clip.height_px + odd[0][1], clip.width_px + odd[1][1])
    output = ["-vf", f"scale=out_color_matrix=bt709:out_range=tv:flags={_ACCURATE}"]
    output += ["-c:v", "libx264", "-preset", clip.preset, "-crf", str(clip.crf), "-pix_fmt", "yuv420p"]
    output += [*_BT709, *_REPEATABLE, "-movflags", "+faststart"]
    output += ["-metadata", f"comment={clip.metadata}"] if clip.metadata else []
    _feed(even, size, clip, [*output, str(partial)], target=partial)


def _write_gif(frames: Iterator[np.ndarray], partial: Path, clip: _Clip) -> None:
    """Frames wait in a lossless file beside the result, since the palette is known after the last one."""
    lossless, palette, plain = (
        partial.with_suffix(s) for s in (".lossless.nut", ".colors.png", ".plain.gif")
    )
    gray = clip.channels == 1
    all_gray = True

    def watched() -> Iterator[np.ndarray]:
        nonlocal all_gray
        for frame in frames:
            all_gray = all_gray and (gray or bool((frame == frame[..., :1]).all()))
            yield frame

    try:
        size = (clip.height_px, clip.width_px)
        output = ["-c:v", "ffv1", "-pix_fmt", "gray" if gray else "gbrp", str(lossless)]
        _feed(watched(), size, clip, output, target=partial)
        source = ["-i", str(lossless)]
        thin = f"fps={GIF_MAX_FPS}," if clip.fps > GIF_MAX_FPS else ""
        end = [*_REPEATABLE, "-loop", "0", "-y", str(plain)]
        if all_gray:
            plane = "null" if gray else "extractplanes=g"
            _finish([*source, "-vf", f"{thin}{plane},format=gray", "-pix_fmt", "gray", *end], partial)
        else:
            make = "palettegen=reserve_transparent=0"
            use = f"[0:v]{thin}null[v];[v][1:v]paletteuse=dither=sierra2_4a:diff_mode=rectangle"
            _finish([*source, "-vf", make, "-frames:v", "1", "-update", "1", "-y", str(palette)], partial)
            _finish([*source, "-i", str(palette), "-lavfi", use, *end], partial)
        _copy_gif(plain, partial, comment=clip.metadata)
    finally:
        for scratch in (lossless, palette, plain):
            scratch.unlink(missing_ok=True)


ENCODERS: dict[str, Callable[[Iterator[np.ndarray], Path, _Clip], None]] = {
    ".mp4": _write_mp4,
    ".gif": _write_gif,
}


def _copy_gif(source: Path, target: Path, *, comment: str | None) -> None:
    """Copy a GIF with a comment extension put before its first block (GIF89a, sections 18-19 and 24)."""
    with source.open("rb") as reader, target.open("wb") as writer:
        head = reader.read(13)
        colors = 2 << (head[10] & 7) if head[10] & 0x80 else 0
        writer.write(head + reader.read(3 * colors))
        if comment:
            text = comment.encode("ascii")  # json.dumps escapes everything else
            blocks = (text[i : i + 255] for i in range(0, len(text), 255))
            writer.write(b"\x21\xfe" + b"".join(bytes([len(b)]) + b for b in blocks) + b"\0")
        while chunk := reader.read(1 << 20):
            writer.write(chunk)


def _feed(
    frames: Iterator[np.ndarray], size: tuple[int, int], clip: _Clip, output: Sequence[str], *, target: Path
) -> None:
    """Pipe raw frames of `size` (height, width) into one ffmpeg run."""
    source = ["-f", "rawvideo", "-pix_fmt", _PIXELS[clip.channels], "-video_size", f"{size[1]}x{size[0]}"]
    source += ["-framerate", str(clip.fps), "-i", "pipe:0"]
    with _Ffmpeg([*source, "-y", *output], stdin=subprocess.PIPE) as ffmpeg:
        try:
            for frame in frames:
                ffmpeg.stdin.write(np.ascontiguousarray(frame).data)
            ffmpeg.stdin.close()
        except (BrokenPipeError, ConnectionResetError):
            _fail(ffmpeg, target)
        if ffmpeg.failed():
            _fail(ffmpeg, target)


class _Ffmpeg:
    """A running ffmpeg that does not outlive its `with` block."""

    def __init__(
        self, command: Sequence[str], *, stdin: int = subprocess.DEVNULL, stdout: int = subprocess.DEVNULL
    ) -> None:
        program = [imageio_ffmpeg.get_ffmpeg_exe(), "-hide_banner", "-nostdin", "-loglevel", "error"]
        self._log = tempfile.TemporaryFile()  # noqa: SIM115
        self._process = subprocess.Popen([*program, *command], stdin=stdin, stdout=stdout, stderr=self._log)

    @property
    def stdin(self) -> IO[bytes]:
        assert self._process.stdin is not None
        return self._process.stdin

    @property
    def stdout(self) -> IO[bytes]:
        assert self._process.stdout is not None
        return self._process.stdout

    def failed(self) -> bool:
        """Wait for the end."""
        return self._process.wait() != 0

    def reason(self) -> str:
        """The first thing that it complained of, in one line."""
        code = self._process.wait()
        self._log.seek(0)
        text = self._log.read().decode(errors="replace")
        lines = [re.sub(r"^\[.*?\] ", "", line) for line in text.splitlines()]
        return next((line.strip() for line in lines if line.strip()), f"ffmpeg ended with code {code}")

    def __enter__(self) -> "_Ffmpeg":
        return self

    def __exit__(self, *_: object) -> None:
        if self._process.poll() is None:
            self._process.kill()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                with contextlib.suppress(BrokenPipeError):
                    pipe.close()
        self._process.wait()
        self._log.close()


def _finish(command: Sequence[str], target: Path) -> None:
    with _Ffmpeg(command) as ffmpeg:
        if ffmpeg.failed():
            _fail(ffmpeg, target)


def _fail(ffmpeg: _Ffmpeg, target: Path) -> NoReturn:
    name = target.with_name(target.name.removeprefix(PARTIAL))
    raise WorkError(f"{name} could not be encoded: {ffmpeg.reason()}")


def _look(frame: np.ndarray) -> str:
    return f"{frame.dtype} {list(frame.shape)}"
