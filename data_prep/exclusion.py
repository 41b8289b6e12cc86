"""Which records a dataset does not show: positions in dataset.json, by reason. Nothing is deleted.

    {..., "excluded": [3, 17, 18], "reasons": {"blank": [3], "duplicate": [17, 18]}}

`excluded` is what counts, sorted; a position may stand under several reasons.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from data_prep import outputs
from data_prep.errors import InputError
from data_prep.records import DATASET_JSON


def excluded_positions(info: dict[str, Any]) -> np.ndarray:
    """Sorted positions, int64 [N], that the content of a dataset.json leaves out.

    Raises: ValueError: it is no list of positions of its records, or it leaves none.
    """
    value, count = info.get("excluded", []), info["count"]
    if not isinstance(value, list) or any(type(position) is not int for position in value):
        raise ValueError("excluded is no list of positions")
    if value and (min(value) < 0 or max(value) >= count):
        raise ValueError(f"excluded has positions beyond its {count} records")
    reasons = info.get("reasons", {})
    if not isinstance(reasons, dict) or not all(isinstance(listed, list) for listed in reasons.values()):
        raise ValueError("reasons are no lists of positions")
    positions = np.unique(np.array(value, np.int64))
    if count and len(positions) == count:
        raise ValueError("excluded leaves no record")
    return positions


def read_reasons(folder: Path) -> dict[str, list[int]]:
    """Excluded positions of a dataset by reason; those under none, e.g. added by hand, under "other"."""
    info = json.loads((folder / DATASET_JSON).read_text(encoding="utf-8"))
    left = set(info.get("excluded", []))
    excluded, kept = frozenset(left), {}
    for name, positions in info.get("reasons", {}).items():
        kept[name] = sorted(excluded.intersection(positions))
        left -= excluded.intersection(positions)
    return kept | ({"other": sorted(left.union(kept.get("other", [])))} if left else {})


def shown(count: int, reasons: Mapping[str, Sequence[int]], *, but: str) -> np.ndarray:
    """Which of `count` records are shown under all `reasons` but one: bool [N]."""
    mask = np.ones(count, bool)
    for name, positions in reasons.items():
        if name != but:
            mask[list(positions)] = False
    return mask


def exclude(folder: Path, reasons: Mapping[str, Sequence[int]]) -> int:
    """Replace a dataset's exclusion by the positions in `reasons`, none of them: show every record again.

    Returns: how many records are left out now.

    Raises: InputError: no record would be left.
    """
    path = folder / DATASET_JSON
    info = json.loads(path.read_text(encoding="utf-8"))
    excluded = sorted(set().union(*reasons.values()))
    if len(excluded) == info["count"]:
        raise InputError(f"that would exclude every record of {folder}; choose another threshold")
    info = {key: value for key, value in info.items() if key not in ("excluded", "reasons")}
    if excluded:
        info |= {"excluded": excluded, "reasons": {name: sorted(at) for name, at in reasons.items() if at}}
    outputs.write_json(path, info)
    return len(excluded)


def hash_of_shown(content_hash: str, excluded: np.ndarray) -> str:
    """The hash of a dataset's content less what it does not show."""
    if not len(excluded):
        return content_hash
    return hashlib.sha256(f"{content_hash} {excluded.tolist()}".encode()).hexdigest()[:16]
