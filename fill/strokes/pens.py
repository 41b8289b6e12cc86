"""Group strokes and solid shapes by the colour of their ink. Pure."""

import dataclasses
from collections.abc import Sequence

import numpy as np

from fill.strokes.bezier import flatten_cubics
from fill.strokes.solids import Solid
from fill.strokes.svg import hex_color
from fill.strokes.tracing import Stroke

COLOR_SAMPLES = 1 << 15
THIN_PX = 2.0  # lines narrower than this have no pixel that is all ink


@dataclasses.dataclass(frozen=True)
class Pens:
    """The strokes and solid shapes of a drawing by pen."""

    of: np.ndarray  # int64 [N], pen of each stroke
    of_solids: np.ndarray  # int64 [S], pen of each solid shape
    colors: tuple[str, ...]  # of each pen


def choose_pens(
    strokes: Sequence[Stroke], image: np.ndarray, *, count: int, solids: Sequence[Solid] = ()
) -> Pens:
    """Group strokes and solid shapes by the colour of their ink, darkest pen first.

    Args:
        strokes: of the drawing.
        image: uint8 [H, W, C].
        count: largest number of pens.
        solids: of the drawing; with `strokes` at least one.
    """
    colors = ink_colors(strokes, image, solids=solids)
    centers = pen_colors(colors, count=count)
    used, of = np.unique(nearest_pens(colors, centers), return_inverse=True)
    return Pens(of[: len(strokes)], of[len(strokes) :], tuple(hex_color(centers[i]) for i in used))


def ink_colors(strokes: Sequence[Stroke], image: np.ndarray, *, solids: Sequence[Solid] = ()) -> np.ndarray:
    """Colours of strokes, then of solid shapes: uint8 [N, 3]; see choose_pens."""
    rgb = np.broadcast_to(image, (*image.shape[:2], 3))
    colors = [_color_under(_points(stroke), rgb) for stroke in strokes]
    colors += [_color_under(solid.inside, rgb) for solid in solids]
    thin = np.array([*(stroke.width_px < THIN_PX for stroke in strokes), *(False for _ in solids)])
    return _full_strength(np.array(colors), thin, paper=_paper_color(rgb))


def pen_colors(colors: np.ndarray, *, count: int) -> np.ndarray:
    """At most `count` colours that are near to all of uint8 [N, 3], darkest first: uint8 [P, 3]."""
    if count == 1:
        return np.median(colors, axis=0).astype(np.uint8)[None]
    from scipy.cluster.vq import kmeans2

    centers = np.unique(colors, axis=0)
    if len(centers) > count:
        centers, _ = kmeans2(colors.astype(np.float64), count, minit="++", rng=np.random.default_rng(0))
    return np.rint(centers[np.argsort(centers.sum(axis=1), kind="stable")]).astype(np.uint8)


def nearest_pens(colors: np.ndarray, pens: np.ndarray) -> np.ndarray:
    """The nearest of uint8 [P, 3] to each of uint8 [N, 3]: int64 [N]."""
    return ((colors[:, None].astype(np.float64) - pens) ** 2).sum(axis=2).argmin(axis=1)


def _points(stroke: Stroke) -> np.ndarray:
    """Points along a stroke, float64 [M, 2]."""
    return flatten_cubics(stroke.cubics, step_px=2.0) if len(stroke.cubics) else stroke.start[None]


def _color_under(points: np.ndarray, rgb: np.ndarray) -> np.ndarray:
    """Median colour at points, uint8 [3]."""
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
