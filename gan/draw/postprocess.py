"""Post-processing of doodles: sharpen, enhance edges, antialias at twice the size, invert."""

import numpy as np

from data_prep.images.resize import resize
from gan.config.draw import PostprocessConfig


def postprocess(images: np.ndarray, config: PostprocessConfig) -> np.ndarray:
    """Images uint8 [N, H, W, C] -> [N, H, W, C], or [N, 2 H, 2 W, C] antialiased."""
    if config.sharpen:
        images = add_detail(images, amount=0.5)
    if config.edge_enhance:
        images = add_detail(images, amount=4.0)
    if config.antialias:
        height, width = images.shape[1:3]
        images = np.stack([resize(image, 2 * height, 2 * width) for image in images])
    return 255 - images if config.invert else images


def add_detail(images: np.ndarray, *, amount: float) -> np.ndarray:
    """x + amount (x - mean of its eight neighbours), rounded and clipped: uint8 [N, H, W, C]."""
    height, width = images.shape[1:3]
    padded = np.pad(images.astype(np.float32), ((0, 0), (1, 1), (1, 1), (0, 0)), mode="edge")
    around = [
        padded[:, y : y + height, x : x + width] for y in range(3) for x in range(3) if (y, x) != (1, 1)
    ]
    own = images.astype(np.float32)
    return np.clip(np.rint(own + amount * (own - sum(around) / 8)), 0, 255).astype(np.uint8)
