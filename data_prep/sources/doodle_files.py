"""Files of many small drawings: bitmap arrays (.npy, .npz), stroke archives (.npz), .ndjson and .ndjson.gz.

Nothing is unpickled. Classes come from the file content if present, else from the file name.
"""

import codecs
import dataclasses
import gzip
import json
import math
import os
import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np

from data_prep.errors import InputError
from data_prep.images import describe_file, describe_first, describe_skipped, natural_key
from data_prep.inputs import open_file, unreadable
from data_prep.progress import Report, Warn, ignore

SUFFIXES = (".npy", ".npz", ".ndjson", ".ndjson.gz")
FARTHEST = 1e12  # largest coordinate of a point
Drawing = np.ndarray | list[np.ndarray]  # a bitmap, uint8 [S, S], or strokes, each float64 [N, 2]

# Prefixes and suffixes of file names of the published Quick, Draw! data.
_WRAPPING = re.compile(r"^full_(numpy_bitmap|binary|raw|simplified)_|_\d+x\d+$")


@dataclasses.dataclass(frozen=True)
class DoodleFile:
    """The drawings of one file, by position."""

    path: Path
    classes: list[str | None]  # of each drawing; None: unusable
    bitmaps: bool  # else strokes
    read: Callable[[Sequence[int]], Iterator[Drawing]]  # drawings at ascending positions


def list_doodles(source: Path, *, warn: Warn = ignore) -> list[Path]:
    """List the files of drawings below `source`, or `source` itself, in natural order.

    Args:
        source: a file, or a folder with its sub-folders.
        warn: called with one line about files that are left out for their suffix.

    Raises: InputError: no such files.
    """
    if source.is_file():
        return [source]
    if not source.is_dir():
        raise InputError(f"no file or folder {source}; use drawings as {', '.join(SUFFIXES)}")
    paths = [path for path in source.rglob("*") if not os.path.isdir(path)]
    paths = [path for path in paths if not any(p.startswith(".") for p in path.relative_to(source).parts)]
    found = [path for path in paths if path.name.lower().endswith(SUFFIXES)]
    skipped = [str(path.relative_to(source)) for path in sorted(set(paths) - set(found))]
    reason = f"; {describe_skipped(skipped)}" if skipped else ""
    if not found:
        reason += describe_first(source, skipped)
        raise InputError(f"no drawings in {source}{reason}; use {', '.join(SUFFIXES)}")
    if reason:
        warn(f"{source}: {describe_skipped(skipped)}")
    return sorted(found, key=lambda path: natural_key(str(path.relative_to(source))))


def open_doodles(path: Path, *, report: Report, warn: Warn = ignore) -> DoodleFile:
    """Open a file and read the number and classes of its drawings.

    Args:
        path: .npy or .npz with uint8 or bool bitmaps [N, S, S], [N, S, S, 1] or [N, S * S] (`images`, or the
            only array, or `x_train` and `x_test` with `y_train` and `y_test` as Keras has them; `labels` and
            `names` are optional); .npz with `points` [M, 3] (x, y, 1 at the last
            point of a stroke) or `strokes` [M, 3] (dx, dy, 1 if the pen is lifted after the point) and
            `offsets` [N + 1] (`alphabet`, `alphabets` and `character` are optional); .ndjson, plain or
            gzipped, with a drawing [[[x...], [y...]], ...] and an optional word per line.
        report: called with each line of .ndjson that holds no drawing.
        warn: called with a message about labels that cannot be used.

    Raises:
        InputError: unsupported or damaged content.
    """
    try:
        if path.name.lower().endswith((".ndjson", ".ndjson.gz")):
            return _open_lines(path, report)
        return _open_arrays(path, warn)
    except InputError:
        raise
    except OSError as error:
        if error.errno is not None:
            raise unreadable(path, error) from error
        raise InputError(f"{path} is truncated or damaged ({error}); copy it again") from error
    except Exception as error:  # readers raise many types on bad data
        raise InputError(f"{path} holds no drawings that can be read ({error}); copy it again") from error


