"""Pages of TIFF files that Pillow does not read, or misreads: samples of 9 to 64 bits in any layout.

Source: TIFF, Revision 6.0 (Adobe 1992): tags, sections 8 and 9 to 14; and Adobe Photoshop TIFF Technical
Note 3 (2005): differences of floating-point samples.
"""

import dataclasses
import io
import itertools
import struct
from collections.abc import Iterator
from typing import IO, Any, Literal

import numpy as np
from PIL import Image, TiffImagePlugin

from data_prep.images.pixel_aspect import aspect_of_densities

SUBFILE, WIDTH, HEIGHT, BITS, COMPRESSION, PHOTOMETRIC = 254, 256, 257, 258, 259, 262
STRIPS, ORIENTATION, SAMPLES, ROWS_PER_STRIP, STRIP_BYTES = 273, 274, 277, 278, 279
X_RESOLUTION, Y_RESOLUTION, PLANAR, RESOLUTION_UNIT, PREDICTOR = 282, 283, 284, 296, 317
TILE_WIDTH, TILE_HEIGHT, TILES, TILE_BYTES, EXTRA, FORMAT = 322, 323, 324, 325, 338, 339

MOST_SAMPLES, MOST_TILE_PX = 16, 1 << 24
NO_PAGE = 1 | 4  # bits of SUBFILE: a reduced copy, or a transparency mask
_COLORS = {0: 1, 1: 1, 2: 3, 5: 4}  # photometric interpretation -> channels: gray, RGB, CMYK
_NAMES = {3: "palette", 6: "YCbCr", 8: "CIELab", 9: "ICCLab", 10: "ITULab", 32803: "camera raw", 34892: "raw"}
_BYTEWISE = {
    5,
    8,
    32773,
    32946,
    34925,
    50000,
}  # compressions of any bytes: LZW, deflate, PackBits, LZMA, ZSTD
_COMPRESSIONS = {6: "old JPEG", 7: "JPEG", 34661: "JBIG", 34712: "JPEG 2000", 34887: "LERC"} | {
    34925: "LZMA",
    50000: "ZSTD",
    50001: "WebP",
    50002: "JPEG XL",
}
_DEFAULTS = dict.fromkeys(
    (BITS, COMPRESSION, PHOTOMETRIC, ORIENTATION, SAMPLES, PLANAR, PREDICTOR, FORMAT), 1
) | {RESOLUTION_UNIT: 2}
_COMMON = {1, 2, 3, 4, 5, 7, 8, 32773, 32946}
_UNSIGNED, _SIGNED, _FLOAT, _UNDEFINED = 1, 2, 3, 4


Order = Literal["<", ">"]  # of bytes


class Unsupported(ValueError):
    """A valid TIFF whose kind is not supported; the message names the kind."""


