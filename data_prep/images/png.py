"""Images <-> bytes of PNG files, as stored in records."""

import io

import numpy as np
from PIL import Image

from data_prep.images import DAMAGE


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
    except DAMAGE as error:
        raise ValueError(f"damaged PNG: {error}") from error
    return pixels[..., None] if pixels.ndim == 2 else pixels
