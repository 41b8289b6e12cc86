"""Video formats by suffix: encoder options, pixel formats, and where the file stores metadata."""

import dataclasses
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import Literal

import numpy as np

from data_prep.video.ffmpeg import feed, finish
from data_prep.video.metadata import copy_gif, copy_png, copy_webp

Preset = Literal[
    "ultrafast", "superfast", "veryfast", "faster", "fast", "medium", "slow", "slower", "veryslow"
]  # fmt: skip
Codec = Literal["h264", "h265"]
GIF_MAX_FPS = 50  # browsers play delays below 2 centiseconds as 10
VP9_SPEED = {
    "ultrafast": 8,
    "superfast": 7,
    "veryfast": 6,
    "faster": 5,
    "fast": 4,
    "medium": 3,
}  # else slower
ACCURATE = "bicubic+accurate_rnd+full_chroma_int"
X264_OPTIONS = ["mbtree=0", "qcomp=0.8", "ipratio=2.8"]
"""Keep the quality even to the end: a macroblock tree (`mbtree`) saves bits in frames that few later frames
refer to, and the last frames have none. Key frames (`ipratio`) are close to the original, for little changes
there. The mean error at a crf is about that of x264's defaults."""
X265_OPTIONS = ["log-level=error", "cutree=0"]
END_FRAMES, END_BITS = 4, 4.0
"""The last frames get up to END_BITS times the bits, so that little changes at the key frame that follows,
where the video loops or the next segment begins."""

_REPEATABLE = ["-fflags", "+bitexact", "-flags:v", "+bitexact"]  # no dates or versions in the file
_BT709 = ["-colorspace", "bt709", "-color_primaries", "bt709", "-color_trc", "bt709", "-color_range", "tv"]
_TO_BT709 = ["-vf", f"scale=out_color_matrix=bt709:out_range=tv:flags={ACCURATE}", *_BT709]


@dataclasses.dataclass(frozen=True)
class Clip:
    """Properties of the frames to encode, and encoder settings."""

    height_px: int
    width_px: int
    channels: int
    fps: Fraction
    crf: int
    preset: str
    codec: str
    metadata: str | None  # JSON, ASCII
    target: Path  # named in errors
    count: int | None = None  # of frames, if known


@dataclasses.dataclass(frozen=True)
class Format:
    """A container format."""

    write: Callable[[Iterator[np.ndarray], Path, Clip], None]  # encode frames to a file
    alpha: bool  # stores a fourth channel
    max_crf: int = 0  # largest --crf; 0: not applicable
    joins: bool = False  # files can be joined without encoding again
    even: bool = False  # odd sides are padded by one pixel


def _mp4(frames: Iterator[np.ndarray], partial: Path, clip: Clip) -> None:
    if clip.codec == "h265":  # players of one vendor need the tag hvc1
        encoder = ["-c:v", "libx265", "-tag:v", "hvc1", "-x265-params", ":".join(X265_OPTIONS + _zones(clip))]
    else:
        encoder = ["-c:v", "libx264", "-x264-params", ":".join(X264_OPTIONS + _zones(clip))]
    output = [*_TO_BT709, *encoder, "-preset", clip.preset, "-crf", str(clip.crf), "-pix_fmt", "yuv420p"]
    output += [*_REPEATABLE, "-movflags", "+faststart", *_comment(clip)]
    _feed(_even(frames, clip), clip, [*output, str(partial)])


def _webm(frames: Iterator[np.ndarray], partial: Path, clip: Clip) -> None:
    pixels = "yuva420p" if clip.channels == 4 else "yuv420p"
    speed = VP9_SPEED.get(clip.preset, 1)
    output = [*_TO_BT709, "-c:v", "libvpx-vp9", "-crf", str(clip.crf), "-b:v", "0", "-row-mt", "1"]
    output += [
        "-deadline",
        "good",
        "-cpu-used",
        str(speed),
        "-pix_fmt",
        pixels,
        *_REPEATABLE,
        *_comment(clip),
    ]
    _feed(_even(frames, clip), clip, [*output, str(partial)])


def _mov(frames: Iterator[np.ndarray], partial: Path, clip: Clip) -> None:
    pixels = "yuva444p10le" if clip.channels == 4 else "yuv444p10le"
    output = [*_TO_BT709, "-c:v", "prores_ks", "-profile:v", "4444", "-vendor", "apl0", "-pix_fmt", pixels]
    output += [*_REPEATABLE, "-movflags", "+faststart", *_comment(clip)]
    _feed(frames, clip, [*output, str(partial)])


