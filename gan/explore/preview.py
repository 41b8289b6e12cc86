"""Quick images of w at reduced size: a skip generator is stopped at a lower level, others are reduced.

Source: Karras et al. 2020, "Analyzing and improving the image quality of StyleGAN", section 4.1: images are
sums of to-RGB skips of all sizes, so that each size has an image.
"""

from functools import partial
from typing import Any

import jax
import numpy as np

from data_prep.images import to_uint8
from data_prep.images.resize import resize
from gan.devices.batching import map_in_batches
from gan.sample import Generator, default_batch

BATCHES = (1, 4, 16, 32, 64)  # images per call: one program for each and size


def preview_images(generator: Generator, w: jax.Array | np.ndarray, *, side_px: int) -> np.ndarray:
    """Images of w at about a requested size.

    Args:
        generator: the network.
        w: [N, L, W], N at least 1.
        side_px: the longer side is at least this, and less than twice this, if the network's is not less. A
            network without skips draws in full, and the image is reduced to this side.

    Returns: uint8 [N, h, w, C] with fixed noise maps.
    """
    longer = max(generator.resolution)
    halvings = halvings_for(generator, side_px=side_px)
    most = default_batch(generator.resolution) * 4**halvings
    batch = next((size for size in BATCHES if size >= len(w)), BATCHES[-1])
    images = map_in_batches(
        lambda part: _preview(generator.family, generator.params, part, halvings=halvings),
        w,
        batch=min(batch, most),
    )
    if hasattr(generator.family, "preview") or longer <= side_px:
        return np.asarray(images)
    height, width = (max(1, round(side * side_px / longer)) for side in generator.resolution)
    return np.stack([resize(image, height, width) for image in images])


def halvings_for(generator: Generator, *, side_px: int) -> int:
    """Doublings that a skip generator may leave out so that the longer side is at least `side_px`."""
    if not hasattr(generator.family, "preview"):
        return 0
    halvings, (height, width) = 0, generator.resolution
    while (
        max(height, width) // 2 >= side_px and min(height, width) // 2 >= 8 and height % 2 == width % 2 == 0
    ):
        halvings, height, width = halvings + 1, height // 2, width // 2
    return halvings


@partial(jax.jit, static_argnames=("family", "halvings"))
def _preview(family: Any, params: Any, w: jax.Array, *, halvings: int) -> jax.Array:
    drawn = (
        family.preview(params, w, halvings=halvings)
        if halvings
        else family.synthesize(params, w, noise="const")
    )
    return to_uint8(drawn)
