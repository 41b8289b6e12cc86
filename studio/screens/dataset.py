"""Dataset: a contact sheet of all records, and the exclusion list in dataset.json."""

import math
import shlex
import threading
from pathlib import Path
from typing import Any

import numpy as np
from starlette.responses import Response

from data_prep.errors import InputError, WorkError
from data_prep.records.dataset import Dataset, change_exclusion, read_reasons
from data_prep.records.overview import RecordsOverview, overview
from data_prep.records.quality import SurveyConfig
from data_prep.records.writer import DATASET_JSON
from studio.handlers import Call, get, post, put, send_bytes

MOST_IN_SHEET = 100
MAX_RECORDS = 4_000_000  # of an overview: 20 bytes each are sent
JUDGED = ("blank", "blurred", "duplicates")  # flags of `verify`


def datasets(call: Call) -> Any:
    """Datasets below ROOT."""
    return {"entries": call.studio.project.entries("dataset")}


def dataset(call: Call) -> Any:
    """Size, classes and exclusions of a dataset."""
    folder = call.entry("folder")
    opened = Dataset(folder, everything=True)
    if opened.stored > MAX_RECORDS:
        raise InputError(f"{folder.name}: {opened.stored} records; this screen shows up to {MAX_RECORDS}")
    name = call.studio.project.name_of(folder)
    plain = SurveyConfig()
    return {
        "name": name,
        "kind": opened.kind,
        "count": opened.stored,
        "image_shape": opened.image_shape,
        "label_names": opened.label_names,
        "excluded": opened.excluded,
        "reasons": {reason: len(at) for reason, at in read_reasons(folder).items()},
        "blank_fraction": plain.blank_fraction,
        "blurred_fraction": plain.blurred_fraction,
        "version": call.studio.versions.current(folder / DATASET_JSON),
        "command": shlex.join(["inkloop", *_verify_words(name, [])]),
    }


def measures(call: Call) -> Any:
    """State of the measurement of all records; the first call starts it."""
    return _measurement(call).state()


def values(call: Call) -> Response:
    """Measurements of all N records: float32 ink and sharpness, int32 first, page and label, in turn."""
    found = _measurement(call).result()
    columns = (found.ink_fraction, found.sharpness, found.first, found.page, found.label)
    return send_bytes(
        b"".join(column.astype(column.dtype.newbyteorder("<")).tobytes() for column in columns),
        "application/octet-stream",
    )


def sheet(call: Call) -> Response:
    """Images of some records side by side, as one row of squares."""
    from studio.pyramid import encode_png

    opened = Dataset(call.entry("folder"), everything=True)
    side_px = call.integer("side", low=16, high=512, default=96)
    positions = _positions(call.text("positions", most=2_000).split(","), opened.stored)
    if len(positions) > MOST_IN_SHEET:
        raise InputError(f"positions: at most {MOST_IN_SHEET} records at a time")
    return send_bytes(encode_png(_draw(opened, positions, side_px)), "image/png", cache="v" in call.query)


def record(call: Call) -> Any:
    """Source and class of one record."""
    opened = Dataset(call.entry("folder"), everything=True)
    (position,) = _positions([call.params["position"]], opened.stored)
    found = opened.read_stored(position)
    label = None if found.label is None else found.label
    names = opened.label_names
    return {
        "source": found.source,
        "label": names[label] if label is not None and label < len(names) else label,
        "shape": found.image.shape,
    }


def change(call: Call) -> Any:
    """Exclude some records and include others."""
    folder = call.entry("folder")
    lists = [call.body.get(name, []) for name in ("exclude", "include")]
    if not all(isinstance(at, list) and all(type(position) is int for position in at) for at in lists):
        raise InputError("exclude, include: must be lists of positions")

    def write() -> None:
        change_exclusion(folder, exclude_these=lists[0], include_these=lists[1])

    version = call.studio.versions.write(folder / DATASET_JSON, write, if_match=call.if_match)
    return {"version": version}


