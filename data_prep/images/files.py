"""Image files <-> uint8 HWC, C = 1 (gray), 3 (rgb) or 4 (rgba). No other module opens image files.

Also the conversion between host images (uint8) and device images (float32 in [-1, 1]).
"""

import contextlib
import dataclasses
import io
import itertools
import math
import re
import struct
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Literal, NoReturn

import numpy as np
from PIL import ExifTags, Image, ImageOps, TiffImagePlugin, UnidentifiedImageError

from data_prep.errors import InputError, WorkError
from data_prep.outputs import replacing

Mode = Literal["gray", "rgb", "rgba"]
CHANNELS: dict[Mode, int] = {"gray": 1, "rgb": 3, "rgba": 4}
SUFFIXES = {".png", ".jpg", ".jpeg", ".tif", ".tiff", ".webp", ".bmp", ".gif", ".jp2", ".pbm", ".pgm", ".ppm"}
MAX_MEGAPIXELS = 300.0

Image.MAX_IMAGE_PIXELS = None  # `_open` checks --max-megapixels before decoding

_PILLOW_MODE = {"gray": "L", "rgb": "RGB", "rgba": "RGBA"}
_GRAY = {"1", "L", "LA", "La", "I", "F", "I;16", "I;16B", "I;16L", "I;16N"}
_ALPHA = {"LA", "La", "PA", "RGBA", "RGBa"}
_SUBFILE_TYPE, _NO_PAGE = 254, 1 | 4  # TIFF 6.0, section 8: a reduced copy, or a transparency mask
DAMAGE = (OSError, SyntaxError, ValueError, EOFError, IndexError)  # raised by Pillow's decoders on bad data
_BAD_FRAME = (*DAMAGE, KeyError, TypeError, struct.error)  # raised where the header of a later frame is bad


@dataclasses.dataclass(frozen=True)
class Header:
    """Properties of an image file, read without decoding pixels."""

    height_px: int
    width_px: int
    mode: Mode  # of read_image without a mode: alpha is composited over white
    dpi: float | None  # None: not stored in the file
    has_alpha: bool


def list_images(folder: Path, *, recursive: bool = False) -> list[Path]:
    """List the image files in `folder` in natural order (2 before 10), without hidden ones.

    Args:
        folder: a folder, or one file, which is returned as it is.
        recursive: include sub-folders.

    Raises:
        InputError: there is no such folder, or no image in it.
    """
    if folder.is_file():
        return [folder]
    if not folder.is_dir():
        raise InputError(f"{folder}: no such folder; pass one that holds images")
    found = folder.rglob("*") if recursive else folder.iterdir()
    paths = [path for path in found if path.suffix.lower() in SUFFIXES and path.is_file()]
    paths = [path for path in paths if not any(p.startswith(".") for p in path.relative_to(folder).parts)]
    if not paths:
        raise InputError(f"{folder}: no images; supported are {' '.join(sorted(SUFFIXES))}")
    return sorted(paths, key=lambda path: natural_key(str(path.relative_to(folder))))


def natural_key(name: str) -> tuple[Any, ...]:
    """Sort key by which page2 comes before page10."""
    parts = re.split(r"(\d+)", name.casefold())
    return tuple(int(part) if i % 2 else part for i, part in enumerate(parts)), name


def check_max_megapixels(max_megapixels: float) -> None:
    """Validate --max-megapixels; raises InputError."""
    if not max_megapixels > 0:  # also refuses nan
        raise InputError(f"--max-megapixels {max_megapixels:g}: must be above 0")


def check_some_readable(paths: Iterable[Path], *, max_megapixels: float) -> None:
    """Raise InputError with the first reason unless at least one of some image files can be read."""
    refused = []
    for path in paths:
        try:
            read_image(path, max_megapixels=max_megapixels)
            return
        except InputError as error:
            refused.append(str(error))
    raise InputError(refused[0] + " (and no other image can be read)" * (len(refused) > 1))


