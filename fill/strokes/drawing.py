"""One drawing as an SVG document: prepare it, trace its lines, group them by pen, order them."""

import dataclasses
from collections.abc import Sequence
from typing import Any

import cv2
import numpy as np

from data_prep.errors import InputError
from data_prep.pages.sheet import luma
from fill.config import BlobConfig, Choice
from fill.strokes.bezier import flatten_cubics
from fill.strokes.config import SheetConfig, TraceConfig
from fill.strokes.pen_order import order_strokes, pen_up_length
from fill.strokes.pens import choose_pens
from fill.strokes.regions import ColoredRegions, find_colored_regions, hatching, outlines
from fill.strokes.solids import Solid
from fill.strokes.svg import Layer, PenPath, SvgDocument, hex_color
from fill.strokes.tracing import Stroke, Traced, distance_to_paper, trace
from fill.threshold import Prepared, prepare

GRAIN = 0.04  # of the contrast: lighter pixels are paper
MAX_INK = 0.6  # fraction of the pixels; more is no line drawing
WIDE, WIDE_LEAST_PX = 0.02, 8.0  # half a width that lines do not have, as a fraction of the shorter side
MIN_LINES = 0.3  # fraction of the ink in lines
MAX_TONES = 0.12  # fraction of the pixels in soft tones between paper and ink; more is a photo or a painting
SOFT_LEAST, SOFT_MOST = 0.015, 0.15  # how much coverage varies around a pixel of a soft tone
MOST_LAYERS = 32


@dataclasses.dataclass(frozen=True)
class Inked:
    """A drawing with its ink."""

    prepared: Prepared
    ink: np.ndarray  # bool [H, W]
    coverage: np.ndarray  # float32 [H, W] in 0..1, fraction of each pixel that is ink


@dataclasses.dataclass(frozen=True)
class Vectorized:
    """A drawing as strokes."""

    document: SvgDocument
    strokes: tuple[Stroke, ...]  # in the order of drawing, without hatching
    traced: Traced
    pen_up_mm: float  # way with the pen up between these strokes


def find_ink(
    image: np.ndarray,
    config: TraceConfig,
    *,
    invert_it: Choice = "auto",
    flatten_it: Choice = "auto",
    checks_tones: bool | None = None,
) -> Inked:
    """Prepare a drawing as `fill blob` does, and find its ink.

    Args:
        image: uint8 [H, W, C], C = 1 or 3.
        config: its threshold.
        invert_it, flatten_it: see threshold.prepare.
        checks_tones: refuse images with many soft tones; default: if the threshold is "auto".

    Raises: InputError: there is no ink, or it is no line drawing.
    """
    prepared = prepare(
        image, BlobConfig(threshold=config.threshold), invert_it=invert_it, flatten_it=flatten_it
    )
    gray, tones = luma(prepared.image), prepared.tones
    ink = gray <= prepared.threshold
    if tones.ink is None or not ink.any():
        raise InputError(f"no lines found: {prepared.doubt(config.threshold) or 'no ink'}")
    darkest = min(tones.ink, prepared.threshold - 1)
    paper = max(tones.paper, prepared.threshold + 1)
    clear = paper - GRAIN * (paper - darkest)
    coverage = np.clip((clear - gray.astype(np.float32)) / (clear - darkest), 0, 1)
    _check_lines(ink)
    if config.threshold == "auto" if checks_tones is None else checks_tones:
        _check_tones(coverage)
    return Inked(prepared, ink, coverage)


