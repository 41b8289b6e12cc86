"""A film on disk: a video file that keeps how it was made, or a folder of numbered PNG files."""

import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from data_prep import outputs
from data_prep.errors import InputError
from data_prep.frame_folder import missing_frames, write_frames
from data_prep.handoff import hand_over
from data_prep.progress import progress
from data_prep.video import ENCODERS, Preset, read_metadata, write_video

FRAMES_AHEAD = 16  # drawn and not yet encoded, at most

Draw = Callable[[Sequence[int]], Iterator[np.ndarray]]
"""Numbers of frames, ascending -> these frames, uint8 [H, W, C]."""


def is_file(out: Path) -> bool:
    """Whether a film of this name is one file."""
    return out.suffix.lower() in ENCODERS


def check_name(out: Path, *, crf: int) -> None:
    """Raise InputError, naming the flag, if no film can be written so."""
    if is_file(out):
        if out.is_dir():
            raise InputError(f"--out {out} is a folder; name a new file")
    elif out.suffix and not out.is_dir():
        kinds = ", ".join(ENCODERS)
        raise InputError(
            f"--out {out}: no film is made as {out.suffix}; there are {kinds}, "
            "or a folder's plain name for PNG files"
        )
    if out.parent.exists() and not out.parent.is_dir():
        raise InputError(f"--out {out}: {out.parent} is a file; choose another folder")
    if not 0 <= crf <= 51:
        raise InputError(f"--crf {crf}: it should be 0 (best) to 51")


def is_made(out: Path, settings: dict[str, Any], *, command: str, overwrite: bool) -> bool:
    """Whether the same film is there already; a folder is claimed (see `data_prep.outputs`).

    Args:
        out: file or folder.
        settings: JSON-able, all that decides the film.
        command: that makes it.
        overwrite: whatever is there is to be replaced.

    Raises: InputError: something else is there.
    """
    if not is_file(out):
        return outputs.claim(out, command=command, settings=settings, overwrite=overwrite) == "done"
    if not out.exists() or overwrite:
        return False
    found, expected = read_metadata(out), _as_stored(settings, command)
    if found == expected:
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
    crf: int,
    preset: Preset,
) -> None:
    """Write a film that `is_made` said is to be made, while its frames are drawn.

    A video file appears whole or not at all. A folder is filled file by file, and an interrupted one goes
    on where it was.

    Args:
        draw: makes the frames.
        out: file or folder.
        count: how many frames there are.
        fps: of a file.
        settings, command: as for `is_made`.
        crf, preset: of mp4.

    Raises: WorkError: the encoder or a file failed. Whatever `draw` raises.
    """
    if is_file(out):
        metadata = _as_stored(settings, command)
        with progress(count, unit="frame", label=out.name) as bar:

            def encode(frames: Iterator[np.ndarray]) -> None:
                counted = (_counted(frame, bar) for frame in frames)
                write_video(counted, out, fps=fps, crf=crf, preset=preset, metadata=metadata)

            hand_over(draw(range(count)), encode, depth=FRAMES_AHEAD)
        return
    if todo := missing_frames(out, count):
        with progress(count, unit="frame", label=out.name, initial=count - len(todo)) as bar:
            for _ in write_frames(zip(todo, draw(todo), strict=True), out):
                bar.update()
    outputs.mark_done(out)


def size_bytes(out: Path) -> int:
    """Of a file, or of a folder's frames."""
    return out.stat().st_size if is_file(out) else sum(file.stat().st_size for file in out.glob("*.png"))


def _as_stored(settings: dict[str, Any], command: str) -> dict[str, Any]:
    stored: dict[str, Any] = json.loads(json.dumps({"made_by": f"inkloop {command}"} | settings))
    return stored


def _counted(frame: np.ndarray, bar: Any) -> np.ndarray:
    bar.update()
    return frame


def _difference(found: dict[str, Any] | None, settings: dict[str, Any]) -> str:
    """What an existing file holds, in words."""
    if found is None or found.get("made_by") != settings["made_by"]:
        return f"exists and was not made by {settings['made_by']}"
    names = [name for name in found | settings if found.get(name) != settings.get(name)]
    return "holds a film with another " + ", ".join(names)
