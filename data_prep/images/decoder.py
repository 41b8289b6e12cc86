"""Decode image files: bytes -> uint8 HWC, C = 1 (gray), 3 (rgb) or 4 (rgba).

Files are opened and decoded in `_guarded` only: whatever a decoder raises becomes an InputError that names
the file, so that one bad file never ends the work on others.
"""

import contextlib
import ctypes
import dataclasses
import io
import logging
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any, TypeVar

import numpy as np
import PIL._imaging
from PIL import ExifTags, Image, ImageOps, UnidentifiedImageError

from data_prep.errors import InputError
from data_prep.images import png, signatures, tiff
from data_prep.images.channels import (
    Mode,
    OutOfRange,
    as_array,
    has_alpha,
    is_gray,
    scale_samples,
    with_channels,
)
from data_prep.images.notes import DARK, Note, range_note
from data_prep.images.pixel_aspect import aspect_note, pixel_aspect, square_size, with_square_pixels
from data_prep.inputs import open_file, unreadable

MAX_MEGAPIXELS = 300.0

Image.MAX_IMAGE_PIXELS = None  # --max-megapixels is checked before decoding
warnings.filterwarnings("ignore", category=UserWarning, module=r"PIL\.")  # about damage, which is reported
logging.getLogger("PIL").addHandler(logging.NullHandler())  # or it prints its own lines about damage

_TURNS = {  # EXIF orientation -> how to turn the stored pixels upright
    2: lambda x: x[:, ::-1],
    3: lambda x: x[::-1, ::-1],
    4: lambda x: x[::-1],
    5: lambda x: x.swapaxes(0, 1),
    6: lambda x: x[::-1].swapaxes(0, 1),
    7: lambda x: x[::-1, ::-1].swapaxes(0, 1),
    8: lambda x: x.swapaxes(0, 1)[::-1],
}
Read = TypeVar("Read")


@dataclasses.dataclass(frozen=True)
class Header:
    """Properties of an image file, read without decoding pixels."""

    height_px: int
    width_px: int
    mode: Mode  # of read_image without a mode: alpha is composited over white
    dpi: float | None  # None: not stored in the file
    has_alpha: bool
    pixel_aspect: float = 1.0  # width / height of a stored pixel; the size is that of square ones


@dataclasses.dataclass(frozen=True)
class _Decoded:
    """A decoded image, and what was changed."""

    image: np.ndarray  # uint8 [H, W, C]
    notes: tuple[Note, ...]


def silence_libtiff() -> None:
    """Stop Pillow's libtiff from printing lines of its own about damage, which is reported with the file.

    Does nothing where the library's functions are not visible, as in Pillow without it.
    """
    try:
        library = ctypes.CDLL(PIL._imaging.__file__)  # its symbols include those of the libraries it links to
    except OSError:
        return
    for name in ("TIFFSetErrorHandler", "TIFFSetWarningHandler"):
        set_handler = getattr(library, name, None)
        if set_handler is not None:
            set_handler.argtypes, set_handler.restype = [ctypes.c_void_p], ctypes.c_void_p
            set_handler(None)


silence_libtiff()


def list_frames(path: Path) -> list[int]:
    """Indices of the pages of a file, from 0: all of a TIFF except previews and masks, else the first.

    In a TIFF with a damaged directory the unreadable page is the last one listed.

    Raises: InputError: as read_image.
    """
    try:
        with open_file(path) as file:
            return tiff.list_pages(file) if tiff.is_tiff(file.read(4)) else [0]
    except OSError as error:
        raise unreadable(path, error) from error


def read_header(
    path: Path, *, max_megapixels: float = MAX_MEGAPIXELS, data: bytes | None = None, frame: int = 0
) -> Header:
    """Read size, channels and resolution without decoding; arguments and errors as read_image."""
    return _guarded(path, _page_header, _header, max_megapixels=max_megapixels, data=data, frame=frame)


