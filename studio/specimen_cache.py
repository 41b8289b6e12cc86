"""Detected specimens of pages, cached on disk: correcting centres needs no second detection."""

import dataclasses
import hashlib
import json
import threading
from pathlib import Path
from typing import Any

import numpy as np

from data_prep.images import Note
from data_prep.outputs import write_json
from data_prep.pages.adjustments import Adjustment
from data_prep.pages.drawing import Correction
from data_prep.pages.polarity import read_drawing
from data_prep.pages.sheet import Sheet
from data_prep.specimens.detect import Specimens, around_centers, find_specimens
from data_prep.specimens.pages import PageSpecimens, SpecConfig
from studio.thumbnails import cache_key


class SpecimenCache:
    """Detections in one folder, by page file and settings."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._lock = threading.Lock()  # one page at a time: memory

    def page(self, path: Path, config: SpecConfig, adjustment: Adjustment) -> PageSpecimens:
        """The specimens of a page; stored centres replace detected ones.

        Raises: InputError: the page cannot be read.
        """
        found = self._detected(path, config)
        if adjustment.centers_px is not None:
            centers = np.array(adjustment.centers_px, np.float64).reshape(-1, 2)
            found = dataclasses.replace(found, specimens=around_centers(found.specimens, centers))
        return found

    def is_detected(self, path: Path, config: SpecConfig) -> bool:
        """Whether `page` answers at once."""
        return self._file(path, config).exists()

    def _detected(self, path: Path, config: SpecConfig) -> PageSpecimens:
        file = self._file(path, config)
        with self._lock:
            if file.exists():
                return PageSpecimens(path, _from_json(json.loads(file.read_text(encoding="utf-8"))))
            found = _detect(path, config)
            write_json(file, _to_json(found.specimens), indent=None)
            return found

    def _file(self, path: Path, config: SpecConfig) -> Path:
        settings = f"{config.gap} {config.min_size} {config.lattice} {config.max_megapixels}"
        digest = hashlib.blake2b(settings.encode(), digest_size=4).hexdigest()
        return self.folder / f"{cache_key(path)}-{digest}.json"


def _detect(path: Path, config: SpecConfig) -> PageSpecimens:
    notes: list[Note] = []
    page = read_drawing(path, max_megapixels=config.max_megapixels, note=notes.append)
    return PageSpecimens(path, find_specimens(page, config=config), tuple(notes))


def _to_json(found: Specimens) -> dict[str, Any]:
    sheet = found.sheet
    return {
        "boxes_px": found.boxes_px.tolist(),
        "centers_px": found.centers_px.tolist(),
        "touching": found.touching.tolist(),
        "dropped": found.dropped,
        "sheet": [sheet.corners_px.tolist(), sheet.angle_deg, sheet.has_bed],
        "kept": dataclasses.asdict(found.kept),
    }


def _from_json(value: dict[str, Any]) -> Specimens:
    corners, angle_deg, has_bed = value["sheet"]
    return Specimens(
        np.array(value["boxes_px"], np.int64).reshape(-1, 4),
        np.array(value["centers_px"], np.float64).reshape(-1, 2),
        np.array(value["touching"], bool),
        int(value["dropped"]),
        Sheet(np.array(corners), angle_deg, has_bed),
        Correction(**value["kept"]),
    )
