"""PNG files as bytes: images in records, and the parts of files that Pillow leaves to us."""

import io
import struct
import zlib
from typing import IO

import cv2
import numpy as np
from PIL import Image

SIGNATURE = b"\x89PNG\r\n\x1a\n"


def encode_png(image: np.ndarray) -> bytes:
    """Encode uint8 [H, W, C] as PNG."""
    buffer = io.BytesIO()
    Image.fromarray(image[..., 0] if image.shape[2] == 1 else image).save(buffer, "PNG", compress_level=3)
    return buffer.getvalue()


def decode_png(data: bytes, *, size_px: tuple[int, int] | None = None) -> np.ndarray:
    """Decode a PNG to uint8 [H, W, C] with the channels stored; inverts encode_png.

    Args:
        data: bytes of the file.
        size_px: expected (height, width), checked before decoding.

    Raises: ValueError: not a PNG, damaged, or of another size.
    """
    try:
        with Image.open(io.BytesIO(data), formats=["PNG"]) as image:
            if size_px is not None and image.size != (size_px[1], size_px[0]):
                raise ValueError(f"{image.height} x {image.width} px, not {size_px[0]} x {size_px[1]}")
            if image.mode not in ("L", "RGB", "RGBA"):
                raise ValueError(f"PNG of mode {image.mode}")
            pixels = np.asarray(image)
    except Exception as error:  # Pillow's decoders raise many types on bad data
        raise ValueError(f"damaged PNG: {error}") from error
    return pixels[..., None] if pixels.ndim == 2 else pixels


def without_comments(data: bytes) -> bytes:
    """Copy a PNG without its texts and other chunks that do not change pixels, or the same bytes.

    Pillow refuses a file for a wrong checksum of a text; by the PNG specification, section 13.2, such a
    chunk may be ignored.
    """
    parts, at = [data[:8]], 8
    while at + 8 <= len(data):
        (length,) = struct.unpack_from(">I", data, at)
        kind, end = data[at + 4 : at + 8], at + 12 + length
        (found,) = struct.unpack(">I", data[end - 4 : end].ljust(4, b"\0"))
        is_whole = zlib.crc32(data[at + 4 : end - 4]) == found
        useful = kind in (b"tRNS", b"eXIf") or (kind == b"pHYs" and length == 9)
        if kind[:1].isupper() or (useful and is_whole):
            parts.append(data[at:end])
        at = end
    return b"".join(parts)


def is_gray_with_alpha(image: Image.Image) -> bool:
    """Whether an opened image is a PNG of 16-bit gray with alpha, which Pillow opens as RGBA."""
    return _raw_mode(image) == "LA;16B"


def is_deep_color(image: Image.Image) -> bool:
    """Whether Pillow decodes the upper 8 of 16 bits of an opened PNG or PPM: of colour, or with alpha."""
    return _raw_mode(image) in ("RGB;16B", "RGBA;16B", "LA;16B", "('RGB', 65535)")


def read_deep_color(file: IO[bytes]) -> np.ndarray:
    """All bits of the colours of a PNG or PPM of 16 bits, without alpha, uint16 [H, W, 3].

    Raises: ValueError: damaged.
    """
    file.seek(0)
    samples = cv2.imdecode(np.frombuffer(file.read(), np.uint8), cv2.IMREAD_UNCHANGED)
    if samples is None or samples.dtype != np.uint16 or samples.shape[2:] not in ((3,), (4,)):
        raise ValueError("damaged image of 16 bits")
    return samples[..., 2::-1]


def transparent_sample(image: Image.Image) -> int | tuple[int, ...] | bytes | None:
    """The transparent value of a PNG in the scale of the decoded pixels; None: as Pillow has it, or none.

    Pillow leaves the tRNS value at the depth of the file where it scales the samples to 8 bits.

    Args:
        image: opened PNG.
    """
    value = image.info.get("transparency")
    rawmode = _raw_mode(image)
    if isinstance(value, int) and rawmode in ("L;2", "L;4"):
        return value * (85 if rawmode == "L;2" else 17)
    if isinstance(value, tuple) and "16B" in rawmode:
        return tuple(v >> 8 for v in value)
    return value


def _raw_mode(image: Image.Image) -> str:
    """How samples are stored in the file; "" once it is decoded."""
    tiles = getattr(image, "tile", None)
    return str(tiles[0].args) if tiles else ""