def list_frames(path: Path) -> list[int]:
    """Indices of the pages of a file, from 0: all of a TIFF except previews and masks, else the first.

    In a TIFF with a damaged directory the unreadable page is the last one listed.

    Raises: InputError: as read_image.
    """
    with _open(path, math.inf, None, 0) as image:
        if not isinstance(image, TiffImagePlugin.TiffImageFile):
            return [0]
        frames: list[int] = []
        for frame in itertools.count():
            try:
                image.seek(frame)
            except EOFError:
                break
            except _BAD_FRAME:
                return [*frames, frame]
            if not image.tag_v2.get(_SUBFILE_TYPE, 0) & _NO_PAGE:
                frames.append(frame)
        return frames or [0]


def read_header(
    path: Path, *, max_megapixels: float = MAX_MEGAPIXELS, data: bytes | None = None, frame: int = 0
) -> Header:
    """Read size, channels and resolution without decoding; arguments and errors as read_image."""
    with _open(path, max_megapixels, data, frame) as image:
        width_px, height_px = image.size
        if _turns_sideways(image):
            width_px, height_px = height_px, width_px
        mode: Mode = "gray" if _is_gray(image) else "rgb"
        return Header(height_px, width_px, mode, _dpi(image), _has_alpha(image))


def read_image(
    path: Path,
    *,
    mode: Mode | None = None,
    max_megapixels: float = MAX_MEGAPIXELS,
    data: bytes | None = None,
    frame: int = 0,
) -> np.ndarray:
    """Read an image file, rotated upright by its EXIF orientation.

    16-bit and float samples are scaled to 8 bits, palettes and CMYK become RGB. Transparency is composited
    over white, unless `mode` is "rgba". Gray is the luma (19595 R + 38470 G + 7471 B + 32768) >> 16.

    Args:
        path: the file.
        mode: channels of the result; None: gray for gray files, else RGB.
        max_megapixels: larger images are refused.
        data: the file's bytes, if it lies in an archive; `path` then only names it.
        frame: index in files that hold several images; see list_frames.

    Returns:
        uint8 [H, W, C], C = 1, 3 or 4.

    Raises:
        InputError: naming the file: missing, not an image, truncated, or above `max_megapixels`.
    """
    with _open(path, max_megapixels, data, frame) as image:
        try:
            image.load()
            upright = ImageOps.exif_transpose(image)
        except DAMAGE as error:
            _refuse_damaged(path, error)
        pixels = np.asarray(_to_eight_bits(path, upright, mode))
    return pixels[..., None] if pixels.ndim == 2 else pixels


def write_image(path: Path, image: np.ndarray, *, dpi: float | None = None, png_level: int = 3) -> None:
    """Write uint8 [H, W, C] in the format of the suffix; the file appears whole or not at all.

    Args:
        path: the file; missing folders are created.
        image: C = 1, 3 or 4.
        dpi: resolution stored in the file.
        png_level: zlib level of PNG files, 0 (large, fast) to 9.

    Raises:
        InputError: unknown suffix. WorkError: the file could not be written.
    """
    assert image.dtype == np.uint8, image.dtype
    assert image.ndim == 3, image.shape
    assert image.shape[2] in CHANNELS.values(), image.shape
    check_suffix(path)
    encoded = Image.fromarray(image[..., 0] if image.shape[2] == 1 else image)
    options: dict[str, Any] = {"quality": 95}
    if path.suffix.lower() == ".png":
        options = {"compress_level": png_level}
    if dpi is not None:
        options["dpi"] = (dpi, dpi)
    try:
        with replacing(path) as partial:
            encoded.save(partial, **options)
    except OSError as error:
        raise WorkError(f"{path} could not be written: {error.strerror or error}") from error


def check_suffix(path: Path) -> None:
    """Raise InputError unless the suffix is that of an image format."""
    if path.suffix.lower() not in SUFFIXES:
        raise InputError(f"{path}: no image suffix; use .png")


def with_mode(image: np.ndarray, mode: Mode) -> np.ndarray:
    """Convert uint8 [H, W, C] to the channels of `mode`, by the rules of read_image."""
    if image.shape[2] == CHANNELS[mode]:
        return image
    converted = Image.fromarray(image[..., 0] if image.shape[2] == 1 else image)
    pixels = np.asarray(_to_eight_bits(Path(), converted, mode))
    return pixels[..., None] if pixels.ndim == 2 else pixels


