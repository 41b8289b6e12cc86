"""Find the regions of a drawing that are coloured."""

import jax
import jax.numpy as jnp

from fill import bitmap
from fill.components import region_areas
from fill.config import FillConfig
from fill.gaps import label_behind_gaps

LEAST_CAPACITY = 255


def find_regions(images: jax.Array, config: FillConfig, *, threshold: jax.Array | None = None) -> jax.Array:
    """Label the regions between the lines.

    Args:
        images: uint8 [..., H, W, C], dark lines on light paper; C = 1, 3 or 4 (composited over white).
        config: threshold, gaps, minimum size, and whether edges meet; static under jit.
        threshold: int32 [...], of each image; None: that of the config.

    Returns:
        int32 [..., H, W]: 0 on lines and in regions that are too small, 1..K on others. Labels do not depend
        on the minimum size: labels of dropped regions are missing.
    """
    paper = bitmap.paper(images, threshold=config.fixed_threshold if threshold is None else threshold)
    labels = label_behind_gaps(paper, gap_px=config.close_gaps_px, torus=config.wraps)
    return drop_specks(labels, min_px=config.min_region_px) if config.min_region_px > 1 else labels


def table_capacity(largest: int) -> int:
    """Table size for a largest label, one of few sizes to limit compilation."""
    capacity = LEAST_CAPACITY
    while capacity < largest:
        capacity = 4 * capacity + 3
    return capacity


def drop_specks(labels: jax.Array, *, min_px: int) -> jax.Array:
    """Set regions below `min_px` pixels to line, label 0, except the largest of an image.

    Args:
        labels: int32 [..., H, W], 0 line, 1..K regions.
        min_px: minimum area of a region in px.
    """
    *lead, height, width = labels.shape
    largest = height * width // 2 + 1  # a checkerboard
    areas = region_areas(labels, largest).at[..., 0].set(0)  # [..., largest + 1]
    large = (areas >= min_px) | (areas == jnp.max(areas, axis=-1, keepdims=True))
    is_large = jnp.take_along_axis(large, labels.reshape(*lead, -1), axis=-1).reshape(labels.shape)
    return jnp.where(is_large, labels, 0)