@dataclasses.dataclass(frozen=True)
class Page:
    """One page of a TIFF file."""

    tags: Any  # number -> value
    order: Order
    is_big: bool  # BigTIFF

    def first(self, tag: int) -> int:
        """Value of a tag, or the first of its values; if it is missing the default of TIFF, or 0."""
        value = self.tags.get(tag, _DEFAULTS.get(tag, 0))
        return int(value[0] if isinstance(value, tuple) else value)

    def every(self, tag: int) -> list[int]:
        """All values of a tag."""
        value = self.tags.get(tag, ())
        return [int(v) for v in (value if isinstance(value, tuple) else (value,))]

    @property
    def size_px(self) -> tuple[int, int]:
        """Stored height and width in px."""
        return self.first(HEIGHT), self.first(WIDTH)

    @property
    def is_preview(self) -> bool:
        """Whether it is a reduced copy or a mask of another page."""
        return bool(self.first(SUBFILE) & NO_PAGE)

    @property
    def depth(self) -> tuple[int, int]:
        """Bits per sample (the largest) and sample format."""
        return max(self.every(BITS), default=1), self.first(FORMAT)

    @property
    def orientation(self) -> int:
        """Orientation as in EXIF, 1 to 8."""
        return self.first(ORIENTATION)

    @property
    def channels(self) -> int:
        """Samples of the colour: 1 gray, 3 RGB, 4 CMYK."""
        return _COLORS[self.first(PHOTOMETRIC)]

    @property
    def alpha(self) -> int:
        """0: none; 1: an extra sample is alpha and the colours are multiplied by it; 2: not multiplied."""
        extra = next(iter(self.every(EXTRA)), 0)
        return extra if extra in (1, 2) and self.first(SAMPLES) > self.channels else 0

    @property
    def dpi(self) -> tuple[float, float]:
        """Resolution along x and y in px per inch; 0 if it is not stored, or invalid."""
        per_inch = {2: 1.0, 3: 2.54}.get(self.first(RESOLUTION_UNIT), 0.0)
        x, y = self._densities()
        return x * per_inch, y * per_inch

    @property
    def pixel_aspect(self) -> float:
        """Width of a stored pixel divided by its height; see `images.pixel_aspect`."""
        return aspect_of_densities(self._densities(), is_per_inch=self.first(RESOLUTION_UNIT) == 2)

    def _densities(self) -> tuple[float, float]:
        try:
            return float(self.tags.get(X_RESOLUTION, 0)), float(self.tags.get(Y_RESOLUTION, 0))
        except (TypeError, ValueError, ZeroDivisionError):
            return 0.0, 0.0

    @property
    def rare_compression(self) -> str:
        """Name of a compression that decoders may lack; "" for a common one."""
        number = self.first(COMPRESSION)
        return "" if number in _COMMON else _COMPRESSIONS.get(number, f"number {number}")

    def is_beyond_pillow(self) -> bool:
        """Whether Pillow does not read the page, or misreads it."""
        bits, kind = self.depth
        samples = self.first(SAMPLES)
        gray_planes = self.first(PLANAR) == 2 and samples <= 2
        multiplied_gray = samples == 2 and self.every(EXTRA)[:1] == [1]
        big_endian = self.is_big and self.order == ">"
        return bits > 8 or kind in (_SIGNED, _FLOAT) or gray_planes or multiplied_gray or big_endian

    def check(self) -> None:
        """Raise Unsupported, naming the kind, if the page is of a kind that is not supported."""
        color, compression = self.first(PHOTOMETRIC), self.first(COMPRESSION)
        bits, kind = self.depth
        if compression not in {1, *_BYTEWISE}:
            name = _COMPRESSIONS.get(compression, f"number {compression}")
            raise Unsupported(f"TIFF of {bits}-bit samples with compression {name}")
        if color not in _COLORS:
            raise Unsupported(f"TIFF of {bits}-bit {_NAMES.get(color, f'colour space {color}')} samples")
        if len(set(self.every(BITS))) > 1:
            raise Unsupported(f"TIFF of channels with {', '.join(map(str, self.every(BITS)))} bits")
        if kind == _SIGNED and bits < 32:
            raise Unsupported(f"TIFF of signed {bits}-bit samples")
        if (kind == _FLOAT and bits not in (16, 32, 64)) or (kind != _FLOAT and 16 < bits != 32):
            raise Unsupported(f"TIFF of {bits}-bit {'float ' * (kind == _FLOAT)}samples")
        if self.first(SAMPLES) > MOST_SAMPLES:
            raise Unsupported(f"TIFF of {self.first(SAMPLES)} channels")
        if self.first(SAMPLES) < self.channels:
            raise Unsupported(f"TIFF of {self.first(SAMPLES)} channels for {self.channels} colours")


