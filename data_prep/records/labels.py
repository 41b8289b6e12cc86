"""Classes of images, from sub-folders or a JSON file.

The JSON has the format of common GAN dataset tools, {"labels": [["00000/img00000000.png", 6], ...]}. Names
are relative to the folder or zip; null means no class. "label_names": [name of class 0, ...] is optional;
labels may also be class names.
"""

import dataclasses
import json
import zlib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Any

from data_prep import outputs
from data_prep.errors import InputError
from data_prep.images import natural_key

MAX_CLASSES = 1 << 16


@dataclasses.dataclass(frozen=True)
class Labels:
    """Classes by image name."""

    by_name: Mapping[str, int] = dataclasses.field(default_factory=dict)
    names: tuple[str, ...] = ()  # of class i at position i
    repeated: tuple[str, ...] = ()  # images that a file lists with several classes

    @property
    def fingerprint(self) -> str:
        """Fingerprint of all labels, e.g. "3 classes, crc32 0a1b2c3d"."""
        listing = json.dumps([self.names, sorted(self.by_name.items())])
        return f"{len(self.names)} classes, crc32 {zlib.crc32(listing.encode()):08x}"


def folder_labels(names: Iterable[str]) -> Labels:
    """Derive classes from folders, numbered in natural order; folders that contain all images are ignored.

    Args:
        names: image names with forward slashes; images outside of sub-folders have no class.

    Raises: InputError: no image is in a sub-folder.
    """
    folders = {name: PurePosixPath(name).parent.parts for name in names}
    around = _shared_start(list(folders.values()))
    classes = {name: "/".join(parts[around:]) for name, parts in folders.items()}
    label_names = tuple(sorted({found for found in classes.values() if found}, key=natural_key))
    if not label_names:
        raise InputError("--labels subfolders: no image is in a sub-folder")
    numbers = {name: i for i, name in enumerate(label_names)}
    return Labels({name: numbers[found] for name, found in classes.items() if found}, label_names)


def read_labels(text: bytes, where: Path) -> Labels:
    """Parse labels in JSON; "labels": null means no labels.

    Args:
        text: content of the file.
        where: path of the file, for messages.

    Raises: InputError: no labels, or invalid ones.
    """
    try:
        value = json.loads(text, object_pairs_hook=_Pairs)
    except (ValueError, RecursionError) as error:
        raise InputError(f"{where} is not JSON ({error}); correct it, or use --labels none") from None
    try:
        return _parse(value)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        reason = f"without {error}" if isinstance(error, KeyError) else str(error)
        raise InputError(
            f"{where} has no valid labels ({reason[:200]}); the format is "
            '{"labels": [["a.png", 0], ...]}; correct it, or use --labels none'
        ) from None


def holds_labels(text: bytes) -> bool:
    """Whether a dataset.json lists labels of images, rather than shards of records."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return False
    return isinstance(value, dict) and "labels" in value and "shards" not in value


def write_labels(path: Path, labels: Sequence[tuple[str, int | None]], label_names: Sequence[str]) -> None:
    """Write (name, class) of each image, one per line, in the format of `read_labels`."""
    lines = ",\n".join(f"    {outputs.json_text(pair)}" for pair in labels)
    names = outputs.json_text(list(label_names))
    with outputs.replacing(path) as partial:
        partial.write_text(f'{{\n  "labels": [\n{lines}\n  ],\n  "label_names": {names}\n}}\n', "utf-8")


def _parse(value: dict[str, Any]) -> Labels:
    pairs = value["labels"]
    if pairs is None:
        return Labels()
    if isinstance(pairs, dict):
        pairs = pairs.pairs if isinstance(pairs, _Pairs) else list(pairs.items())
    by_name: dict[str, Any] = {}
    repeated: dict[str, None] = {}
    for name, label in pairs:
        if (
            not isinstance(name, str)
            or isinstance(label, bool)
            or not isinstance(label, (int, str, type(None)))
        ):
            raise ValueError(f"{json.dumps([name, label])} is not an image name with a class number or name")
        if by_name.get(name, label) != label:
            repeated[name] = None
        by_name[name] = label
    found = {name: label for name, label in by_name.items() if label is not None}
    kinds = {type(label) for label in found.values()}
    if len(kinds) > 1:
        raise ValueError("some classes are numbers, some are names")
    names = value.get("label_names") or []
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise ValueError("label_names is not a list of names")
    if kinds == {str}:
        names = names or sorted(set(found.values()), key=natural_key)
        numbers = {name: i for i, name in enumerate(names)}
        if unknown := sorted(set(found.values()) - numbers.keys()):
            raise ValueError(f"label_names lacks {unknown[0]}")
        found = {name: numbers[label] for name, label in found.items()}
    beyond = [label for label in found.values() if not 0 <= label < (len(names) or MAX_CLASSES)]
    if beyond:
        raise ValueError(f"class {beyond[0]} of {len(names) or MAX_CLASSES}")
    names = names or [str(i) for i in range(1 + max(found.values(), default=-1))]
    return Labels(found, tuple(names), tuple(repeated))


class _Pairs(dict[str, Any]):
    """A JSON object that keeps repeated keys in `pairs`."""

    def __init__(self, pairs: list[tuple[str, Any]]) -> None:
        super().__init__(pairs)
        self.pairs = pairs


def _shared_start(folders: Sequence[tuple[str, ...]]) -> int:
    """Number of leading parts common to all folders; for a single folder, all but the last."""
    first, last = min(folders, default=()), max(folders, default=())
    if first == last:
        return max(0, len(first) - 1)
    shared = 0
    for a, b in zip(first, last, strict=False):
        if a != b:
            break
        shared += 1
    return shared
