"""A film that is made: a video file that keeps how it was made, or a folder of numbered images."""

import dataclasses
import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np

from data_prep import outputs
from data_prep.errors import InputError
from data_prep.progress import progress
from data_prep.video.codec import read_metadata, write_video
from data_prep.video.encoder_queue import deal_out, hand_over
from data_prep.video.formats import FORMATS, Codec, Preset
from data_prep.video.image_sequence import missing_frames, write_frames
from data_prep.video.segments import Segments, by_turns, clear_pieces, piece_frames
from data_prep.video.throughput import Pace

FRAMES_AHEAD = 16  # drawn and not yet encoded, at most, by each encoder
LANES = 2  # encoders at once ...
SLOW_ENCODER = 0.2  # ... where drawing waits for the one for more of the time

Draw = Callable[[Sequence[int]], Iterator[np.ndarray]]
"""Numbers of frames, ascending -> these frames, uint8 [H, W, C]."""


def is_file(out: Path) -> bool:
    """Whether a film of this name is one file."""
    return out.suffix.lower() in FORMATS


@dataclasses.dataclass(frozen=True)
class Encoding:
    """How a film is written."""

    crf: int = 18
    """Quality, 0 (best) to 51 of mp4, 63 of webm, 99 of webp."""
    preset: Preset = "medium"
    """Effort of the mp4 and webm encoders: slower is smaller."""
    codec: Codec = "h264"
    """Of mp4: h265 is smaller, and slower to make and to play."""
    images: Literal["png", "jpg"] = "png"
    """Files of a folder."""

    def check(self, out: Path) -> None:
        """Raise InputError, naming the flag, if no film can be written so."""
        if is_file(out):
            if out.is_dir():
                raise InputError(f"--out {out} is a folder; name a new file")
            most = FORMATS[out.suffix.lower()].max_crf
            if most and not 0 <= self.crf <= most:
                raise InputError(f"--crf {self.crf}: for {out.suffix} it should be 0 (best) to {most}")
        elif out.suffix and not out.is_dir():
            kinds = ", ".join(FORMATS)
            raise InputError(
                f"--out {out}: no film is made as {out.suffix}; there are {kinds}, "
                "or a folder's plain name for numbered images"
            )
        outputs.check_place(out)

    def settings(self, out: Path) -> dict[str, Any]:
        """What of it decides the film of this name, JSON-able."""
        suffix = out.suffix.lower()
        if not is_file(out):
            return {"images": self.images}
        used = {"crf"} if FORMATS[suffix].max_crf else set()
        used |= {".mp4": {"preset", "codec"}, ".webm": {"preset"}}.get(suffix, set())
        return {name: value for name, value in dataclasses.asdict(self).items() if name in used}


def keeps_alpha(out: Path, encoding: Encoding) -> bool:
    """Whether a film of this name, so written, can be clear in places; `images` is about folders alone."""
    return FORMATS[out.suffix.lower()].alpha if is_file(out) else encoding.images == "png"


def written_size(out: Path, height_px: int, width_px: int) -> tuple[int, int]:
    """(height, width) in px of the film of this name of frames so large: some kinds have even sides."""
    even = is_file(out) and FORMATS[out.suffix.lower()].even
    return (height_px + height_px % 2, width_px + width_px % 2) if even else (height_px, width_px)


def is_made(
    out: Path, settings: dict[str, Any], *, command: str, overwrite: bool, sources: Sequence[Path] = ()
) -> bool:
    """Whether the same film is there already; nothing is written, and pieces that a kill left are cleared.

    Args:
        out: file or folder.
        settings: JSON-able, all that decides the film.
        command: that makes it.
        overwrite: whatever is there is to be replaced.
        sources: what the film is made of, which must not be replaced by it.

    Raises: InputError: something else is there, or a source.
    """
    for source in sources:
        if out.resolve() == source.resolve():
            raise InputError(f"{out} is what the film is made of; choose another --out")
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
        clear_pieces(out)
        return True
    raise InputError(
        f"{out} {_difference(found, expected)}; choose another --out, or replace it with --overwrite"
    )