def read_image(
    path: Path,
    *,
    mode: Mode | None = None,
    max_megapixels: float = MAX_MEGAPIXELS,
    data: bytes | None = None,
    frame: int = 0,
    note: Callable[[Note], object] = lambda note: None,
) -> np.ndarray:
    """Read an image file, rotated upright by its EXIF orientation, with square pixels.

    16-bit and float samples are scaled to 8 bits; 16-bit samples up to a value of 256 to 1023 are taken for
    10-bit ones, up to 4095 for 12-bit ones. Palettes and CMYK become RGB. Transparency is composited over
    white, unless `mode` is "rgba". Pixels that are not square by the densities that the file stores are
    resampled along the axis of the lower one. Gray is the luma
    (19595 R + 38470 G + 7471 B + 32768) >> 16.

    Args:
        path: the file.
        mode: channels of the result; None: gray for gray files, else RGB.
        max_megapixels: larger images are refused.
        data: the file's bytes, if it lies in an archive; `path` then only names it.
        frame: index in files that hold several images; see list_frames.
        note: called with what is changed: pixels made square, samples of 10 or 12 bits scaled; and if an
            image of 16 bits is dark.

    Returns:
        uint8 [H, W, C], C = 1, 3 or 4.

    Raises:
        InputError: naming the file: missing or not readable, not an image, of a kind that is not supported,
            truncated, or above `max_megapixels`.
    """
    decoded = _guarded(
        path,
        lambda file, page: _page_pixels(file, page, mode),
        lambda image: _pixels(image, mode),
        max_megapixels=max_megapixels,
        data=data,
        frame=frame,
    )
    for one in decoded.notes:
        note(one)
    return decoded.image


def describe_file(path: Path) -> tuple[str, str]:
    """Name the content of a file and what to do with it: ("a video", "... read videos").

    Raises: InputError: it cannot be read.
    """
    try:
        with open_file(path) as file:
            head = file.read(signatures.HEAD_BYTES)
    except OSError as error:
        raise unreadable(path, error) from error
    return ("one image", "pass its folder") if signatures.is_image(head) else signatures.describe(head)


def _guarded(
    path: Path,
    of_page: Callable[[IO[bytes], tiff.Page], Read],
    of_image: Callable[[Image.Image], Read],
    *,
    max_megapixels: float,
    data: bytes | None,
    frame: int,
) -> Read:
    """Open a file and apply a function to its image, or to its TIFF page if Pillow does not read that.

    Raises: InputError: naming the file, whatever is wrong with it.
    """

    def decode(file: IO[bytes]) -> Read:
        if tiff.is_tiff(file.read(4)):
            page = tiff.page(file, frame)
            if page.is_beyond_pillow():
                page.check()
                return decode_page(file, page)
            try:
                return decode_by_pillow(file)
            except InputError:
                raise
            except Exception as error:  # damaged, or a layout that Pillow lacks
                with contextlib.suppress(Exception):
                    page.check()
                    return decode_page(file, page)
                if name := page.rare_compression:
                    raise tiff.Unsupported(f"TIFF with compression {name}") from error
                raise
        return decode_by_pillow(file)

    def decode_page(file: IO[bytes], page: tiff.Page) -> Read:
        _check_size(path, square_size(*page.size_px, page.pixel_aspect), max_megapixels)
        return of_page(file, page)

    def decode_by_pillow(file: IO[bytes]) -> Read:
        file.seek(0)
        with Image.open(file) as image:  # by handle: by name, Pillow maps a plain TIFF and misreads its rows
            if frame:
                image.seek(frame)
            size_px = square_size(image.height, image.width, pixel_aspect(image))
            _check_size(path, size_px, max_megapixels)
            return of_image(image)

    head = b""
    try:
        with open_file(path) if data is None else io.BytesIO(data) as file:
            head = file.read(signatures.HEAD_BYTES)
            file.seek(0)
            try:
                return decode(file)
            except InputError:
                raise
            except Exception:  # a damaged comment of a PNG fails like damaged pixels: try without comments
                if not head.startswith(png.SIGNATURE):
                    raise
                file.seek(0)
                return decode(io.BytesIO(png.without_comments(file.read())))
    except InputError:
        raise
    except Exception as error:  # decoders raise many types on bad data
        raise _refusal(path, head, error) from error


