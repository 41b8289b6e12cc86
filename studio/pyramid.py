"""Page images as a pyramid of tiles of 256 px: level k holds means over squares of 2^k page px.

A screen loads only the tiles that it shows, at the level of its zoom, so that pages of any size stay quick.
Tiles are cached on disk; few decoded pages stay in memory.
"""

import dataclasses
import io
import threading
from collections import OrderedDict
from pathlib import Path

import cv2
import numpy as np

from data_prep.images import read_header, read_image
from data_prep.outputs import replacing
from studio.project import NotFound
from studio.thumbnails import DECODER, cache_key

TILE_PX = 256
SMALLEST_PX = 64  # longer side of the coarsest level
MEMORY_BYTES = 160 << 20  # of decoded pages and their levels
CPUS = 2  # pages decoded or tiles encoded at a time


@dataclasses.dataclass(frozen=True)
class PageImage:
    """Size and levels of a page."""

    width_px: int
    height_px: int
    levels: int  # 0: full size
    dpi: float | None
    version: str  # changes with the file; part of the addresses of its tiles


class Pyramids:
    """Tiles of page images, cached in `folder`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._decoding = threading.Lock()
        self._encoding = threading.BoundedSemaphore(CPUS)
        self._pages: OrderedDict[str, list[np.ndarray]] = OrderedDict()

    def describe(self, path: Path) -> PageImage:
        """Size and levels of an image file. Raises: InputError: it cannot be read."""
        header = read_header(path)
        levels = count_levels(header.height_px, header.width_px)
        return PageImage(header.width_px, header.height_px, levels, header.dpi, cache_key(path))

    def tile(self, path: Path, *, level: int, column: int, row: int) -> bytes:
        """One tile as PNG; those at the right and lower edge are smaller.

        Raises: NotFound: there is no such tile. InputError: the file cannot be read.
        """
        key = cache_key(path)
        file = self.folder / key / f"{level}-{column}-{row}.png"
        try:
            return file.read_bytes()
        except FileNotFoundError:
            pass
        with self._encoding:
            data = encode_png(self._cut(path, key, level, column, row))
            if level:  # full-size tiles are many, and quick to cut
                with replacing(file) as partial, open(partial, "wb") as target:
                    target.write(data)
        return data

    def region(self, path: Path, box_px: tuple[int, int, int, int]) -> np.ndarray:
        """Page px of a half-open box (x0, y0, x1, y1), clipped to the page: uint8 [h, w, C]."""
        page = self.page(path)
        x0, y0, x1, y1 = (max(0, side) for side in box_px)
        return page[y0:y1, x0:x1]

    def page(self, path: Path) -> np.ndarray:
        """The whole page, uint8 [H, W, C]; from memory if it was shown just now."""
        return self._levels(path, cache_key(path))[0]

    def _cut(self, path: Path, key: str, level: int, column: int, row: int) -> np.ndarray:
        levels = self._levels(path, key)
        if not 0 <= level < len(levels) or min(column, row) < 0:
            raise NotFound("no such tile")
        x, y = column * TILE_PX, row * TILE_PX
        tile = levels[level][y : y + TILE_PX, x : x + TILE_PX]
        if not tile.size:
            raise NotFound("no such tile")
        return tile

    def _levels(self, path: Path, key: str) -> list[np.ndarray]:
        with self._decoding:  # one page at a time: memory
            levels = self._pages.pop(key, None)
            if levels is None:
                levels = DECODER.submit(lambda: make_levels(read_image(path))).result()
            self._pages[key] = levels
            while len(self._pages) > 1 and sum(map(_size, self._pages.values())) > MEMORY_BYTES:
                self._pages.popitem(last=False)
            return levels


def count_levels(height_px: int, width_px: int) -> int:
    """Levels until the longer side is SMALLEST_PX or less."""
    levels = 1
    while max(height_px, width_px) > SMALLEST_PX << (levels - 1):
        levels += 1
    return levels


def make_levels(image: np.ndarray) -> list[np.ndarray]:
    """All levels of uint8 [H, W, C]: level k is uint8 [ceil(H / 2^k), ceil(W / 2^k), C]."""
    return [halved(image, k) for k in range(count_levels(*image.shape[:2]))]


def halved(image: np.ndarray, level: int) -> np.ndarray:
    """Means over squares of 2^level px, rounded to the nearest; squares at the far edges may be smaller.

    Args:
        image: uint8 [H, W, C].
        level: 0 to 16.
    """
    if level == 0:
        return image
    side = 1 << level
    height, width, channels = image.shape
    rows, columns = height // side, width // side  # of whole squares
    target = np.empty((-(-height // side), -(-width // side), channels), np.uint8)
    for y0, y1, h in ((0, rows * side, rows), (rows * side, height, 1)):
        for x0, x1, w in ((0, columns * side, columns), (columns * side, width, 1)):
            if y0 < y1 and x0 < x1:
                means = cv2.resize(image[y0:y1, x0:x1], (w, h), interpolation=cv2.INTER_AREA)
                target[y0 // side :, x0 // side :][:h, :w] = means.reshape(h, w, channels)
    return target


def encode_png(image: np.ndarray) -> bytes:
    """uint8 [H, W, C] as PNG, compressed little: it is sent to this machine."""
    from PIL import Image

    target = io.BytesIO()
    Image.fromarray(image[..., 0] if image.shape[2] == 1 else image).save(target, "PNG", compress_level=1)
    return target.getvalue()


def _size(levels: list[np.ndarray]) -> int:
    return sum(level.nbytes for level in levels)
