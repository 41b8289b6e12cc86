"""Group strokes by the colour of their ink. Pure."""

import dataclasses
from collections.abc import Sequence

import numpy as np

from fill.strokes.bezier import flatten_cubics
from fill.strokes.svg import hex_color
from fill.strokes.tracing import Stroke

COLOR_SAMPLES = 1 << 15
THIN_PX = 2.0  # lines narrower than this have no pixel that is all ink


@dataclasses.dataclass(frozen=True)
class Pens:
    """The strokes of a drawing by pen."""

    of: np.ndarray  # int64 [N], pen of each stroke
    colors: tuple[str, ...]  # of each pen


def choose_pens(strokes: Sequence[Stroke], image: np.ndarray, *, count: int) -> Pens:
    """Group strokes by the colour of their ink, darkest pen first.

    Args:
        strokes: at least one.
        image: uint8 [H, W, C].
        count: largest number of pens.
    """
    rgb = np.broadcast_to(image, (*image.shape[:2], 3))
    colors = np.array([_color_under(stroke, rgb) for stroke in strokes])
    thin = np.array([stroke.width_px < THIN_PX for stroke in strokes])
    colors = _full_strength(colors, thin, paper=_paper_color(rgb))
    if count == 1:
        return Pens(np.zeros(len(strokes), np.int64), (hex_color(np.median(colors, axis=0)),))
    from scipy.cluster.vq import kmeans2

    distinct = np.unique(colors, axis=0)
    centers = distinct
    if len(distinct) > count:
        centers, _ = kmeans2(colors.astype(np.float64), count, minit="++", rng=np.random.default_rng(0))
    centers = centers[np.argsort(centers.sum(axis=1), kind="stable")]
    nearest = ((colors[:, None].astype(np.float64) - centers) ** 2).sum(axis=2).argmin(axis=1)
    used, of = np.unique(nearest, return_inverse=True)
    return Pens(of, tuple(hex_color(np.rint(centers[i])) for i in used))


def _color_under(stroke: Stroke, rgb: np.ndarray) -> np.ndarray:
    """Median colour along a stroke, uint8 [3]."""
    points = flatten_cubics(stroke.cubics, step_px=2.0) if len(stroke.cubics) else stroke.start[None]
    x, y = np.clip(np.floor(points).astype(np.int64), 0, (rgb.shape[1] - 1, rgb.shape[0] - 1)).T
    return np.median(rgb[y, x], axis=0).astype(np.uint8)


def _paper_color(rgb: np.ndarray) -> np.ndarray:
    """Colour of the paper, of which most of a drawing is, float64 [3]."""
    pixels = rgb.reshape(-1, 3)
    return np.percentile(pixels[:: max(1, len(pixels) // COLOR_SAMPLES)], 75, axis=0)


def _full_strength(colors: np.ndarray, thin: np.ndarray, *, paper: np.ndarray) -> np.ndarray:
    """Colours of strokes, uint8 [N, 3], of which thin ones are as strong as the strongest of all.

    No pixel of a thin line is all ink, so that black would appear as gray, and as another pen.
    """
    absorbed = paper - colors
    strength = absorbed.max(axis=1)
    factor = np.where(thin, strength.max() / np.maximum(strength, 1), 1.0)
    return np.rint(np.clip(paper - absorbed * np.maximum(factor, 1)[:, None], 0, 255)).astype(np.uint8)