def _check_size(path: Path, size_px: tuple[int, int], max_megapixels: float) -> None:
    megapixels = size_px[0] * size_px[1] / 1e6
    if not megapixels:
        raise ValueError("no pixels")
    if megapixels > max_megapixels:
        raise InputError(
            f"{path} is {size_px[1]} x {size_px[0]} px, {megapixels:.1f} megapixels; the limit is "
            f"{max_megapixels:g}: raise it with --max-megapixels"
        )


def _refusal(path: Path, head: bytes, error: Exception) -> InputError:
    """The error for a file that cannot be decoded, in words that name its kind."""
    if isinstance(error, tiff.Unsupported):
        return InputError(f"{path} is a {error}, which is not supported; {signatures.CONVERT}")
    if isinstance(error, OutOfRange):
        return InputError(f"{path} has {error}; save it with 8 or 16 bits")
    if isinstance(error, OSError) and error.errno is not None:
        return unreadable(path, error)
    if isinstance(error, MemoryError):
        return InputError(f"{path} does not fit in memory; lower --max-megapixels to leave such images out")
    if not signatures.is_image(head):
        noun, advice = signatures.describe(head)
        kind = (
            f"{noun}, which is not supported" if advice == signatures.CONVERT else f"not an image but {noun}"
        )
        return InputError(f"{path} is {kind}; {advice}")
    if isinstance(error, UnidentifiedImageError):
        return InputError(
            f"{path} is damaged, or of a kind that is not supported; copy it again, or {signatures.CONVERT}"
        )
    reason = " ".join(str(error).split()) or type(error).__name__
    return InputError(f"{path} is truncated or damaged ({reason}); copy or scan it again")


def _header(image: Image.Image) -> Header:
    aspect = pixel_aspect(image)
    height_px, width_px = square_size(image.height, image.width, aspect)
    if _turns_sideways(image):
        aspect = 1 / aspect
        width_px, height_px = height_px, width_px
    mode: Mode = "gray" if is_gray(image) else "rgb"
    dpi = _dpi(image.info.get("dpi", (0, 0)), is_square=aspect == 1)
    return Header(height_px, width_px, mode, dpi, has_alpha(image), aspect)


def _page_header(file: IO[bytes], page: tiff.Page) -> Header:
    aspect = page.pixel_aspect
    height_px, width_px = square_size(*page.size_px, aspect)
    dpi = _dpi(page.dpi, is_square=aspect == 1)
    if page.orientation >= 5:
        aspect = 1 / aspect
        height_px, width_px = width_px, height_px
    mode: Mode = "gray" if page.channels == 1 else "rgb"
    return Header(height_px, width_px, mode, dpi, bool(page.alpha), aspect)


def _dpi(stored: Any, *, is_square: bool) -> float | None:
    """Density of an image, (x, y), with square pixels: the higher one, if they differ."""
    try:
        dpi = float(stored[0]) if is_square else max(map(float, stored))
    except (TypeError, ValueError, ZeroDivisionError, IndexError):
        return None
    return round(dpi, 1) if 1 < dpi < float("inf") else None  # some writers store 0 or 1 for "unknown"


def _turns_sideways(image: Image.Image) -> bool:
    if image.format == "TIFF" or (image.format == "PNG" and "exif" not in image.info):
        return False  # TIFF sizes are upright already; a PNG with EXIF after its pixels would be decoded here
    try:
        return image.getexif().get(ExifTags.Base.Orientation) in (5, 6, 7, 8)
    except Exception:  # damaged EXIF is ignored
        return False


def _upright(image: Image.Image) -> Image.Image:
    try:
        return ImageOps.exif_transpose(image)
    except Exception:  # damaged EXIF is ignored
        return image


