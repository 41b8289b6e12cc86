"""Write rendered frames: a video file with its settings as metadata, or a folder of numbered images."""

import dataclasses
import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np

from data_prep import outputs
from data_prep.errors import InputError
from data_prep.progress import Progress, no_progress
from data_prep.video.codec import read_metadata, write_video
from data_prep.video.encoder_queue import consume_concurrently, consume_groups
from data_prep.video.formats import FORMATS, Codec, Preset
from data_prep.video.image_sequence import missing_frames, write_frames
from data_prep.video.segments import Segments, clear_segments, interleaved, segment_frames
from data_prep.video.throughput import Throughput

FRAMES_AHEAD = 16  # frames in the queue of each encoder, at most
LANES = 2  # encoders at once ...
SLOW_ENCODER = 0.2  # ... where drawing waits for one encoder for more than this fraction of the time

Draw = Callable[[Sequence[int]], Iterator[np.ndarray]]
"""Ascending frame indices -> these frames, uint8 [H, W, C]."""


def is_file(out: Path) -> bool:
    """Whether `out` is a single video file, not a folder of images."""
    return out.suffix.lower() in FORMATS


@dataclasses.dataclass(frozen=True)
class Encoding:
    """How a video is encoded."""

    crf: int = 18
    """Quality, 0 (best) to 51 of mp4, 63 of webm, 99 of webp."""
    preset: Preset = "medium"
    """Effort of the mp4 and webm encoders: slower is smaller."""
    codec: Codec = "h264"
    """Codec of mp4: h265 is smaller, and slower to encode and decode."""
    images: Literal["png", "jpg"] = "png"
    """File format of frames in a folder."""

    def check(self, out: Path) -> None:
        """Validate for an output path; raises InputError naming the flag."""
        if is_file(out):
            if out.is_dir():
                raise InputError(f"--out {out}: is a folder; pass a new file name")
            most = FORMATS[out.suffix.lower()].max_crf
            if most and not 0 <= self.crf <= most:
                raise InputError(f"--crf {self.crf}: must be between 0 (best) and {most} for {out.suffix}")
        elif out.suffix and not out.is_dir():
            kinds = ", ".join(FORMATS)
            raise InputError(
                f"--out {out}: unknown format {out.suffix}; use one of {kinds}, or a folder name without a "
                "suffix for numbered images"
            )
        outputs.check_place(out)

    def settings(self, out: Path) -> dict[str, Any]:
        """The fields that affect `out`, JSON-able."""
        suffix = out.suffix.lower()
        if not is_file(out):
            return {"images": self.images}
        used = {"crf"} if FORMATS[suffix].max_crf else set()
        used |= {".mp4": {"preset", "codec"}, ".webm": {"preset"}}.get(suffix, set())
        return {name: value for name, value in dataclasses.asdict(self).items() if name in used}


def supports_alpha(out: Path, encoding: Encoding) -> bool:
    """Whether this output stores alpha."""
    return FORMATS[out.suffix.lower()].alpha if is_file(out) else encoding.images == "png"


def written_size(out: Path, height_px: int, width_px: int) -> tuple[int, int]:
    """(height, width) in px of the output for frames of this size: some formats need even sides."""
    even = is_file(out) and FORMATS[out.suffix.lower()].even
    return (height_px + height_px % 2, width_px + width_px % 2) if even else (height_px, width_px)


def is_complete(
    out: Path, settings: dict[str, Any], *, command: str, overwrite: bool, sources: Sequence[Path] = ()
) -> bool:
    """Whether `out` exists and was made with these settings; only leftover segments are deleted.

    Args:
        out: file or folder.
        settings: JSON-able, everything that decides the result.
        command: that writes it, e.g. "fill film".
        overwrite: replace an existing file, so it never counts as complete.
        sources: files read, which must not be replaced.

    Raises: InputError: `out` holds something else, or is a source.
    """
    for source in sources:
        if out.resolve() == source.resolve():
            raise InputError(f"--out {out}: is an input; choose another --out")
    if not is_file(out):
        stored = _as_stored(settings, command)
        state = outputs.check_claim(
            out, command=command, settings=stored, overwrite=overwrite, source=sources
        )
        return state == "done"
    if not out.exists() or overwrite:
        return False
    found, expected = read_metadata(out), _as_stored(settings, command)
    if found == expected:
        clear_segments(out)
        return True
    raise InputError(
        f"{out} {_difference(found, expected)}; choose another --out, or replace it with --overwrite"
    )