def _webp(frames: Iterator[np.ndarray], partial: Path, clip: Clip) -> None:
    quality = ["-lossless", "1"] if clip.crf == 0 else ["-quality", str(100 - clip.crf)]
    pixels = "bgra" if clip.channels == 4 or clip.crf == 0 else "yuv420p"
    output = ["-c:v", "libwebp_anim", *quality, "-pix_fmt", pixels, "-loop", "0", *_REPEATABLE]
    with _scratch(partial, ".plain.webp") as plain:
        _feed(frames, clip, [*output, str(plain)])
        copy_webp(plain, partial, comment=clip.metadata)


def _apng(frames: Iterator[np.ndarray], partial: Path, clip: Clip) -> None:
    output = ["-c:v", "apng", "-pred", "mixed", "-plays", "0", "-f", "apng", *_REPEATABLE]
    with _scratch(partial, ".plain.apng") as plain:
        _feed(frames, clip, [*output, str(plain)])
        copy_png(plain, partial, comment=clip.metadata)


def _gif(frames: Iterator[np.ndarray], partial: Path, clip: Clip) -> None:
    """Store frames losslessly next to the result first: the palette depends on all of them."""
    gray = clip.channels == 1
    all_gray = True

    def checked() -> Iterator[np.ndarray]:
        nonlocal all_gray
        for frame in frames:
            all_gray = all_gray and (gray or bool((frame == frame[..., :1]).all()))
            yield frame

    with (
        _scratch(partial, ".lossless.nut") as lossless,
        _scratch(partial, ".colors.png") as palette,
        _scratch(partial, ".plain.gif") as plain,
    ):
        output = ["-c:v", "ffv1", "-pix_fmt", "gray" if gray else "gbrp", str(lossless)]
        _feed(checked(), clip, output)
        source = ["-i", str(lossless)]
        thin = f"fps={GIF_MAX_FPS}," if clip.fps > GIF_MAX_FPS else ""
        end = [*_REPEATABLE, "-loop", "0", "-y", str(plain)]
        if all_gray:
            plane = "null" if gray else "extractplanes=g"
            finish([*source, "-vf", f"{thin}{plane},format=gray", "-pix_fmt", "gray", *end], clip.target)
        else:
            make = "palettegen=reserve_transparent=0"
            use = f"[0:v]{thin}null[v];[v][1:v]paletteuse=dither=sierra2_4a:diff_mode=rectangle"
            finish([*source, "-vf", make, "-frames:v", "1", "-update", "1", "-y", str(palette)], clip.target)
            finish([*source, "-i", str(palette), "-lavfi", use, *end], clip.target)
        copy_gif(plain, partial, comment=clip.metadata)


FORMATS: dict[str, Format] = {
    ".mp4": Format(_mp4, alpha=False, max_crf=51, joins=True, even=True),
    ".webm": Format(_webm, alpha=True, max_crf=63, joins=True, even=True),
    ".mov": Format(_mov, alpha=True, joins=True),
    ".gif": Format(_gif, alpha=False),
    ".webp": Format(_webp, alpha=True, max_crf=99),
    ".apng": Format(_apng, alpha=True),
}


class _scratch:
    """A scratch file next to `partial`, deleted when the block ends."""

    def __init__(self, partial: Path, suffix: str) -> None:
        self._path = partial.with_suffix(suffix)

    def __enter__(self) -> Path:
        return self._path

    def __exit__(self, *_: object) -> None:
        self._path.unlink(missing_ok=True)


def _even(frames: Iterator[np.ndarray], clip: Clip) -> Iterator[np.ndarray]:
    """Pad odd sides by a pixel that repeats the edge: chroma is stored for 2 x 2 px."""
    odd = ((0, clip.height_px % 2), (0, clip.width_px % 2), (0, 0))
    return (np.pad(frame, odd, mode="edge") for frame in frames)


def _zones(clip: Clip) -> list[str]:
    """Option of x264 and x265 that gives the last frames more bits; none if their number is unknown."""
    if clip.count is None:
        return []
    ends = range(max(0, clip.count - END_FRAMES), clip.count)
    factors = [END_BITS ** (1 - (clip.count - 1 - frame) / END_FRAMES) for frame in ends]
    return ["zones=" + "/".join(f"{k},{k},b={factor:.3f}" for k, factor in zip(ends, factors, strict=True))]


def _feed(frames: Iterator[np.ndarray], clip: Clip, output: list[str]) -> None:
    feed(frames, fps=str(clip.fps), output=output, target=clip.target)


def _comment(clip: Clip) -> list[str]:
    return ["-metadata", f"comment={clip.metadata}"] if clip.metadata else []