def class_of_name(path: Path) -> str:
    """Class from a file name: cat_28x28.npz -> cat."""
    suffixes = "|".join(map(re.escape, sorted(SUFFIXES, key=len, reverse=True)))
    stem = re.sub(f"({suffixes})$", "", path.name, flags=re.IGNORECASE)
    return _WRAPPING.sub("", stem) or stem


def _load_arrays(path: Path) -> dict[str, np.ndarray]:
    mapped: Literal["r"] | None = "r" if path.name.lower().endswith(".npy") else None
    try:
        loaded: Any = np.load(path, allow_pickle=False, mmap_mode=mapped)
        return {"images": loaded} if isinstance(loaded, np.ndarray) else {k: loaded[k] for k in loaded.files}
    except Exception as error:  # NumPy raises many types on bad data
        noun, advice = describe_file(path)
        if noun.startswith(("a video", "one image")):
            raise InputError(f"{path} is {noun}, not drawings; {advice}") from error
        reason = "not the bytes of arrays" if "pickle" in str(error) else str(error).split(":")[0]
        raise InputError(f"{path} holds no plain arrays, or is damaged ({reason}); save it again") from None


def _open_arrays(path: Path, warn: Warn) -> DoodleFile:
    arrays = _load_arrays(path)
    if "offsets" in arrays and ("points" in arrays or "strokes" in arrays):
        return _open_strokes(path, arrays)
    if "x_train" in arrays:
        parts = [name for name in ("train", "test") if f"x_{name}" in arrays]
        arrays["images"] = np.concatenate([arrays[f"x_{name}"] for name in parts])
        if all(f"y_{name}" in arrays for name in parts):
            arrays["labels"] = np.concatenate([arrays[f"y_{name}"] for name in parts])
    bitmaps = arrays.get("images", next(iter(arrays.values())) if len(arrays) == 1 else None)
    if bitmaps is None:
        raise InputError(
            f"{path} holds {', '.join(arrays) or 'nothing'}; bitmaps must be named images or x_train, "
            "strokes points or strokes, with offsets"
        )
    return _open_bitmaps(path, bitmaps, arrays, warn)


def _open_bitmaps(path: Path, bitmaps: np.ndarray, arrays: dict[str, np.ndarray], warn: Warn) -> DoodleFile:
    shape = bitmaps.shape[:-1] if bitmaps.ndim == 4 and bitmaps.shape[-1] == 1 else bitmaps.shape
    side = (math.isqrt(shape[1]) if len(shape) == 2 else shape[-1]) if len(shape) > 1 else 0
    if (
        bitmaps.dtype not in (np.uint8, np.bool_)
        or shape[1:] not in ((side * side,), (side, side))
        or not side
    ):
        raise InputError(
            f"{path} holds {bitmaps.dtype} {list(bitmaps.shape)}; use uint8 or bool [N, S * S], [N, S, S] or "
            "[N, S, S, 1]"
        )
    count = len(bitmaps)
    classes: list[str | None] = [class_of_name(path)] * count
    if "labels" in arrays:
        labels, names = arrays["labels"], [str(name) for name in arrays.get("names", ())]
        labels = labels[:, 0] if labels.shape == (count, 1) else labels
        whole = labels.shape == (count,) and labels.dtype.kind in "iu"
        if names:
            if not (whole and _below(labels, len(names))):
                raise InputError(
                    f"{path} holds {count} images, labels {labels.dtype} {list(labels.shape)} and "
                    f"{len(names)} names; labels must be positions of names, one per image"
                )
            classes = [names[label] for label in labels]
        elif whole or (labels.shape == (count,) and labels.dtype.kind == "U"):
            classes = [str(label) for label in labels]
        else:
            kind = f"{labels.dtype} {list(labels.shape)}"
            warn(f"{path}: labels {kind} are not used; they must be whole numbers, one per image")

    is_binary = bitmaps.dtype == np.bool_ or bitmaps.max(initial=0) == 1  # 0 and 1 are not two blacks

    def read(positions: Sequence[int]) -> Iterator[Drawing]:
        for position in positions:
            bitmap = np.array(bitmaps[position]).reshape(side, side)
            yield bitmap * np.uint8(255) if is_binary else bitmap

    return DoodleFile(path, classes, True, read)


