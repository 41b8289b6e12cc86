"""Images <-> the bytes of PNG files: what records hold."""

import io

import numpy as np
from PIL import Image

from data_prep.images import DAMAGE


def encode_png(image: np.ndarray) -> bytes:
    """uint8 [H, W, C] -> the bytes of a PNG file."""
    buffer = io.BytesIO()
    Image.fromarray(image[..., 0] if image.shape[2] == 1 else image).save(buffer, "PNG", compress_level=3)
    return buffer.getvalue()


def decode_png(data: bytes, *, size_px: tuple[int, int] | None = None) -> np.ndarray:
    """The bytes of a PNG file -> uint8 [H, W, C] with the channels it has; inverts encode_png.

    Args:
        data: of the file.
        size_px: (height, width) that it should have; another one is refused before it is decoded.

    Raises: ValueError: these are not the bytes of such a file.
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
