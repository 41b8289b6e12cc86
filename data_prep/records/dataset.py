"""Random access to the records of a dataset folder, from any number of threads; excluded records.

dataset.json lists the positions of excluded records by reason; nothing is deleted:

    {..., "excluded": [3, 17, 18], "reasons": {"blank": [3], "duplicate": [17, 18]}}

`excluded` is sorted and decides; a position may be listed under several reasons.
"""

import bisect
import hashlib
import itertools
import json
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from array_record.python.array_record_module import ArrayRecordReader

from data_prep import outputs
from data_prep.checksums import crc_of_file
from data_prep.errors import InputError, WorkError
from data_prep.records.writer import DATASET_JSON, Kind, Record, decode_record, fits, open_shard

CHOSEN = "chosen"  # reason of records that somebody excluded one by one


def excluded_positions(info: dict[str, Any]) -> np.ndarray:
    """Sorted positions, int64 [N], that a dataset.json excludes.

    Raises: ValueError: not a list of valid positions, or all of them.
    """
    value, count = info.get("excluded", []), info["count"]
    if not isinstance(value, list) or any(type(position) is not int for position in value):
        raise ValueError("excluded is not a list of positions")
    if value and (min(value) < 0 or max(value) >= count):
        raise ValueError(f"excluded has positions beyond its {count} records")
    reasons = info.get("reasons", {})
    if not isinstance(reasons, dict) or not all(isinstance(listed, list) for listed in reasons.values()):
        raise ValueError("reasons are not lists of positions")
    positions = np.unique(np.array(value, np.int64))
    if count and len(positions) == count:
        raise ValueError("excluded lists every record")
    return positions


def read_reasons(folder: Path) -> dict[str, list[int]]:
    """Excluded positions of a dataset by reason; "other" for those without, e.g. added by hand."""
    info = json.loads((folder / DATASET_JSON).read_text(encoding="utf-8"))
    left = set(info.get("excluded", []))
    excluded, listed = frozenset(left), {}
    for name, positions in info.get("reasons", {}).items():
        listed[name] = sorted(excluded.intersection(positions))
        left -= excluded.intersection(positions)
    return listed | ({"other": sorted(left.union(listed.get("other", [])))} if left else {})


def shown(count: int, reasons: Mapping[str, Sequence[int]], *, but: str) -> np.ndarray:
    """Mask of the records that no reason other than `but` excludes: bool [N]."""
    mask = np.ones(count, bool)
    for name, positions in reasons.items():
        if name != but:
            mask[list(positions)] = False
    return mask


def exclude(folder: Path, reasons: Mapping[str, Sequence[int]]) -> int:
    """Replace the exclusion of a dataset by the positions in `reasons`; empty: include every record.

    Returns: number of excluded records.

    Raises: InputError: every record would be excluded.
    """
    path = folder / DATASET_JSON
    info = json.loads(path.read_text(encoding="utf-8"))
    excluded = sorted(set().union(*reasons.values()))
    if len(excluded) == info["count"]:
        raise InputError(f"this would exclude every record of {folder}; choose another threshold")
    info = {key: value for key, value in info.items() if key not in ("excluded", "reasons")}
    if excluded:
        info |= {"excluded": excluded, "reasons": {name: sorted(at) for name, at in reasons.items() if at}}
    outputs.write_json(path, info)
    return len(excluded)


def change_exclusion(
    folder: Path, *, exclude_these: Sequence[int] = (), include_these: Sequence[int] = ()
) -> int:
    """Exclude some records, under the reason CHOSEN, and include others, whatever their reason.

    Args:
        folder: dataset folder.
        exclude_these: positions among all stored records; those that are excluded already keep their reason.
        include_these: positions.

    Returns: number of excluded records.

    Raises: InputError: no such position, or every record would be excluded.
    """
    count = json.loads((folder / DATASET_JSON).read_text(encoding="utf-8"))["count"]
    for position in (*exclude_these, *include_these):
        if not 0 <= position < count:
            raise InputError(f"record {position}: {folder} has {count} records (0 to {count - 1})")
    included = frozenset(include_these)
    reasons = {
        name: [at for at in positions if at not in included]
        for name, positions in read_reasons(folder).items()
    }
    left = set(exclude_these).difference(included, *reasons.values())
    return exclude(folder, reasons | {CHOSEN: sorted(left.union(reasons.get(CHOSEN, [])))})