def _open_strokes(path: Path, arrays: dict[str, np.ndarray]) -> DoodleFile:
    points, offsets = arrays.get("points", arrays.get("strokes")), arrays["offsets"]
    assert points is not None
    if offsets.dtype.kind == "u":
        offsets = offsets.astype(np.int64)
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
        numbers = alphabet.dtype.kind in "iu" and character.dtype.kind in "iu"
        if not (numbers and alphabet.shape == character.shape == (count,) and _below(alphabet, len(names))):
            raise InputError(f"{path}: alphabet and character do not match its {count} drawings")
        classes = [f"{names[a]}/character{c:02d}" for a, c in zip(alphabet, character, strict=True)]

    def read(positions: Sequence[int]) -> Iterator[Drawing]:
        for position in positions:
            drawing = points[offsets[position] : offsets[position + 1]].astype(np.float64)
            places = np.cumsum(drawing[:, :2], axis=0) if relative else drawing[:, :2]
            ends = np.flatnonzero(drawing[:-1, 2]) + 1
            yield np.split(places, ends)

    return DoodleFile(path, classes, False, read)


def _open_lines(path: Path, report: Report) -> DoodleFile:
    fallback = class_of_name(path)
    classes: list[str | None] = []
    for number, line in enumerate(_lines(path), 1):
        classes.append(None)
        if not line.strip():
            continue
        try:
            _, word = _parse(line)
            classes[-1] = fallback if word in (None, "") else str(word)
        except Exception as error:  # json and NumPy raise many types
            reason = f"without {error}" if isinstance(error, KeyError) else " ".join(str(error).split())[:80]
            report(f"{path.name}:{number}", f"{path}, line {number} holds no drawing ({reason}); left out")
    if not any(classes):
        raise InputError(f"{path} holds no drawings; each line must be a JSON object with drawing and word")

    def read(positions: Sequence[int]) -> Iterator[Drawing]:
        remaining = iter(positions)
        position = next(remaining, None)
        for number, line in enumerate(_lines(path)):
            if number == position:
                yield _parse(line)[0]
                position = next(remaining, None)
            if position is None:
                return

    return DoodleFile(path, classes, False, read)


def _lines(path: Path) -> Iterator[bytes]:
    """Lines of a file, unpacked, without a byte-order mark. Raises: InputError: it is damaged."""
    is_packed = path.suffix.lower() == ".gz"
    try:
        with open_file(path) as packed, gzip.open(packed) if is_packed else packed as file:
            for number, line in enumerate(file):
                if number == 0 and line.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
                    raise InputError(f"{path} is UTF-16; save it as UTF-8")
                yield line.removeprefix(codecs.BOM_UTF8) if number == 0 else line
    except InputError:
        raise
    except Exception as error:  # gzip raises many types on bad data
        if isinstance(error, OSError) and error.errno is not None:
            raise unreadable(path, error) from error
        raise InputError(f"{path} is cut short or damaged ({error}); copy it again") from None


def _parse(line: bytes) -> tuple[list[np.ndarray], Any]:
    """Strokes and word of a line. Raises: many types of exception if it holds no drawing."""
    value = json.loads(line)
    strokes = [np.array(stroke[:2], dtype=np.float64).T for stroke in value["drawing"]]  # the time is ignored
    strokes = [stroke for stroke in strokes if stroke.size]
    if not strokes or any(stroke.ndim != 2 or stroke.shape[1] != 2 for stroke in strokes):
        raise ValueError("no strokes")
    check_points(strokes)
    return strokes, value.get("word")


def check_points(strokes: Sequence[np.ndarray]) -> None:
    """Raise ValueError unless all points are finite and within FARTHEST."""
    for stroke in strokes:
        if not len(stroke) or not (np.abs(stroke) <= FARTHEST).all():
            raise ValueError("a point is not finite or too far away")


def _below(positions: np.ndarray, count: int) -> bool:
    return not positions.size or (int(positions.min()) >= 0 and int(positions.max()) < count)