def _check_lines(ink: np.ndarray) -> None:
    """Raise InputError for photos and the like: much of the picture is dark, or dark in wide areas."""
    fraction = float(ink.mean())
    wide = max(WIDE_LEAST_PX, WIDE * min(ink.shape))
    opened = distance_to_paper(ink) > wide
    if opened.any():  # opening by a disc
        away = cv2.distanceTransform((~opened).astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
        opened = away <= wide
    lines = 1 - float(opened.sum()) / max(1, int(ink.sum()))
    if fraction > MAX_INK or lines < MIN_LINES:
        raise InputError(
            f"no lines found: {fraction:.0%} of it is dark, {1 - lines:.0%} of that in areas wider than "
            f"{2 * wide:.0f} px, as in a photo; pass a line drawing, or another --threshold"
        )


def _check_tones(coverage: np.ndarray) -> None:
    """Raise InputError where much of a picture is neither paper nor ink, nor the edge of a line."""
    window = np.ones((3, 3), np.uint8)
    varies = cv2.dilate(coverage, window) - cv2.erode(coverage, window)
    is_tone = (coverage > 0.15) & (coverage < 0.85) & (varies > SOFT_LEAST) & (varies < SOFT_MOST)
    if (fraction := float(is_tone.mean())) > MAX_TONES:
        raise InputError(
            f"no lines found: {fraction:.0%} of it is in soft tones, as in a photo; pass a line drawing, or "
            "a number as --threshold"
        )


def vectorize(
    inked: Inked,
    config: TraceConfig,
    sheet: SheetConfig,
    *,
    mm_per_px: float,
    palette: np.ndarray | None = None,
    seed: int = 0,
    item_id: int = 0,
    metadata: dict[str, Any] | None = None,
) -> Vectorized:
    """Trace a drawing and lay it out on a sheet.

    Args:
        inked: see find_ink.
        config: see TraceConfig.
        sheet: see SheetConfig.
        mm_per_px: size of a pixel.
        palette: uint8 [h, w, 3], for the regions.
        seed, item_id: of the colours of regions, see find_colored_regions.
        metadata: written to the document; counts are added.

    Raises: InputError: no lines were found.
    """
    traced = trace_on_sheet(inked, config, sheet, mm_per_px=mm_per_px)
    pens = choose_pens(traced.strokes, inked.prepared.image, count=sheet.pens, solids=traced.solids)
    strokes: list[Stroke] = []
    members: list[list[Stroke]] = []
    pen_up = 0.0
    for pen in range(len(pens.colors)):
        ordered = in_pen_order([traced.strokes[i] for i in np.flatnonzero(pens.of == pen)])
        members.append(ordered)
        strokes += ordered
        pen_up += pen_up_length(*stroke_ends(ordered)) * mm_per_px
    found = None
    if sheet.regions != "off" and palette is not None:
        found = find_colored_regions(
            inked.prepared.image, palette, threshold=inked.prepared.threshold, seed=seed, item_id=item_id
        )
    layers = region_layers(found, sheet, mm_per_px=mm_per_px, line_px=traced.line_px)
    numbers = iter(range(1, len(strokes) + 1))
    for pen, (own, color) in enumerate(zip(members, pens.colors, strict=True)):
        shapes = [solid for solid, of in zip(traced.solids, pens.of_solids, strict=True) if of == pen]
        layers += pen_layers(own, [next(numbers) for _ in own], shapes, color, sheet, mm_per_px=mm_per_px)
    document = on_sheet(traced, layers, mm_per_px=mm_per_px, metadata=metadata, strokes=len(strokes))
    return Vectorized(document, tuple(strokes), traced, pen_up)


def trace_on_sheet(inked: Inked, config: TraceConfig, sheet: SheetConfig, *, mm_per_px: float) -> Traced:
    """Trace a drawing, without details below --simplify. Raises InputError if no stroke is left."""
    least_px = sheet.simplify / mm_per_px
    config = dataclasses.replace(config, tolerance=max(config.tolerance, least_px))
    traced = trace(inked.ink, inked.coverage, config)
    if least_px > 0:
        kept = tuple(stroke for stroke in traced.strokes if length_px(stroke) >= least_px)
        traced = dataclasses.replace(traced, strokes=kept)
    if not traced.strokes and not traced.solids:
        raise InputError(
            "no lines found: all ink is in specks below --min-ink-px, or strokes below --simplify"
        )
    return traced


def on_sheet(
    traced: Traced, layers: list[Layer], *, mm_per_px: float, metadata: dict[str, Any] | None, strokes: int
) -> SvgDocument:
    """The document of a traced drawing."""
    width, height = (side * mm_per_px for side in traced.size_px)
    counts = {"strokes": strokes, "size_px": list(traced.size_px), "mm_per_px": round(mm_per_px, 9)}
    return SvgDocument(width, height, tuple(layers), (metadata or {}) | counts)


def in_pen_order(strokes: Sequence[Stroke]) -> list[Stroke]:
    """Strokes in a short order, some of them drawn backwards."""
    order, is_reversed = order_strokes(*stroke_ends(strokes))
    return [
        strokes[i].reversed() if back else strokes[i]
        for i, back in zip(order.tolist(), is_reversed.tolist(), strict=True)
    ]


def stroke_ends(strokes: Sequence[Stroke]) -> tuple[np.ndarray, np.ndarray]:
    """First and last points of strokes, float64 [N, 2] each."""
    return (
        np.array([stroke.start for stroke in strokes]).reshape(-1, 2),
        np.array([stroke.end for stroke in strokes]).reshape(-1, 2),
    )


def length_px(stroke: Stroke) -> float:
    """Length of a stroke with its round ends."""
    points = flatten_cubics(stroke.cubics, step_px=1.0)
    return stroke.width_px + float(np.hypot(*np.diff(points, axis=0).T).sum())


def stroke_layer(
    strokes: Sequence[Stroke], numbers: Sequence[int], color: str, sheet: SheetConfig, *, mm_per_px: float
) -> Layer:
    """The layer of one pen; strokes are named s1, s2, ... by their numbers."""
    paths = []
    for stroke, number in zip(strokes, numbers, strict=True):
        x, y = (float(value) * mm_per_px for value in stroke.start)
        paths.append(
            PenPath(
                (stroke.cubics * mm_per_px,),
                sheet.pen_mm or stroke.width_px * mm_per_px,
                f"s{number}",
                stroke.closed,
                None if len(stroke.cubics) else (x, y),
            )
        )
    return Layer("ink", color, tuple(paths))


def pen_layers(
    strokes: Sequence[Stroke],
    numbers: Sequence[int],
    solids: Sequence[Solid],
    color: str,
    sheet: SheetConfig,
    *,
    mm_per_px: float,
) -> list[Layer]:
    """The layers of one pen: its solid shapes, and its strokes above them; empty ones are left out."""
    layers = []
    if solids:
        paths = tuple(PenPath(tuple(part * mm_per_px for part in solid.parts)) for solid in solids)
        layers.append(Layer("solid", color, paths, filled=True))
    if strokes:
        layers.append(stroke_layer(strokes, numbers, color, sheet, mm_per_px=mm_per_px))
    return layers


def region_layers(
    found: ColoredRegions | None, sheet: SheetConfig, *, mm_per_px: float, line_px: float
) -> list[Layer]:
    """Layers of filled or hatched regions by colour, below those of the strokes."""
    if found is None:
        return []
    by_color: dict[str, list[PenPath]] = {}
    if sheet.regions == "fill":
        for label, parts in outlines(found.extended):
            color = hex_color(found.colors[label])
            scaled = tuple(part * mm_per_px for part in parts)
            by_color.setdefault(color, []).append(PenPath(scaled))
        if len(by_color) > MOST_LAYERS:
            paths = [dataclasses.replace(p, color=c) for c, own in by_color.items() for p in own]
            return [Layer("regions", "#ffffff", tuple(paths), filled=True)]
        return [Layer("regions", c, tuple(own), filled=True) for c, own in sorted(by_color.items())]
    width_px = (sheet.pen_mm / mm_per_px) if sheet.pen_mm else line_px
    lines: dict[str, list[Stroke]] = {}
    for label, ends in hatching(
        found.labels,
        spacing_px=sheet.hatch_mm / mm_per_px,
        angle_deg=sheet.hatch_deg,
        margin_px=width_px / 2,
    ):
        cubic = ends[0] + np.linspace(0, 1, 4)[:, None] * (ends[1] - ends[0])
        lines.setdefault(hex_color(found.colors[label]), []).append(Stroke(cubic[None], ends[0], width_px))
    layers = []
    for color, own in sorted(lines.items()):
        layer = stroke_layer(in_pen_order(own), range(len(own)), color, sheet, mm_per_px=mm_per_px)
        unnamed = tuple(dataclasses.replace(path, name="") for path in layer.paths)
        layers.append(Layer("hatching", color, unnamed))
    return layers
