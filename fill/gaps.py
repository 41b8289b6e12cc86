"""Label regions behind lines with small gaps, by a ball that does not fit through a gap.

Paper where the ball fits is labelled first; the remaining paper is too narrow for it. Corners and dead ends
join the region they open to, gaps are divided between the regions on both sides, and parts that open to no
region are small regions of their own.

Source: trapped-ball segmentation, Zhang, Chen, Zhang and Hu, "Vectorizing cartoon animations" (2009).
"""

import functools
import math

import jax
import jax.numpy as jnp
from jax import lax

from fill.components import label_regions
from fill.lines import nearest_within
from fill.torus import join_edges, without_margin, wrapped

NONE = jnp.iinfo(jnp.int32).max


@jax.jit(static_argnames=("gap_px", "torus"))
def label_behind_gaps(paper: jax.Array, *, gap_px: int, torus: bool = False) -> jax.Array:
    """Number the regions of paper as if gaps in lines up to a width were closed.

    Args:
        paper: bool [..., H, W], True on paper.
        gap_px: maximum width of closed gaps; 0: as label_regions.
        torus: opposite edges meet, so that regions continue over them.

    Returns:
        int32 [..., H, W]: 0 on lines, 1..K on regions, which may touch where a gap was closed. Regions that
        hold the ball come first, then narrow ones, each by first pixel in row-major order.
    """
    assert paper.ndim >= 2, paper.shape
    if gap_px == 0:
        return _label(paper, torus=torus)
    flat = paper.reshape(math.prod(paper.shape[:-2]), *paper.shape[-2:])
    radius = gap_px // 2 + 1  # the middle of a gap is at most (gap_px + 1) / 2 from both ends
    ink_near, _ = _nearest_within((~flat).astype(jnp.int32), radius, torus=torus)
    balls = _label(flat & (ink_near > radius * radius), torus=torus)  # labels of ball centres
    distance, nearest = _nearest_within(balls, radius, torus=torus)
    wide = jnp.where(flat & (distance <= radius * radius), nearest, 0)
    narrow = _label(flat & (wide == 0), torus=torus)
    return jax.vmap(functools.partial(_joined, torus=torus))(wide, narrow).reshape(paper.shape)


def _label(paper: jax.Array, *, torus: bool) -> jax.Array:
    labels = label_regions(paper)
    return join_edges(labels) if torus else labels


def _nearest_within(labels: jax.Array, reach_px: int, *, torus: bool) -> tuple[jax.Array, jax.Array]:
    """`nearest_within`, over the edges too on a torus."""
    if not torus:
        return nearest_within(labels, reach_px)
    margin = reach_px, reach_px
    distance, label = nearest_within(wrapped(labels, margin), reach_px)
    return without_margin(distance, margin), without_margin(label, margin)


def _joined(wide: jax.Array, narrow: jax.Array, *, torus: bool) -> jax.Array:
    """Join narrow parts to the wide regions they touch: int32 [H, W]."""
    largest = narrow.size // 2 + 1  # a checkerboard
    around = _neighbours(wide, torus=torus)
    least = jnp.min(jnp.where(around > 0, around, NONE), axis=0)
    most = jnp.max(around, axis=0)
    flat = narrow.reshape(-1)
    least = jnp.full(largest + 1, NONE).at[flat].min(least.reshape(-1))
    most = jnp.zeros(largest + 1, jnp.int32).at[flat].max(most.reshape(-1))
    there = jnp.zeros(largest + 1, bool).at[flat].set(True).at[0].set(False)
    alone = there & (most == 0)
    own = jnp.max(wide) + jnp.cumsum(alone.astype(jnp.int32))
    label = jnp.where(alone, own, jnp.where(least == most, least, 0)).at[0].set(0)
    labels = jnp.where(wide > 0, wide, label[narrow])
    todo = (narrow > 0) & (labels == 0)  # parts between two regions, grown from both sides

    def grow(state: tuple[jax.Array, jax.Array]) -> tuple[jax.Array, jax.Array]:
        labels, open_ = state
        around = _neighbours(labels, torus=torus)
        least = jnp.min(jnp.where(around > 0, around, NONE), axis=0)
        labels = jnp.where(open_ & (least < NONE), least, labels)
        return labels, open_ & (labels == 0)

    return lax.while_loop(lambda state: jnp.any(state[1]), grow, (labels, todo))[0]


def _neighbours(labels: jax.Array, *, torus: bool) -> jax.Array:
    """Labels above, below, left and right: int32 [4, H, W]; 0 outside the image."""
    padded = wrapped(labels, (1, 1)) if torus else jnp.pad(labels, 1)
    return jnp.stack([padded[:-2, 1:-1], padded[2:, 1:-1], padded[1:-1, :-2], padded[1:-1, 2:]])