def is_tiff(head: bytes) -> bool:
    """Whether a file that begins with these four bytes is a TIFF or BigTIFF."""
    return head in (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")


def pages(file: IO[bytes]) -> Iterator[Page]:
    """Yield the pages of a TIFF or BigTIFF file in order, with previews.

    Raises: ValueError: a damaged directory.
    """
    file.seek(0)
    head = file.read(16)
    order: Order = "<" if head[:2] == b"II" else ">"
    big = 43 in head[2:4]
    (offset,) = struct.unpack_from(f"{order}Q" if big else f"{order}I", head, 8 if big else 4)
    mark = b"II+\0" if big else b"II*\0"  # the prefix decides the byte order
    seen = set()
    while offset and offset not in seen:
        seen.add(offset)
        directory = TiffImagePlugin.ImageFileDirectory_v2(mark + head[4 : 16 if big else 8], prefix=head[:2])
        file.seek(offset)
        directory.load(file)
        offset = directory.next or 0
        if WIDTH not in directory or HEIGHT not in directory:
            raise ValueError("a page without a size")
        yield Page(directory, order, big)


def page(file: IO[bytes], frame: int) -> Page:
    """The page of a number, from 0. Raises: ValueError: damaged, or there is no such page."""
    found = next(itertools.islice(pages(file), frame, None), None)
    if found is None:
        raise ValueError(f"no page {frame + 1}")
    return found


def list_pages(file: IO[bytes]) -> list[int]:
    """Numbers of the pages without previews; an unreadable page is the last one listed."""
    listed: list[int] = []
    number = -1
    try:
        for number, found in enumerate(pages(file)):
            if not found.is_preview:
                listed.append(number)
    except Exception:  # damaged tags raise many types; reading the page that is listed names the reason
        listed.append(number + 1)
    return listed or [0]


def read_samples(file: IO[bytes], of: Page) -> np.ndarray:
    """Read the samples of a page that passes `check`: unsigned, int32 or float [H, W, S], unscaled.

    White is the largest value also where the file stores it as zero; S includes extra samples.

    Raises: ValueError: damaged.
    """
    height, width = of.size_px
    bits, kind = of.depth
    samples = of.first(SAMPLES)
    planes = samples if of.first(PLANAR) == 2 else 1
    tiled = TILES in of.tags
    block_height, block_width = (
        (of.first(TILE_HEIGHT), of.first(TILE_WIDTH))
        if tiled
        else (min(of.first(ROWS_PER_STRIP) or height, height), width)
    )
    offsets = of.every(TILES if tiled else STRIPS)
    sizes = of.every(TILE_BYTES if tiled else STRIP_BYTES)
    if not 0 < block_height * block_width <= MOST_TILE_PX + height * width:
        raise ValueError(f"strips or tiles of {block_width} x {block_height} px")
    down, across = -(-height // block_height), -(-width // block_width)
    if len(offsets) < planes * down * across:
        raise ValueError(f"{len(offsets)} of {planes * down * across} strips or tiles")
    if not sizes and of.first(COMPRESSION) == 1 and len(offsets) == 1:
        sizes = [1 << 62]
    out = np.empty((height, width, samples), _dtype(bits, kind))
    channels = samples // planes
    for number in range(planes * down * across):
        plane, y, x = np.unravel_index(number, (planes, down, across))
        rows = block_height if tiled else min(block_height, height - int(y) * block_height)
        block = _block(file, of, offsets[number], sizes[number], rows, block_width, channels)
        top, left = int(y) * block_height, int(x) * block_width
        part = out[top : top + rows, left : left + block_width, int(plane) : int(plane) + channels]
        part[...] = block[: part.shape[0], : part.shape[1]]
    if of.first(PHOTOMETRIC) == 0:
        gray = out[..., :1]
        gray[...] = (1 if kind == _FLOAT else full_scale(of)) - gray
    return out


def is_opaque(samples: np.ndarray, channels: int) -> bool:
    """Whether alpha, the sample after the colours of [H, W, S], is constant, and no less than any of them.

    So it is too where 12 bits are stored in 16.
    """
    alpha = samples[..., channels]
    return bool(alpha.min() == alpha.max() >= samples[..., :channels].max() > 0)


def full_scale(of: Page) -> int:
    """The integer that stands for white; samples of 32 bits are 16-bit values."""
    return (1 << min(of.depth[0], 16)) - 1


def _dtype(bits: int, kind: int) -> np.dtype:
    size = {True: 1, bits > 8: 2, bits > 16: 4, bits > 32: 8}[True]
    return np.dtype(f"{'f' if kind == _FLOAT else 'i' if kind == _SIGNED else 'u'}{size}")


def _block(
    file: IO[bytes], of: Page, offset: int, size: int, rows: int, width: int, channels: int
) -> np.ndarray:
    """Decode one strip or tile: [rows, width, channels] in native byte order."""
    bits, kind = of.depth
    row_bytes = -(-width * channels * bits // 8)
    file.seek(offset)
    data = file.read(min(size, 1 << 31))
    if of.first(COMPRESSION) == 1:
        if len(data) < rows * row_bytes:
            raise ValueError(f"{rows * row_bytes - len(data)} bytes of pixels are missing")
        raw = np.frombuffer(data, np.uint8, rows * row_bytes).reshape(rows, row_bytes)
    else:
        if len(data) < size:
            raise ValueError(f"{size - len(data)} bytes of pixels are missing")
        raw = _decompress(data, of.first(COMPRESSION), rows, row_bytes)
    predictor, dtype = of.first(PREDICTOR), _dtype(bits, kind)
    if predictor == 3:  # bytes of a row by significance, then differences of bytes
        shuffled = np.cumsum(raw.reshape(rows, -1, channels), axis=1, dtype=np.uint8).reshape(rows, -1)
        values = shuffled.reshape(rows, bits // 8, width * channels).swapaxes(1, 2)
        return (
            np.ascontiguousarray(values).view(dtype.newbyteorder(">"))[..., 0].reshape(rows, width, channels)
        )
    if bits % 8:
        samples = np.unpackbits(raw, axis=1)[:, : width * channels * bits].reshape(rows, -1, bits)
        weights = (1 << np.arange(bits)[::-1]).astype(np.uint16)
        values = (samples * weights).sum(axis=2, dtype=np.uint16)
    else:
        values = np.ascontiguousarray(raw).view(dtype.newbyteorder(of.order))
    values = values.astype(dtype, copy=False).reshape(rows, width, channels)
    return np.cumsum(values, axis=1, dtype=dtype) if predictor == 2 else values


def _decompress(data: bytes, compression: int, rows: int, row_bytes: int) -> np.ndarray:
    """Bytes of a compressed strip, uint8 [rows, row_bytes], decoded as a gray image of one strip."""
    entries = {
        WIDTH: row_bytes,
        HEIGHT: rows,
        BITS: 8,
        COMPRESSION: compression,
        PHOTOMETRIC: 1,
        STRIPS: 8,
        SAMPLES: 1,
        ROWS_PER_STRIP: rows,
        STRIP_BYTES: len(data),
    }
    directory = b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in sorted(entries.items()))
    where = 8 + len(data) + len(data) % 2
    whole = b"II*\0" + struct.pack("<I", where) + data + b"\0" * (len(data) % 2)
    whole += struct.pack("<H", len(entries)) + directory + struct.pack("<I", 0)
    with Image.open(io.BytesIO(whole), formats=["TIFF"]) as image:
        return np.asarray(image)