def restore(call: Call) -> Any:
    """Give dataset.json the bytes of an earlier version."""
    path = call.entry("folder") / DATASET_JSON
    version = call.studio.versions.restore(path, call.text("version"), if_match=call.text("if_match"))
    return {"version": version}


def verify(call: Call) -> Any:
    """Exclude blank, blurred or duplicate records by the command, as a job."""
    name = call.studio.project.name_of(call.entry("folder"))
    judged = call.body.get("judged", [])
    if not isinstance(judged, list) or not set(judged) <= set(JUDGED):
        raise InputError(f"judged: must be among {', '.join(JUDGED)}")
    return call.studio.jobs.start(_verify_words(name, judged), title=f"Verify {name}").as_json()


def _verify_words(name: str, judged: list[str]) -> list[str]:
    return ["data-prep", "verify", name, *(f"--exclude-{what}" for what in judged)]


def _positions(values: list[str], count: int) -> list[int]:
    positions = [int(value) if value.isdecimal() and len(value) < 10 else -1 for value in values]
    if not all(0 <= position < count for position in positions):
        raise InputError(f"positions: must be records from 0 to {count - 1}")
    return positions


def _draw(opened: Dataset, positions: list[int], side_px: int) -> np.ndarray:
    """Images of records fitted in squares, uint8 [side, N * side, 3]; damaged ones are red."""
    from data_prep.images import with_mode
    from data_prep.images.resize import resize

    row = np.full((side_px, len(positions) * side_px, 3), 128, np.uint8)
    for place, position in enumerate(positions):
        try:
            image = with_mode(opened.read_stored(position).image, "rgb")
        except WorkError:
            row[:, place * side_px : (place + 1) * side_px] = 200, 60, 50
            continue
        factor = side_px / max(image.shape[:2])
        height, width = (max(1, math.floor(side * factor)) for side in image.shape[:2])
        if factor < 1:
            image = resize(image, height, width)
        else:  # small tiles: squares of pixels
            image = image[np.arange(height) * image.shape[0] // height][
                :, np.arange(width) * image.shape[1] // width
            ]
        y, x = (side_px - height) // 2, place * side_px + (side_px - width) // 2
        row[y : y + height, x : x + width] = image
    return row


class _Measurement:
    """An overview that a thread makes."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.count = folder, 2 * Dataset(folder, everything=True).stored
        self.read, self.error = 0, ""
        self.found: RecordsOverview | None = None
        threading.Thread(target=self._work, name="overview", daemon=True).start()

    def state(self) -> dict[str, Any]:
        """Fraction that was read, whether it is ready, and the names of the pages."""
        if self.error:
            raise WorkError(self.error)
        pages = self.found.pages if self.found is not None else ()
        return {"fraction": self.read / self.count, "ready": self.found is not None, "pages": pages}

    def result(self) -> RecordsOverview:
        """The overview. Raises: InputError: it is not ready."""
        if self.found is None:
            raise InputError("the records are still being measured")
        return self.found

    def _work(self) -> None:
        try:
            self.found = overview(self.folder, on_record=self._add)
        except (InputError, WorkError) as error:
            self.error = str(error)

    def _add(self, count: int) -> None:
        self.read += count


_measurements: dict[str, _Measurement] = {}  # by content of the dataset
_lock = threading.Lock()


def _measurement(call: Call) -> _Measurement:
    folder = call.entry("folder")
    content = Dataset(folder, everything=True).content_hash
    key = f"{folder} {content}"
    with _lock:
        if key not in _measurements:
            _measurements[key] = _Measurement(folder)
        return _measurements[key]


routes = [
    get("/api/dataset", datasets),
    get("/api/dataset/{folder}", dataset),
    get("/api/dataset/{folder}/measures", measures),
    get("/api/dataset/{folder}/values", values),
    get("/api/dataset/{folder}/sheet", sheet),
    get("/api/dataset/{folder}/record/{position}", record),
    put("/api/dataset/{folder}", change),
    post("/api/dataset/{folder}/restore", restore),
    post("/api/dataset/{folder}/verify", verify),
]
