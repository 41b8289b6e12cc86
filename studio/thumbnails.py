"""Thumbnails of image files, cached on disk by path, time and size of the file."""

import hashlib
import os
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import cv2
import numpy as np

from data_prep.errors import InputError
from data_prep.images import read_image
from data_prep.images.resize import resize
from data_prep.outputs import replacing
from data_prep.records.writer import DATASET_JSON

SIDES_PX = (160, 320, 640)
ROWS, COLUMNS, MOST_PX = 5, 8, 64  # of records in the thumbnail of a dataset
DECODER = ThreadPoolExecutor(1, "decode")  # large arrays in many threads leave memory in the arena of each


class Thumbnails:
    """Reduced copies in one folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._locks = [threading.Lock() for _ in range(16)]  # of the same thumbnail one is written

    def file(self, path: Path, *, side_px: int = SIDES_PX[1]) -> Path:
        """The reduced copy of an image file as WebP; it is written if it is missing.

        Args:
            path: an image file.
            side_px: longer side; the next of SIDES_PX is taken.

        Raises: InputError: the file cannot be read.
        """
        return self._cached(path, side_px, read_image)

    def video(self, path: Path, *, side_px: int = SIDES_PX[1]) -> Path:
        """The reduced middle frame of a video file, as `file`. Raises: InputError: it cannot be read."""
        return self._cached(path, side_px, middle_frame)

    def dataset(self, folder: Path, *, side_px: int = SIDES_PX[1]) -> Path:
        """Some records of a dataset, as `file`. Raises: InputError, WorkError: they cannot be read."""
        return self._cached(folder / DATASET_JSON, side_px, lambda path: some_records(path.parent))

    def _cached(self, path: Path, side_px: int, read: Callable[[Path], np.ndarray]) -> Path:
        side_px = next((side for side in SIDES_PX if side >= side_px), SIDES_PX[-1])
        key = cache_key(path)
        target = self.folder / f"{key}-{side_px}.webp"
        with self._locks[int(key[:4], 16) % len(self._locks)]:
            if not target.exists():
                write_webp(target, DECODER.submit(lambda: reduce(read(path), side_px)).result())
        return target


def middle_frame(path: Path) -> np.ndarray:
    """The middle frame of a video, uint8 [H, W, 3]. Raises: InputError: it cannot be read."""
    from data_prep.video.clip import Clip

    with Clip(path) as clip:
        return clip[len(clip) // 2].image


def some_records(folder: Path) -> np.ndarray:
    """Records of a dataset at even distances in ROWS x COLUMNS squares, uint8 [H, W, 3].

    Raises: InputError, WorkError: they cannot be read.
    """
    from data_prep.images import with_mode
    from data_prep.records.dataset import Dataset

    dataset = Dataset(folder)
    if not len(dataset):
        raise InputError(f"{folder.name}: every record is excluded")
    count, side = ROWS * COLUMNS, min(MOST_PX, *dataset.image_shape[:2])
    sheet = np.empty((ROWS, side, COLUMNS, side, 3), np.uint8)
    for place, position in enumerate(np.linspace(0, len(dataset) - 1, count).round().astype(int)):
        image = with_mode(dataset[int(position)].image, "rgb")
        square = min(image.shape[:2])
        row, column = divmod(place, COLUMNS)
        sheet[row, :, column] = reduce(image[:square, :square], side)
    return sheet.reshape(ROWS * side, COLUMNS * side, 3)


def cache_key(path: Path) -> str:
    """A checksum that changes with the file: of its path, size and time."""
    stat = path.stat()
    text = f"{stat.st_size} {stat.st_mtime_ns} ".encode() + os.fsencode(path)
    return hashlib.blake2b(text, digest_size=12).hexdigest()


def reduce(image: np.ndarray, side_px: int) -> np.ndarray:
    """Reduce uint8 [H, W, C] to a longer side of at most `side_px`, by area means."""
    longer = max(image.shape[:2])
    if longer <= side_px:
        return image
    height, width = (max(1, round(side * side_px / longer)) for side in image.shape[:2])
    factor = longer // (2 * side_px)
    if factor > 1 and min(image.shape[:2]) >= factor:  # exact means of a whole page take much memory
        rows, columns = (side // factor for side in image.shape[:2])
        means = cv2.resize(image, (columns, rows), interpolation=cv2.INTER_AREA)
        image = means.reshape(rows, columns, image.shape[2])
    return resize(image, height, width)


def write_webp(path: Path, image: np.ndarray, *, quality: int = 82) -> None:
    """Write uint8 [H, W, C] as WebP, whole or not at all."""
    from PIL import Image

    with replacing(path) as partial:
        Image.fromarray(image[..., 0] if image.shape[2] == 1 else image).save(
            partial, "WEBP", quality=quality, method=2
        )
