"""Small image files of every kind that is read, and damaged copies of them."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from PIL import Image

from tests.data_prep.images.tiff_files import DEFLATE, PACKBITS, write_tiff

SIZE_PX = (24, 20)  # width, height
KINDS = (  # Pillow mode, suffix, options of the encoder
    ("L", ".png", {}),
    ("1", ".png", {}),
    ("P", ".png", {}),
    ("P", ".png", {"transparency": 3}),
    ("LA", ".png", {}),
    ("RGB", ".png", {"transparency": (0, 0, 0)}),
    ("RGBA", ".png", {}),
    ("I;16", ".png", {}),
    ("L", ".jpg", {}),
    ("RGB", ".jpeg", {"progressive": True}),
    ("CMYK", ".jpe", {}),
    ("RGB", ".jfif", {"dpi": (300, 300)}),
    ("L", ".tif", {}),
    ("1", ".tiff", {"compression": "group4"}),
    ("P", ".tif", {"compression": "tiff_lzw"}),
    ("RGB", ".tif", {"compression": "jpeg"}),
    ("RGBA", ".tif", {"compression": "tiff_adobe_deflate"}),
    ("I;16", ".tif", {"compression": "tiff_lzw"}),
    ("F", ".tif", {}),
    ("P", ".gif", {}),
    ("L", ".bmp", {}),
    ("1", ".bmp", {}),
    ("P", ".bmp", {}),
    ("RGB", ".dib", {}),
    ("RGBA", ".bmp", {}),
    ("RGB", ".webp", {}),
    ("RGBA", ".webp", {"lossless": True}),
    ("L", ".jp2", {}),
    ("RGB", ".j2k", {}),
    ("1", ".pbm", {}),
    ("L", ".pgm", {}),
    ("RGB", ".ppm", {}),
    ("RGB", ".pnm", {}),
)


def small_files(folder: Path) -> list[Path]:
    """Write one file per kind; drawings of the same size, with EXIF where the format has it."""
    width, height = SIZE_PX
    y, x = np.mgrid[:height, :width]
    color = np.stack([(x * 11 + y * 3) % 256, (x * 5 + y * 7) % 256, (x * y) % 256], -1).astype(np.uint8)
    exif = Image.Exif()
    exif[0x0112] = 3
    paths = []
    for number, (mode, suffix, options) in enumerate(KINDS):
        photo = Image.fromarray(color)
        if mode == "I;16":
            photo = Image.fromarray(color[..., 0].astype(np.uint16) * 257)
        elif mode == "F":
            photo = Image.fromarray(color[..., 0].astype(np.float32) / 255)
        elif mode != "RGB":
            photo = photo.convert(mode)
        path = folder / f"{number:02d}{suffix}"
        extra = {"exif": exif} if suffix in (".png", ".jpg", ".webp") else {}
        photo.save(path, **options, **extra)
        paths.append(path)
    deep = color.astype(np.uint16) * 257
    for number, (compression, planar, tile_px) in enumerate(
        [(1, True, None), (DEFLATE, False, 16), (PACKBITS, True, None), (DEFLATE, True, 16)]
    ):
        path = folder / f"deep{number}.tif"
        paths.append(write_tiff(path, deep, compression=compression, planar=planar, tile_px=tile_px))
    photos = [Image.fromarray(color), Image.fromarray(color[..., 0])]
    photos[0].save(folder / "pages.tif", save_all=True, append_images=photos[1:])
    return [*paths, folder / "pages.tif"]


def damaged(data: bytes, rng: np.random.Generator) -> bytes:
    """The bytes of a file, cut short or with some bytes replaced, or both."""
    how = rng.integers(4)
    if how != 1:
        data = data[: int(rng.integers(len(data)))] if how == 0 else data
    if how:
        copy = bytearray(data)
        near = min(len(data), 200) if rng.random() < 0.6 else len(data)  # headers are short
        for place in rng.integers(near, size=int(rng.integers(1, 9))):
            copy[int(place)] = int(rng.integers(256)) if rng.random() < 0.7 else 255
        data = bytes(copy)
    if how == 3:
        data = data[: int(rng.integers(1, len(data) + 1))]
    return data


def damaged_copies(folder: Path, count: int, *, seed: int = 0) -> Iterator[tuple[str, bytes]]:
    """(suffix, bytes) of `count` damaged files, in turn of every kind."""
    rng = np.random.default_rng(seed)
    whole = [(path.suffix, path.read_bytes()) for path in small_files(folder)]
    for number in range(count):
        suffix, data = whole[number % len(whole)]
        yield suffix, damaged(data, rng)
