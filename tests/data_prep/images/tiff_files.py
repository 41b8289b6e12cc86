"""Write TIFF files in layouts that Pillow cannot write: any depth, sample format, byte order and planes."""

import struct
import zlib
from pathlib import Path

import numpy as np

NONE, DEFLATE, PACKBITS = 1, 8, 32773
UNSIGNED, SIGNED, FLOAT = 1, 2, 3


def write_tiff(
    path: Path,
    samples: np.ndarray,
    *,
    order: str = "<",
    planar: bool = False,
    compression: int = NONE,
    predictor: bool = False,
    rows_per_strip: int | None = None,
    tile_px: int | None = None,
    photometric: int | None = None,
    extra: int | None = None,
    bits: int | None = None,
    tags: dict[int, tuple[int, list[int]]] | None = None,
) -> Path:
    """Write samples [H, W, C] of any integer or float type; tags as in TIFF 6.0.

    Args:
        path: the file.
        samples: uint, int or float.
        order: "<" or ">".
        planar: one plane per channel (PlanarConfiguration 2).
        compression: NONE, DEFLATE or PACKBITS.
        predictor: store horizontal differences (integers).
        rows_per_strip: None: one strip.
        tile_px: square tiles of this side instead of strips.
        photometric: None: 1 (black is zero) or 2 (RGB).
        extra: meaning of an extra sample, e.g. 2: alpha that is not premultiplied.
        bits: value of BitsPerSample if it is below the size of the type, e.g. 12.
        tags: further tags: number -> (type, values).
    """
    height, width, channels = samples.shape
    planes = [samples[..., i : i + 1] for i in range(channels)] if planar else [samples]
    blocks = []
    for plane in planes:
        if tile_px:
            rows, cols = -(-height // tile_px), -(-width // tile_px)
            padded = np.zeros((rows * tile_px, cols * tile_px, plane.shape[2]), plane.dtype)
            padded[:height, :width] = plane
            for y in range(0, rows * tile_px, tile_px):
                for x in range(0, cols * tile_px, tile_px):
                    blocks.append(padded[y : y + tile_px, x : x + tile_px])
        else:
            step = rows_per_strip or height
            blocks += [plane[y : y + step] for y in range(0, height, step)]
    data = [_encode(block, order, compression, predictor) for block in blocks]
    kind = {"u": UNSIGNED, "i": SIGNED, "f": FLOAT}[samples.dtype.kind]
    depth = bits or 8 * samples.dtype.itemsize
    color = photometric if photometric is not None else 2 if channels >= 3 else 1
    entries: dict[int, tuple[int, list[int]]] = {
        256: (4, [width]),
        257: (4, [height]),
        258: (3, [depth] * channels),
        259: (3, [compression]),
        262: (3, [color]),
        277: (3, [channels]),
        284: (3, [2 if planar else 1]),
        339: (3, [kind] * channels),
    }
    if predictor:
        entries[317] = (3, [2])
    if extra is not None:
        entries[338] = (3, [extra])
    if tile_px:
        entries |= {322: (4, [tile_px]), 323: (4, [tile_px])}
        where, sizes = 324, 325
    else:
        entries |= {278: (4, [rows_per_strip or height])}
        where, sizes = 273, 279
    entries[sizes] = (4, [len(part) for part in data])
    entries[where] = (4, [0] * len(data))
    entries |= tags or {}
    formats = {3: "H", 4: "I"}
    directory = 8
    after = directory + 2 + 12 * len(entries) + 4
    extras = sum(
        struct.calcsize(formats[t]) * len(v) if struct.calcsize(formats[t]) * len(v) > 4 else 0
        for t, v in entries.values()
    )
    start = after + extras
    offsets = []
    for part in data:
        offsets.append(start)
        start += len(part) + len(part) % 2
    entries[where] = (4, offsets)
    head, tail = b"", b""
    for tag in sorted(entries):
        form, values = entries[tag]
        raw = struct.pack(f"{order}{len(values)}{formats[form]}", *values)
        if len(raw) > 4:
            field = struct.pack(f"{order}I", after + len(tail))
            tail += raw
        else:
            field = raw.ljust(4, b"\0")
        head += struct.pack(f"{order}HHI", tag, form, len(values)) + field
    mark = b"II*\0" if order == "<" else b"MM\0*"
    with path.open("wb") as file:
        file.write(mark + struct.pack(f"{order}I", directory))
        file.write(struct.pack(f"{order}H", len(entries)) + head + struct.pack(f"{order}I", 0) + tail)
        for part in data:
            file.write(part + b"\0" * (len(part) % 2))
    return path


def _encode(block: np.ndarray, order: str, compression: int, predictor: bool) -> bytes:
    if predictor:
        before = np.zeros_like(block)
        before[:, 1:] = block[:, :-1]
        block = block - before
    raw = block.astype(block.dtype.newbyteorder(order)).tobytes()
    if compression == DEFLATE:
        return zlib.compress(raw)
    if compression == PACKBITS:
        row = len(raw) // len(block)
        return b"".join(_packbits(raw[i : i + row]) for i in range(0, len(raw), row))
    return raw


def _packbits(row: bytes) -> bytes:
    """Literal runs only, which every decoder must accept."""
    parts = [row[i : i + 128] for i in range(0, len(row), 128)]
    return b"".join(bytes([len(part) - 1]) + part for part in parts)