def export_video(
    draw: Draw,
    out: Path,
    *,
    count: int,
    fps: float,
    settings: dict[str, Any],
    command: str,
    encoding: Encoding,
    overwrite: bool = False,
    any_order: bool = False,
    one_bit: bool = False,
    progress: Progress = no_progress,
) -> Throughput:
    """Write a video that is not complete yet (see `is_complete`), encoding while frames are drawn.

    A video file appears whole or not at all. Longer ones are encoded in segments of ten seconds, and an
    interrupted run resumes with the first missing one; for gif, webp and apng, which are encoded as a whole,
    segments hold losslessly packed frames, many times larger than the video. Segments lie next to the video
    until it is complete, so the disk needs space for both. A folder is filled file by file and resumes too.

    Args:
        draw: called at most once, and not at all if all frames are stored.
        out: file or folder.
        count: number of frames.
        fps: of a file.
        settings, command, overwrite: as for `is_complete`.
        encoding: validated.
        any_order: `draw` may be called twice, and with indices that do not ascend. Two segments are then
            encoded at once if encoding is slower than drawing; the result is the same.
        one_bit: store gray frames of two values in a folder with 1 bit per pixel.
        progress: opens a progress bar.

    Returns: throughput of drawing and encoding; its frame count is that of drawn frames.
    Raises: WorkError: encoding or writing failed. Whatever `draw` raises.
    """
    stored = _as_stored(settings, command)
    if is_file(out):

        def encode(frames: Iterator[np.ndarray], path: Path, frame_count: int) -> None:
            write_video(
                frames,
                path,
                target=out,
                fps=fps,
                crf=encoding.crf,
                preset=encoding.preset,
                codec=encoding.codec,
                metadata=stored,
                count=frame_count,
            )

        if count <= segment_frames(fps):
            with progress(count, unit="frame", label=out.name) as bar:
                throughput = Throughput(bar=bar)
                frames = draw(range(count))
                consume_concurrently(
                    frames,
                    lambda frames: encode(_counted(frames, throughput), out, count),
                    depth=FRAMES_AHEAD,
                    throughput=throughput,
                )
            return throughput
        joins = FORMATS[out.suffix.lower()].joins
        suffix = None if joins else ".frames"
        segments = Segments(out, count=count, fps=fps, settings=stored, suffix=suffix)
        missing = segments.missing()
        try:
            with progress(count, unit="frame", label=out.name, initial=count - sum(map(len, missing))) as bar:
                throughput = Throughput(bar=bar)
                if joins:
                    _write_segments(draw, segments, missing, encode, throughput, any_order=any_order)
                else:
                    _write_whole(
                        draw, segments, missing, lambda frames: encode(frames, out, count), throughput
                    )
            if joins:
                segments.join()
            else:
                segments.clear()
        finally:
            segments.tidy()
        return throughput
    suffix = f".{encoding.images}"
    with outputs.work(out, command=command, settings=stored, overwrite=overwrite):
        if todo := missing_frames(out, count, suffix=suffix):
            with progress(count, unit="frame", label=out.name, initial=count - len(todo)) as bar:
                throughput = Throughput(bar=bar)
                numbered = zip(todo, draw(todo), strict=True)
                for _ in write_frames(numbered, out, suffix=suffix, one_bit=one_bit, throughput=throughput):
                    throughput.count()
        else:
            throughput = Throughput()
    return throughput


def size_bytes(out: Path) -> int:
    """Size of a file, or of the frames of a folder."""
    files = [out] if is_file(out) else [*out.glob("*.png"), *out.glob("*.jpg")]
    return sum(file.stat().st_size for file in files)


def stored_comment(settings: dict[str, Any], *, command: str) -> str:
    """Comment by which `is_complete` recognises a video that was not encoded here."""
    return json.dumps(_as_stored(settings, command))


def is_stored(file: Path, settings: dict[str, Any], *, command: str) -> bool:
    """Whether a video file exists and was made with these settings."""
    return file.is_file() and read_metadata(file) == _as_stored(settings, command)


def _as_stored(settings: dict[str, Any], command: str) -> dict[str, Any]:
    stored: dict[str, Any] = json.loads(json.dumps({"made_by": f"inkloop {command}"} | settings))
    return stored


def _write_whole(
    draw: Draw,
    segments: Segments,
    missing: list[range],
    encode: Callable[[Iterator[np.ndarray]], None],
    throughput: Throughput,
) -> None:
    """Encode a video as a whole from stored and newly drawn frames."""
    todo = [frame for segment in missing for frame in segment]
    frames = draw(todo) if todo else iter(())
    consume_concurrently(
        frames,
        lambda frames: encode(segments.all_frames(_counted(frames, throughput))),
        depth=FRAMES_AHEAD,
        throughput=throughput,
    )


def _write_segments(
    draw: Draw,
    segments: Segments,
    missing: list[range],
    encode: Callable[[Iterator[np.ndarray], Path, int], None],
    throughput: Throughput,
    *,
    any_order: bool,
) -> None:
    """Encode missing segments; after the first one, two at once if drawing waited for its encoder."""

    def in_turn(missing: list[range]) -> None:
        frames = draw([frame for segment in missing for frame in segment])
        consume_concurrently(
            frames,
            lambda frames: segments.encode(missing, _counted(frames, throughput), encode),
            depth=FRAMES_AHEAD,
            throughput=throughput,
        )

    if not any_order or len(missing) < 3:
        if missing:
            in_turn(missing)
        return
    in_turn(missing[:1])
    if throughput.wait_fraction("producer") <= SLOW_ENCODER:
        in_turn(missing[1:])
        return
    order = list(interleaved(missing[1:], LANES))
    frames = draw([frame for _, frame, _ in order])
    consume_groups(
        ((segment, next(frames), is_last) for segment, _, is_last in order),
        lambda segment, frames: segments.encode([segment], _counted(frames, throughput), encode),
        lanes=LANES,
        depth=FRAMES_AHEAD,
        throughput=throughput,
    )


def _counted(frames: Iterator[np.ndarray], throughput: Throughput) -> Iterator[np.ndarray]:
    for frame in frames:
        throughput.count()
        yield frame


def _difference(found: dict[str, Any] | None, settings: dict[str, Any]) -> str:
    """Describe an existing file that was made with other settings."""
    if found is None or found.get("made_by") != settings["made_by"]:
        return f"exists and was not made by {settings['made_by']}"
    names = [name for name in found | settings if found.get(name) != settings.get(name)]
    return "was made with other values of " + ", ".join(names)
