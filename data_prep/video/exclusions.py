"""Ranges of frames that are left out, such as opening titles: `exclusions.json`.

The file is {"schema": 1, "videos": {NAME: [{"first_frame", "first_pts", "last_frame", "last_pts", "reason",
"score"}, ...]}}, by the name of the video; both ends of a range are left out.
"""

import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from data_prep.errors import InputError
from data_prep.json_files import check_keys, read_json
from data_prep.outputs import write_json
from data_prep.video.frame_index import FrameIndex

SCHEMA = 1


@dataclasses.dataclass(frozen=True)
class Exclusion:
    """A range of frames of a video, both ends included."""

    first_frame: int
    first_pts: int
    last_frame: int
    last_pts: int
    reason: str = ""
    score: float | None = None  # similarity by which it was found, -1 to 1

    def check(self, index: FrameIndex, *, where: str) -> None:
        """Raise InputError, naming `where`, unless the range lies in the video."""
        if self.last_frame < self.first_frame:
            raise InputError(f"{where}: ends at frame {self.last_frame}, before {self.first_frame}")
        index.check_stamp(self.first_frame, self.first_pts, where=where)
        index.check_stamp(self.last_frame, self.last_pts, where=where)


def exclude_times(
    index: FrameIndex, start_sec: float, end_sec: float, *, reason: str, score: float | None = None
) -> Exclusion:
    """The frames that are shown from one time to another, in seconds from the first frame; clipped."""
    first, last = index.frame_at(start_sec), index.frame_at(end_sec)
    return Exclusion(first, int(index.pts[first]), last, int(index.pts[last]), reason, score)


def read_exclusions(path: Path) -> dict[str, tuple[Exclusion, ...]]:
    """Read exclusions.json: name of a video -> its ranges.

    Raises: InputError: the file cannot be read, or is no exclusions.json.
    """
    value = read_json(path)
    check_keys(value, {"schema", "videos"}, where=str(path))
    if value["schema"] != SCHEMA or not isinstance(value["videos"], dict):
        raise InputError(f"{path}: schema must be {SCHEMA}, and videos an object")
    known = {field.name for field in dataclasses.fields(Exclusion)}
    found = {}
    for video, ranges in value["videos"].items():
        if not isinstance(ranges, list):
            raise InputError(f"{path}: {video}: must be a list of ranges")
        for number, entry in enumerate(ranges):
            where = f"{path}: {video}: range {number}"
            check_keys(entry, known, where=where, optional=frozenset({"reason", "score"}))
            ends = [entry[name] for name in ("first_frame", "first_pts", "last_frame", "last_pts")]
            if not all(type(end) is int for end in ends):
                raise InputError(f"{where}: frames and pts must be whole numbers")
        found[video] = tuple(Exclusion(**entry) for entry in ranges)
    return found


def write_exclusions(path: Path, exclusions: Mapping[str, Sequence[Exclusion]]) -> None:
    """Write exclusions.json."""
    videos = {name: [dataclasses.asdict(entry) for entry in ranges] for name, ranges in exclusions.items()}
    write_json(path, {"schema": SCHEMA, "videos": videos})


def excluded_frames(exclusions: Sequence[Exclusion], index: FrameIndex, *, where: str) -> np.ndarray:
    """Mark the frames of a video that are left out: bool [T].

    Args:
        exclusions: ranges of the video.
        index: of the video.
        where: named in errors, e.g. the file.

    Raises: InputError: a range lies beyond the end of the video, or is of another version of it.
    """
    marked = np.zeros(len(index), bool)
    for number, entry in enumerate(exclusions):
        entry.check(index, where=f"{where}: {index.video.name}: range {number}")
        marked[entry.first_frame : entry.last_frame + 1] = True
    return marked
