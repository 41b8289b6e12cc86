"""Classes of images: by the sub-folders they lie in, or by JSON beside them.

The JSON is that which GAN dataset tools write, {"labels": [["00000/img00000000.png", 6], ...]}, names being
relative to the folder or zip, null meaning no class. "label_names": [name of class 0, ...] may stand beside
it; labels may be the names of classes too.
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
    """A class for some names, or for none."""

    by_name: Mapping[str, int] = dataclasses.field(default_factory=dict)
    names: tuple[str, ...] = ()  # of class i at position i

    @property
    def fingerprint(self) -> str:
        """One line that changes with any label, e.g. "3 classes, crc32 0a1b2c3d"."""
        listing = json.dumps([self.names, sorted(self.by_name.items())])
        return f"{len(self.names)} classes, crc32 {zlib.crc32(listing.encode()):08x}"


def folder_labels(names: Iterable[str]) -> Labels:
    """The folder of each image is its class, numbered in natural order; folders around all images count not.

    Args:
        names: of images, with forward slashes; those that lie in no sub-folder have no class.

    Raises: InputError: no image lies in a sub-folder.
    """
    folders = {name: PurePosixPath(name).parent.parts for name in names}
    around = _shared_start(list(folders.values()))
    classes = {name: "/".join(parts[around:]) for name, parts in folders.items()}
    label_names = tuple(sorted({found for found in classes.values() if found}, key=natural_key))
    if not label_names:
        raise InputError("--labels subfolders, but no image lies in one")
    numbers = {name: i for i, name in enumerate(label_names)}
    return Labels({name: numbers[found] for name, found in classes.items() if found}, label_names)


def read_labels(text: bytes, where: Path) -> Labels:
    """The labels in a JSON file; none where it says "labels": null.

    Args:
        text: its content.
        where: the file, for messages.

    Raises: InputError: the file holds no labels, or some that cannot be used.
    """
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InputError(f"{where} is not JSON ({error}); repair it, or give --labels none") from None
    try:
        return _parse(value)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        reason = f"without {error}" if isinstance(error, KeyError) else str(error)
        raise InputError(
            f"{where} does not hold labels ({reason[:200]}); its form is "
            '{"labels": [["a.png", 0], ...]}; repair it, or give --labels none'
        ) from None


def holds_labels(text: bytes) -> bool:
    """Whether a dataset.json is a file of labels, not that of a dataset of records."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return False
    return isinstance(value, dict) and "labels" in value and "shards" not in value


def write_labels(path: Path, labels: Sequence[tuple[str, int | None]], label_names: Sequence[str]) -> None:
    """Write (name, class) of each image, one to a line, as read_labels reads them."""
    lines = ",\n".join(f"    {json.dumps(pair, ensure_ascii=False)}" for pair in labels)
    names = json.dumps(list(label_names), ensure_ascii=False)
    with outputs.replacing(path) as partial:
        partial.write_text(f'{{\n  "labels": [\n{lines}\n  ],\n  "label_names": {names}\n}}\n', "utf-8")


def _parse(value: dict[str, Any]) -> Labels:
    pairs = value["labels"]
    if pairs is None:
        return Labels()
    if isinstance(pairs, dict):
        pairs = list(pairs.items())
    by_name: dict[str, Any] = {}
    for name, label in pairs:
        if (
            not isinstance(name, str)
            or isinstance(label, bool)
            or not isinstance(label, (int, str, type(None)))
        ):
            raise ValueError(f"{json.dumps([name, label])} is no name with a number or name of a class")
        by_name[name] = label
    found = {name: label for name, label in by_name.items() if label is not None}
    kinds = {type(label) for label in found.values()}
    if len(kinds) > 1:
        raise ValueError("some classes are numbers, some are names")
    names = value.get("label_names") or []
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise ValueError("label_names is no list of names")
    if kinds == {str}:
        names = names or sorted(set(found.values()), key=natural_key)
        numbers = {name: i for i, name in enumerate(names)}
        if strange := sorted(set(found.values()) - numbers.keys()):
            raise ValueError(f"label_names lacks {strange[0]}")
        found = {name: numbers[label] for name, label in found.items()}
    beyond = [label for label in found.values() if not 0 <= label < (len(names) or MAX_CLASSES)]
    if beyond:
        raise ValueError(f"class {beyond[0]} of {len(names) or MAX_CLASSES}")
    return Labels(found, tuple(names or map(str, range(1 + max(found.values(), default=-1)))))


def _shared_start(folders: Sequence[tuple[str, ...]]) -> int:
    """How many leading parts all folders share; where there is one folder, all parts but its own name."""
    first, last = min(folders, default=()), max(folders, default=())
    if first == last:
        return max(0, len(first) - 1)
    shared = 0
    for a, b in zip(first, last, strict=False):
        if a != b:
            break
        shared += 1
    return shared
