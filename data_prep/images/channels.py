"""Channels and depths: images of any Pillow mode, samples of any type, as 8-bit gray, RGB or RGBA."""

from typing import Literal

import numpy as np
from PIL import Image

from data_prep.images import png

Mode = Literal["gray", "rgb", "rgba"]
CHANNELS: dict[Mode, int] = {"gray": 1, "rgb": 3, "rgba": 4}
_PILLOW_MODE = {"gray": "L", "rgb": "RGB", "rgba": "RGBA"}
_GRAY = {"1", "L", "LA", "La", "I", "F", "I;16", "I;16B", "I;16L", "I;16N"}
_ALPHA = {"LA", "La", "PA", "RGBA", "RGBa"}
_FEWER_BITS = (10, 12)  # of cameras and scanners, stored in 16


class OutOfRange(ValueError):
    """Samples outside of the range that their type allows."""


def with_mode(image: np.ndarray, mode: Mode) -> np.ndarray:
    """Convert uint8 [H, W, C] to the channels of `mode`, by the rules of read_image."""
    if image.shape[2] == CHANNELS[mode]:
        return image
    return as_array(with_channels(Image.fromarray(image[..., 0] if image.shape[2] == 1 else image), mode))


def is_gray(image: Image.Image) -> bool:
    """Whether an image, or its palette, holds no colours."""
    if image.mode in ("P", "PA"):
        palette = image.getpalette() or []
        return palette[0::3] == palette[1::3] == palette[2::3]
    return image.mode in _GRAY or png.is_gray_with_alpha(image)


def has_alpha(image: Image.Image) -> bool:
    """Whether an image has an alpha channel, or a transparent colour."""
    return image.mode in _ALPHA or "transparency" in image.info


def with_channels(image: Image.Image, mode: Mode) -> Image.Image:
    """Image of 8 bits in any Pillow mode -> "L", "RGB" or "RGBA"; alpha is composited over white."""
    target = _PILLOW_MODE[mode]
    if has_alpha(image):
        image = image.convert("RGBA")
        if target != "RGBA":
            image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image)
    if image.mode in ("P", "PA", "CMYK", "YCbCr", "LAB", "HSV"):
        image = image.convert("RGB")
    return image.convert(target)


def as_array(image: Image.Image) -> np.ndarray:
    """Pixels of an image of 8 bits, uint8 [H, W, C]."""
    pixels = np.asarray(image)
    return pixels[..., None] if pixels.ndim == 2 else pixels


def scale_samples(
    samples: np.ndarray, *, full: int = 65535, has_paper: bool = True
) -> tuple[np.ndarray, int | None, int]:
    """Samples up to `full`, also in wider types, or floats in [0, 1] -> uint8, by scaling.

    16-bit samples of paper and ink whose largest is 256 to 1023 are taken for 10-bit ones, up to 4095 for 12.

    Args:
        samples: of any shape.
        full: the integer that stands for white.
        has_paper: False for alpha, and for ink on transparent paper, whose samples may be dark.

    Returns: the pixels, the largest of 16-bit samples, and the bits that these were taken for (16: all).

    Raises: OutOfRange: a sample is outside of the range.
    """
    is_float = samples.dtype.kind == "f"
    low, high = samples.min(), samples.max()
    top = 1 if is_float else full
    if not (low >= 0 and high <= top):
        raise OutOfRange(f"samples from {low} to {high}, not 0 to {top:g}")
    if is_float:
        return np.rint(samples * 255).astype(np.uint8), None, 16
    if full == 255:
        return samples.astype(np.uint8), None, 16
    bits, brightest = 16, int(high) if full == 65535 else None
    if brightest is not None and brightest >= 256 and has_paper:
        bits = next((fewer for fewer in _FEWER_BITS if brightest < 1 << fewer), 16)
    if full == 65535 and bits == 16:
        return ((samples.astype(np.uint32) + 128) // 257).astype(np.uint8), brightest, 16  # 65535 = 255 * 257
    full = (1 << bits) - 1 if bits < 16 else full
    return np.rint(samples * (255 / full)).astype(np.uint8), brightest, bits