def _pixels(image: Image.Image, mode: Mode | None) -> _Decoded:
    """Pixels of an image of any Pillow mode."""
    if image.format == "PNG" and (key := png.transparent_sample(image)) is not None:
        image.info["transparency"] = key
    target: Mode = mode or ("gray" if is_gray(image) else "rgb")
    aspect, is_deep, file = pixel_aspect(image), png.is_deep_color(image), getattr(image, "fp", None)
    image.load()
    if _turns_sideways(image):
        aspect = 1 / aspect
    upright, brightest, bits = _upright(image), None, 16
    if upright.mode.startswith("I") or upright.mode == "F":
        samples = np.asarray(upright)
        key = image.info.get("transparency")
        gray, brightest, bits = scale_samples(samples, has_paper=not isinstance(key, int))
        if isinstance(key, int):
            opaque = np.where(samples == key, 0, 255).astype(np.uint8)
            upright = Image.fromarray(np.stack([gray, opaque], axis=-1))
            brightest = None  # of the drawing, not of the paper
        else:
            upright = Image.fromarray(gray)
    elif is_deep and file is not None and _is_opaque(image) and _brightest(upright) < DARK >> 8:
        color, brightest, bits = scale_samples(png.read_deep_color(file))
        turn = _TURNS.get(image.getexif().get(ExifTags.Base.Orientation, 1), lambda x: x)
        upright = Image.fromarray(np.ascontiguousarray(turn(color)))
    pixels = with_square_pixels(as_array(with_channels(upright, target)), aspect)
    return _Decoded(pixels, _notes(aspect, brightest, bits))


def _page_pixels(file: IO[bytes], page: tiff.Page, mode: Mode | None) -> _Decoded:
    """Pixels of a TIFF page that Pillow does not read."""
    samples = tiff.read_samples(file, page)
    channels, full = page.channels, tiff.full_scale(page)
    has_alpha = page.alpha > 0 and not tiff.is_opaque(samples, channels)
    color, brightest, bits = scale_samples(samples[..., :channels], full=full, has_paper=not has_alpha)
    if has_alpha:
        alpha = scale_samples(samples[..., channels : channels + 1], full=full, has_paper=False)[0]
        if page.alpha == 1:  # multiplied: divide, so that compositing multiplies again
            whole = np.rint(255.0 * color / np.maximum(alpha, 1)).clip(0, 255)
            color = np.where(alpha > 0, whole, color).astype(np.uint8)
        if channels == 4:
            color = np.asarray(Image.fromarray(color, mode="CMYK").convert("RGB"))
        color = np.concatenate([color, alpha], axis=-1)
        image, brightest = Image.fromarray(color), None
    else:
        kind = {1: "L", 3: "RGB", 4: "CMYK"}[channels]
        image = Image.fromarray(color[..., 0] if channels == 1 else color, mode=kind)
    upright = _TURNS.get(page.orientation, lambda x: x)(np.asarray(image))
    image = Image.fromarray(np.ascontiguousarray(upright), mode=image.mode)
    aspect = page.pixel_aspect if page.orientation < 5 else 1 / page.pixel_aspect
    array = as_array(with_channels(image, mode or ("gray" if channels == 1 else "rgb")))
    return _Decoded(with_square_pixels(array, aspect), _notes(aspect, brightest, bits))


def _is_opaque(image: Image.Image) -> bool:
    """Whether every pixel of a decoded image is opaque."""
    return not has_alpha(image) or (image.mode == "RGBA" and image.getchannel("A").getextrema() == (255, 255))


def _brightest(image: Image.Image) -> int:
    return int(np.asarray(image)[..., :3].max(initial=0))


def _notes(aspect: float, brightest: int | None, bits: int) -> tuple[Note, ...]:
    notes = aspect_note(aspect), range_note(brightest, bits=bits)
    return tuple(note for note in notes if note is not None)