def hash_of_shown(content_hash: str, excluded: np.ndarray) -> str:
    """Hash of the content of a dataset without its excluded records."""
    if not len(excluded):
        return content_hash
    return hashlib.sha256(f"{content_hash} {excluded.tolist()}".encode()).hexdigest()[:16]


_SHARD_FIELDS = {"name": str, "count": int, "bytes": int, "crc32": int}


class Dataset:
    """Random access to the records of a folder that `write_dataset` wrote.

    Reading releases the GIL and is thread-safe. Shards are opened on first use; a pickled copy opens its
    own. Every record is verified against its hash when read.

    Args:
        folder: dataset folder.
        everything: include the records that dataset.json excludes.

    Raises: InputError: not a dataset, or a shard is missing, truncated or of another count.
    """

    def __init__(self, folder: Path | str, *, everything: bool = False) -> None:
        self.folder, self.everything = Path(folder), everything
        info = _read_info(self.folder)
        self.kind: Kind = info["kind"]
        self.image_shape: tuple[int, int, int] = tuple(info["image_shape"])
        self.channels = self.image_shape[2]
        self.stored: int = info["count"]
        self.excluded = excluded_positions(info)  # int64 [N], sorted
        hidden = self.excluded[:0] if everything else self.excluded
        self._shown = np.delete(np.arange(self.stored), hidden) if len(hidden) else None
        self.count = self.stored - len(hidden)
        self.content_hash = hash_of_shown(info["content_hash"], hidden)
        self.label_names: tuple[str, ...] = tuple(info["label_names"])
        self.settings: dict[str, Any] = info["settings"]
        self.shards: tuple[dict[str, Any], ...] = tuple(info["shards"])
        for shard in self.shards:
            self._check_size(shard)
        self._ends = list(itertools.accumulate(shard["count"] for shard in self.shards))
        if self._ends[-1] != self.stored:
            raise InputError(
                f"{self.folder / DATASET_JSON} lists {self.stored} records, not {self._ends[-1]}; "
                "create the dataset again"
            )
        self._readers: dict[int, ArrayRecordReader] = {}
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return self.count

    def __getitem__(self, index: int) -> Record:
        """Read the record at `index`; negative indices count from the end.

        Raises: IndexError: no such record. WorkError: it is damaged; names shard and place.
        """
        position = index + self.count if index < 0 else index
        if not 0 <= position < self.count:
            raise IndexError(f"record {index} of {self.count}")
        return self._read(position if self._shown is None else int(self._shown[position]))

    def _read(self, position: int) -> Record:
        """Read the record stored at `position`."""
        shard = bisect.bisect_right(self._ends, position)
        place = position - (self._ends[shard - 1] if shard else 0)
        try:
            return decode_record(self._reader(shard).read([place])[0])
        except (RuntimeError, ValueError) as error:
            name, reason = self.folder / self.shards[shard]["name"], str(error).split(";")[0]
            raise WorkError(
                f"record {place} of {name} is damaged ({reason}); copy it again or create the dataset again"
            ) from error

    def __getstate__(self) -> dict[str, Any]:
        return {"folder": self.folder, "everything": self.everything}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__init__(**state)  # type: ignore[misc]

    def __repr__(self) -> str:  # grain uses it to name its state
        return f"Dataset({str(self.folder)!r})"

    def verify(self, *, on_record: Callable[[int], None] = lambda count: None) -> None:
        """Read all records, including excluded ones, and verify hashes, shapes and checksums of shards.

        Args:
            on_record: called with the number of records read since the last call.

        Raises: WorkError: names the first damage, and the number of others.
        """
        damages: list[str] = []
        for shard, (start, stop) in enumerate(self.spans()):
            damaged = False
            for position in range(start, stop):
                try:
                    self.read_stored(position)
                except WorkError as error:
                    damages.append(str(error))
                    damaged = True
                on_record(1)
            if not damaged and (damage := self.shard_damage(shard)):
                damages.append(damage)
        refuse_damages(damages)

    def spans(self) -> list[tuple[int, int]]:
        """Positions [start, stop) of the records of each shard."""
        return list(zip([0, *self._ends[:-1]], self._ends, strict=True))

    def read_stored(self, position: int) -> Record:
        """Read the record at a position among all stored records, including excluded ones.

        Raises: WorkError: it is damaged, or its image has the wrong shape.
        """
        record = self._read(position)
        if not fits(shape := record.image.shape, self.image_shape, self.kind):
            raise WorkError(f"record {position} is {list(shape)}, not {list(self.image_shape)}")
        return record

    def shard_damage(self, shard: int) -> str | None:
        """Verify the checksum of a shard; return a message if it differs, else None."""
        path, expected = self.folder / self.shards[shard]["name"], self.shards[shard]["crc32"]
        if (crc := crc_of_file(path)) == expected:
            return None
        return f"{path} has checksum {crc:08x}, not {expected:08x}"

    def _reader(self, shard: int) -> ArrayRecordReader:
        reader = self._readers.get(shard)
        if reader is None:
            with self._lock:
                reader = self._readers.get(shard) or self._open(shard)
                self._readers[shard] = reader
        return reader

    def _open(self, shard: int) -> ArrayRecordReader:
        name, count = self.shards[shard]["name"], self.shards[shard]["count"]
        reader = open_shard(self.folder / name)
        if not reader.ok() or reader.num_records() != count:
            raise WorkError(f"{self.folder / name} is damaged; copy it again or create the dataset again")
        return reader

    def _check_size(self, shard: dict[str, Any]) -> None:
        path = self.folder / shard["name"]
        if not path.is_file():
            raise InputError(f"{path} is missing; copy it here or create the dataset again")
        if (size := path.stat().st_size) != shard["bytes"]:
            how = "cut short" if size < shard["bytes"] else "too long"
            raise InputError(
                f"{path} is {how}: {size} bytes, not {shard['bytes']}; "
                "copy it again or create the dataset again"
            )