def to_float(image: Any) -> Any:
    """uint8 -> float32 in [-1, 1], u / 127.5 - 1; NumPy and JAX arrays alike."""
    return image.astype("float32") / 127.5 - 1.0


def to_uint8(image: Any) -> Any:
    """Float in [-1, 1] -> uint8, clip(round((x + 1) * 127.5), 0, 255); inverts to_float."""
    return ((image.astype("float32") + 1.0) * 127.5).round().clip(0.0, 255.0).astype("uint8")


@contextlib.contextmanager
def _open(path: Path, max_megapixels: float, data: bytes | None, frame: int) -> Iterator[Image.Image]:
    if data is None and not path.is_file():
        raise InputError(f"{path}: no such image file")
    # Opened by handle: by name, Pillow maps a plain TIFF and then misreads its rows if EXIF rotates it.
    with path.open("rb") if data is None else io.BytesIO(data) as file:
        try:
            image = Image.open(file)
        except UnidentifiedImageError:
            raise InputError(f"{path} is not an image; remove it") from None
        except DAMAGE as error:
            _refuse_damaged(path, error)
        if frame:
            try:
                image.seek(frame)
            except _BAD_FRAME as error:
                _refuse_damaged(path, error)
        megapixels = image.width * image.height / 1e6
        if megapixels > max_megapixels:
            raise InputError(
                f"{path} is {image.width} x {image.height} px, {megapixels:.1f} megapixels; the limit is "
                f"{max_megapixels:g}: raise it with --max-megapixels"
            )
        yield image


def _refuse_damaged(path: Path, error: Exception) -> NoReturn:
    raise InputError(f"{path} is truncated or damaged ({error}); copy or scan it again") from error


def _turns_sideways(image: Image.Image) -> bool:
    if image.format == "TIFF" or (image.format == "PNG" and "exif" not in image.info):
        return False  # TIFF sizes are upright already; a PNG with EXIF after its pixels would be decoded here
    return image.getexif().get(ExifTags.Base.Orientation) in (5, 6, 7, 8)


def _is_gray(image: Image.Image) -> bool:
    if image.mode in ("P", "PA"):
        palette = image.getpalette() or []
        return palette[0::3] == palette[1::3] == palette[2::3]
    return image.mode in _GRAY


def _has_alpha(image: Image.Image) -> bool:
    return image.mode in _ALPHA or "transparency" in image.info


def _dpi(image: Image.Image) -> float | None:
    dpi = float(image.info.get("dpi", (0, 0))[0])
    return round(dpi, 1) if dpi > 1 else None  # some writers store 0 or 1 for "unknown"


def _to_eight_bits(path: Path, image: Image.Image, mode: Mode | None) -> Image.Image:
    """Decoded image of any Pillow mode -> "L", "RGB" or "RGBA"."""
    target = _PILLOW_MODE[mode or ("gray" if _is_gray(image) else "rgb")]
    if image.mode.startswith("I") or image.mode == "F":
        image = Image.fromarray(_scale_samples(path, np.asarray(image)))
    if _has_alpha(image):
        image = image.convert("RGBA")
        if target != "RGBA":
            image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image)
    if image.mode in ("P", "PA", "CMYK", "YCbCr", "LAB", "HSV"):
        image = image.convert("RGB")
    return image.convert(target)


def _scale_samples(path: Path, samples: np.ndarray) -> np.ndarray:
    """16-bit integers (also in wider types) and floats in [0, 1] -> uint8, by scaling."""
    top = 1.0 if samples.dtype.kind == "f" else 65535
    low, high = samples.min(), samples.max()
    if not (low >= 0 and high <= top):
        raise InputError(
            f"{path} has samples from {low} to {high}, not 0 to {top:g}; save it with 8 or 16 bits"
        )
    if samples.dtype.kind == "f":
        return np.rint(samples * 255).astype(np.uint8)
    return ((samples.astype(np.uint32) + 128) // 257).astype(np.uint8)  # 65535 = 255 * 257
