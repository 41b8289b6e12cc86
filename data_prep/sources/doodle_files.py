"""Files of many small drawings: bitmap arrays (.npy, .npz), stroke archives (.npz), .ndjson and .ndjson.gz.

Nothing is unpickled. Classes come from the file content if present, else from the file name.
"""

import dataclasses
import gzip
import json
import math
import re
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from data_prep.errors import InputError
from data_prep.images import natural_key

SUFFIXES = (".npy", ".npz", ".ndjson", ".ndjson.gz")
Drawing = np.ndarray | list[np.ndarray]  # a bitmap, uint8 [S, S], or strokes, each float64 [N, 2]

_DAMAGE = (OSError, ValueError, EOFError, KeyError, zipfile.BadZipFile, zlib.error)
# Prefixes and suffixes of file names of the published Quick, Draw! data.
_WRAPPING = re.compile(r"^full_(numpy_bitmap|binary|raw|simplified)_|_\d+x\d+$")


@dataclasses.dataclass(frozen=True)
class DoodleFile:
    """The drawings of one file, by position."""

    path: Path
    classes: list[str | None]  # of each drawing; None: unusable
    bitmaps: bool  # else strokes
    read: Callable[[Sequence[int]], Iterator[Drawing]]  # drawings at ascending positions


def list_doodles(source: Path) -> list[Path]:
    """List the files of drawings below `source`, or `source` itself, in natural order.

    Raises: InputError: no such files.
    """
    if source.is_file():
        return [source]
    if not source.is_dir():
        raise InputError(f"no file or folder {source}; use drawings as {', '.join(SUFFIXES)}")
    found = [path for path in source.rglob("*") if path.name.endswith(SUFFIXES) and path.is_file()]
    found = [path for path in found if not any(p.startswith(".") for p in path.relative_to(source).parts)]
    if not found:
        raise InputError(f"no drawings in {source}; use {', '.join(SUFFIXES)}")
    return sorted(found, key=lambda path: natural_key(str(path.relative_to(source))))


def open_doodles(path: Path, *, report: Callable[[str, str], None]) -> DoodleFile:
    """Open a file and read the number and classes of its drawings.

    Args:
        path: .npy or .npz with uint8 bitmaps [N, S, S] or [N, S * S] (`images`, or the only array;
            `labels` and `names` are optional); .npz with `points` [M, 3] (x, y, 1 at the last
            point of a stroke) or `strokes` [M, 3] (dx, dy, 1 if the pen is lifted after the point) and
            `offsets` [N + 1] (`alphabet`, `alphabets` and `character` are optional); .ndjson, plain or
            gzipped, with a drawing [[[x...], [y...]], ...] and an optional word per line.
        report: called with each line of .ndjson that holds no drawing.

    Raises:
        InputError: unsupported or damaged content.
    """
    if path.name.endswith((".ndjson", ".ndjson.gz")):
        return _open_lines(path, report)
    arrays = _load_arrays(path)
    if "offsets" in arrays and ("points" in arrays or "strokes" in arrays):
        return _open_strokes(path, arrays)
    bitmaps = arrays.get("images", next(iter(arrays.values())) if len(arrays) == 1 else None)
    if bitmaps is None:
        raise InputError(
            f"{path} holds {', '.join(arrays) or 'nothing'}; bitmaps must be named images, strokes points "
            "or strokes, with offsets"
        )
    return _open_bitmaps(path, bitmaps, arrays)


def class_of_name(path: Path) -> str:
    """Class from a file name: cat_28x28.npz -> cat."""
    stem = path.name
    for suffix in sorted(SUFFIXES, key=len, reverse=True):
        stem = stem.removesuffix(suffix)
    return _WRAPPING.sub("", stem) or stem


def _load_arrays(path: Path) -> dict[str, np.ndarray]:
    try:
        loaded: Any = np.load(path, allow_pickle=False, mmap_mode="r" if path.suffix == ".npy" else None)
        return {"images": loaded} if isinstance(loaded, np.ndarray) else {k: loaded[k] for k in loaded.files}
    except _DAMAGE as error:
        reason = "not the bytes of arrays" if "pickle" in str(error) else str(error).split(":")[0]
        raise InputError(f"{path} holds no plain arrays, or is damaged ({reason}); save it again") from None