def refuse_damages(damages: Sequence[str]) -> None:
    """Raise WorkError with the first damage and the number of others, if there are any."""
    if damages:
        more = f"; {len(damages) - 1} more" if len(damages) > 1 else ""
        raise WorkError(f"{damages[0]}{more}")


def _read_info(folder: Path) -> dict[str, Any]:
    path = folder / DATASET_JSON
    if not path.is_file():
        state = "no such folder" if not folder.is_dir() else f"no {DATASET_JSON}"
        raise InputError(
            f"{folder} is not a dataset ({state}); create one with `inkloop data-prep blob`, `... pack` or "
            "`... pack PAGES --pages`, whose tiles training cuts itself"
        )
    try:
        info = json.loads(path.read_text(encoding="utf-8"))
        if "labels" in info and "shards" not in info:
            raise InputError(
                f"{path} lists classes of images; create a dataset with `inkloop data-prep pack`"
            )
        if info["schema"] != 1:
            raise ValueError(f"schema {info['schema']}")
        if info["kind"] not in ("tiles", "pages"):
            raise ValueError(f"kind {info['kind']}")
        fields = ("kind", "image_shape", "count", "content_hash", "label_names", "settings", "shards")
        missing = [field for field in fields if field not in info]
        if missing or not info["shards"] or len(info["image_shape"]) != 3:
            raise ValueError(f"without {missing[0]}" if missing else "empty")
        excluded_positions(info)
        for i, shard in enumerate(info["shards"]):
            wrong = [key for key, kind in _SHARD_FIELDS.items() if not isinstance(shard.get(key), kind)]
            if wrong:
                raise ValueError(f"shard {i} without {wrong[0]}")
            if shard["name"] in ("", "..") or shard["name"] != Path(shard["name"]).name:
                raise ValueError(f"shard {i} lies in another folder")
    except InputError:
        raise
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise InputError(f"{path} is damaged ({error}); create the dataset again") from None
    return info