def write_film(
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
) -> Pace:
    """Write a film that `is_made` said is to be made, while its frames are drawn.

    A video file appears whole or not at all; longer ones are made in pieces of ten seconds, and an
    interrupted one goes on with the first that is missing. Of gif, webp and apng, which are encoded as a
    whole, these are pieces of drawn frames. A folder is filled file by file, and goes on too. Pieces lie
    beside the film: until it is whole there has to be room for both, and drawn frames, packed without loss,
    may be many times larger than their film.

    Args:
        draw: makes the frames; called once at most, and not at all where all of them are kept.
        out: file or folder.
        count: how many frames there are.
        fps: of a file.
        settings, command, overwrite: as for `is_made`.
        encoding: checked.
        any_order: `draw` may be called twice, and for frames that do not ascend. Two pieces are then
            encoded at once where one encoder is slower than drawing; the film is the same.

    Returns: how drawing and encoding kept up with each other; it counts frames that were drawn.
    Raises: WorkError: the encoder or a file failed. Whatever `draw` raises.
    """
    stored = _as_stored(settings, command)
    if is_file(out):

        def encode(frames: Iterator[np.ndarray], path: Path) -> None:
            write_video(
                frames,
                path,
                film=out,
                fps=fps,
                crf=encoding.crf,
                preset=encoding.preset,
                codec=encoding.codec,
                metadata=stored,
            )

        if count <= piece_frames(fps):
            with progress(count, unit="frame", label=out.name) as bar:
                pace = Pace(bar)
                frames = draw(range(count))
                hand_over(
                    frames, lambda frames: encode(_counted(frames, pace), out), depth=FRAMES_AHEAD, pace=pace
                )
            return pace
        joins = FORMATS[out.suffix.lower()].joins
        suffix = None if joins else ".frames"
        segments = Segments(out, count=count, fps=fps, settings=stored, suffix=suffix)
        missing = segments.missing()
        try:
            with progress(count, unit="frame", label=out.name, initial=count - sum(map(len, missing))) as bar:
                pace = Pace(bar)
                if joins:
                    _write_pieces(draw, segments, missing, encode, pace, any_order=any_order)
                else:
                    _write_whole(draw, segments, missing, lambda frames: encode(frames, out), pace)
            if joins:
                segments.join()
            else:
                segments.clear()
        finally:
            segments.tidy()
        return pace
    suffix = f".{encoding.images}"
    outputs.claim(out, command=command, settings=stored, overwrite=overwrite)
    if todo := missing_frames(out, count, suffix=suffix):
        with progress(count, unit="frame", label=out.name, initial=count - len(todo)) as bar:
            pace = Pace(bar)
            for _ in write_frames(zip(todo, draw(todo), strict=True), out, suffix=suffix, pace=pace):
                pace.count()
    else:
        pace = Pace()
    outputs.mark_done(out)
    return pace


def size_bytes(out: Path) -> int:
    """Of a file, or of a folder's frames."""
    files = [out] if is_file(out) else [*out.glob("*.png"), *out.glob("*.jpg")]
    return sum(file.stat().st_size for file in files)


def _as_stored(settings: dict[str, Any], command: str) -> dict[str, Any]:
    stored: dict[str, Any] = json.loads(json.dumps({"made_by": f"inkloop {command}"} | settings))
    return stored


def _write_whole(
    draw: Draw,
    segments: Segments,
    missing: list[range],
    encode: Callable[[Iterator[np.ndarray]], None],
    pace: Pace,
) -> None:
    """Encode a film as a whole; what of it was drawn before is not drawn again."""
    todo = [frame for piece in missing for frame in piece]
    frames = draw(todo) if todo else iter(())
    hand_over(
        frames,
        lambda frames: encode(segments.passed(_counted(frames, pace))),
        depth=FRAMES_AHEAD,
        pace=pace,
    )


def _write_pieces(
    draw: Draw,
    segments: Segments,
    missing: list[range],
    encode: Callable[[Iterator[np.ndarray], Path], None],
    pace: Pace,
    *,
    any_order: bool,
) -> None:
    """Make the missing pieces; where drawing waited for the first one's encoder, two at once after it."""

    def in_turn(pieces: list[range]) -> None:
        frames = draw([frame for piece in pieces for frame in piece])
        hand_over(
            frames,
            lambda frames: segments.encode(pieces, _counted(frames, pace), encode),
            depth=FRAMES_AHEAD,
            pace=pace,
        )

    if not any_order or len(missing) < 3:
        if missing:
            in_turn(missing)
        return
    in_turn(missing[:1])
    if pace.share("maker") <= SLOW_ENCODER:
        in_turn(missing[1:])
        return
    order = list(by_turns(missing[1:], LANES))
    frames = draw([frame for _, frame, _ in order])
    deal_out(
        ((piece, next(frames), is_last) for piece, _, is_last in order),
        lambda piece, frames: segments.encode([piece], _counted(frames, pace), encode),
        lanes=LANES,
        depth=FRAMES_AHEAD,
        pace=pace,
    )


def _counted(frames: Iterator[np.ndarray], pace: Pace) -> Iterator[np.ndarray]:
    for frame in frames:
        pace.count()
        yield frame


def _difference(found: dict[str, Any] | None, settings: dict[str, Any]) -> str:
    """What an existing file holds, in words."""
    if found is None or found.get("made_by") != settings["made_by"]:
        return f"exists and was not made by {settings['made_by']}"
    names = [name for name in found | settings if found.get(name) != settings.get(name)]
    return "holds a film with another " + ", ".join(names)