def _open_bitmaps(path: Path, bitmaps: np.ndarray, arrays: dict[str, np.ndarray]) -> DoodleFile:
    side = math.isqrt(bitmaps.shape[1]) if bitmaps.ndim == 2 else bitmaps.shape[-1]
    if bitmaps.dtype != np.uint8 or bitmaps.shape[1:] not in ((side * side,), (side, side)) or not side:
        raise InputError(
            f"{path} holds {bitmaps.dtype} {list(bitmaps.shape)}; use uint8 [N, S * S] or [N, S, S]"
        )
    classes: list[str | None] = [class_of_name(path)] * len(bitmaps)
    if "labels" in arrays and "names" in arrays:
        labels, names = arrays["labels"], [str(name) for name in arrays["names"]]
        if labels.shape != (len(bitmaps),) or labels.dtype.kind not in "iu" or not _below(labels, len(names)):
            raise InputError(
                f"{path} holds {len(bitmaps)} images, labels {labels.dtype} {list(labels.shape)} and "
                f"{len(names)} names; labels must be positions of names, one per image"
            )
        classes = [names[label] for label in labels]

    def read(positions: Sequence[int]) -> Iterator[Drawing]:
        for position in positions:
            yield np.array(bitmaps[position]).reshape(side, side)

    return DoodleFile(path, classes, True, read)


def _open_strokes(path: Path, arrays: dict[str, np.ndarray]) -> DoodleFile:
    points, offsets = arrays.get("points", arrays.get("strokes")), arrays["offsets"]
    assert points is not None
    whole = offsets.ndim == 1 and offsets.dtype.kind in "iu" and len(offsets) > 1
    if whole and points.ndim == 2 and points.shape[1] == 3 and points.dtype.kind in "iuf":
        whole = offsets[0] == 0 and offsets[-1] == len(points) and bool((np.diff(offsets) > 0).all())
    else:
        whole = False
    if not whole:
        raise InputError(
            f"{path} holds points {points.dtype} {list(points.shape)} and offsets {list(offsets.shape)}; "
            "points must be [M, 3], and drawing i is points[offsets[i]:offsets[i + 1]], none empty"
        )
    count, relative = len(offsets) - 1, "points" not in arrays
    classes: list[str | None] = [class_of_name(path)] * count
    if {"alphabet", "alphabets", "character"} <= arrays.keys():
        alphabet, names = arrays["alphabet"], [str(name) for name in arrays["alphabets"]]
        character = arrays["character"]
        if not (alphabet.shape == character.shape == (count,) and _below(alphabet, len(names))):
            raise InputError(f"{path}: alphabet and character do not match its {count} drawings")
        classes = [f"{names[a]}/character{c:02d}" for a, c in zip(alphabet, character, strict=True)]

    def read(positions: Sequence[int]) -> Iterator[Drawing]:
        for position in positions:
            drawing = points[offsets[position] : offsets[position + 1]].astype(np.float64)
            places = np.cumsum(drawing[:, :2], axis=0) if relative else drawing[:, :2]
            ends = np.flatnonzero(drawing[:-1, 2]) + 1
            yield np.split(places, ends)

    return DoodleFile(path, classes, False, read)


def _open_lines(path: Path, report: Callable[[str, str], None]) -> DoodleFile:
    fallback = class_of_name(path)
    classes: list[str | None] = []
    for number, line in enumerate(_lines(path)):
        try:
            value = json.loads(line)
            _strokes(value)
            classes.append(str(value.get("word", fallback)))
        except (ValueError, KeyError, TypeError, AttributeError):
            classes.append(None)
            report(f"{path.name}:{number + 1}", f"{path}, line {number + 1} holds no drawing; remove it")
    if not any(classes):
        raise InputError(f"{path} holds no drawings; each line must be a JSON object with drawing and word")

    def read(positions: Sequence[int]) -> Iterator[Drawing]:
        remaining = iter(positions)
        position = next(remaining, None)
        for number, line in enumerate(_lines(path)):
            if number == position:
                yield _strokes(json.loads(line))
                position = next(remaining, None)
            if position is None:
                return

    return DoodleFile(path, classes, False, read)


def _lines(path: Path) -> Iterator[str]:
    try:
        with (
            gzip.open(path, "rt", encoding="utf-8")
            if path.suffix == ".gz"
            else path.open(encoding="utf-8") as file
        ):
            yield from file
    except _DAMAGE as error:
        raise InputError(f"{path} is cut short or damaged ({error}); copy it again") from None


def _strokes(value: dict[str, Any]) -> list[np.ndarray]:
    """Strokes of the `drawing` of a line. Raises: ValueError, KeyError or TypeError: none."""
    strokes = [np.array(stroke[:2], dtype=np.float64).T for stroke in value["drawing"]]  # the time is ignored
    strokes = [stroke for stroke in strokes if stroke.size]
    if not strokes or any(stroke.ndim != 2 or stroke.shape[1] != 2 for stroke in strokes):
        raise ValueError("no strokes")
    if not all(np.isfinite(stroke).all() for stroke in strokes):
        raise ValueError("a point is not finite")
    return strokes


def _below(positions: np.ndarray, count: int) -> bool:
    return not positions.size or (int(positions.min()) >= 0 and int(positions.max()) < count)
