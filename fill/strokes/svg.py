"""SVG documents in millimetres: layers of strokes and of filled shapes, with metadata. Pure.

One user unit is one millimetre. Coordinates are rounded to micrometres before differences are taken, so that
relative coordinates do not drift.
"""

import dataclasses
import json
from collections.abc import Sequence
from typing import Any
from xml.sax.saxutils import escape, quoteattr

import numpy as np

DIGITS = 3  # of mm
STRAIGHT_MM = 0.0015  # control points nearer to the chord make a straight line


@dataclasses.dataclass(frozen=True)
class PenPath:
    """One path: consecutive cubics for each part."""

    parts: tuple[np.ndarray, ...]  # float64 [K, 4, 2] each, mm; K = 0: see `dot`
    width_mm: float | None = None  # of the stroke; None: filled
    name: str = ""  # id
    closed: bool = False
    dot: tuple[float, float] | None = None  # a stroke of length 0, mm
    color: str = ""  # of a filled path; default: that of its layer


@dataclasses.dataclass(frozen=True)
class Layer:
    """Paths of one pen."""

    label: str
    color: str  # "#102030"
    paths: tuple[PenPath, ...]
    filled: bool = False


@dataclasses.dataclass(frozen=True)
class SvgDocument:
    """A drawing as SVG."""

    width_mm: float
    height_mm: float
    layers: tuple[Layer, ...]
    metadata: dict[str, Any] = dataclasses.field(default_factory=dict)

    @property
    def stroke_count(self) -> int:
        """Number of strokes in all layers."""
        return sum(len(layer.paths) for layer in self.layers if not layer.filled)

    def text(self) -> str:
        """The file."""
        width, height = _number(round(self.width_mm * 1000)), _number(round(self.height_mm * 1000))
        lines = [
            '<?xml version="1.0" encoding="UTF-8"?>',
            '<svg xmlns="http://www.w3.org/2000/svg" '
            'xmlns:inkscape="http://www.inkscape.org/namespaces/inkscape" '
            f'width="{width}mm" height="{height}mm" viewBox="0 0 {width} {height}">',
        ]
        if self.metadata:
            lines.append(f"<metadata>{escape(json.dumps(self.metadata, ensure_ascii=True))}</metadata>")
        for number, layer in enumerate(self.layers, start=1):
            lines += _layer(layer, number)
        return "\n".join([*lines, "</svg>", ""])


def _layer(layer: Layer, number: int) -> list[str]:
    label = quoteattr(f"{number} {layer.label}")
    paint = (
        f'fill="{layer.color}" fill-rule="evenodd" stroke="none"'
        if layer.filled
        else f'fill="none" stroke="{layer.color}" stroke-linecap="round" stroke-linejoin="round"'
    )
    lines = [f'<g id="pen{number}" inkscape:groupmode="layer" inkscape:label={label} {paint}>']
    for path in layer.paths:
        name = f' id="{path.name}"' if path.name else ""
        width = "" if path.width_mm is None else f' stroke-width="{_number(round(path.width_mm * 1000))}"'
        color = f' fill="{path.color}"' if path.color else ""
        lines.append(f'<path{name}{width}{color} d="{path_data(path)}"/>')
    return [*lines, "</g>"]


def path_data(path: PenPath) -> str:
    """The `d` attribute of a path."""
    if path.dot is not None:
        x, y = (_number(round(value * 1000)) for value in path.dot)
        return f"M{x} {y}h0"
    return "".join(_part(part, path.closed or path.width_mm is None) for part in path.parts)


def _part(cubics: np.ndarray, closed: bool) -> str:
    """One part: M, then c and l with relative coordinates, and z."""
    whole = np.rint(cubics * 1000).astype(np.int64)
    relative = (whole[:, 1:] - whole[:, :1]).reshape(-1, 6).tolist()
    straight = _is_straight(cubics).tolist()
    words = [f"M{_pair(*whole[0, 0].tolist())}"]
    last = "M"
    for numbers, is_straight in zip(relative, straight, strict=True):
        kind, used = ("l", numbers[4:]) if is_straight else ("c", numbers)
        text = " ".join(map(_number, used)).replace(" -", "-")
        joint = "" if text.startswith("-") else " "
        words.append(f"{kind}{text}" if kind != last else f"{joint}{text}")
        last = kind
    return "".join(words) + ("z" if closed else "")


def _is_straight(cubics: np.ndarray) -> np.ndarray:
    """Whether the control points of cubics lie on their chords, bool [K]."""
    chord = cubics[:, 3] - cubics[:, 0]
    length = np.hypot(*chord.T)
    unit = chord / np.maximum(length, 1e-12)[:, None]
    near = np.ones(len(cubics), bool)
    for i in (1, 2):
        off = cubics[:, i] - cubics[:, 0]
        along = np.clip((off * unit).sum(axis=1), 0, length)  # a loop has a chord of length 0
        near &= np.hypot(*(off - along[:, None] * unit).T) < STRAIGHT_MM
    return near


def _pair(x: int, y: int) -> str:
    return f"{_number(x)} {_number(y)}"


def _number(thousandths: int) -> str:
    """A number of thousandths as text: 1500 -> "1.5", -20 -> "-.02"."""
    sign = "-" if thousandths < 0 else ""
    whole, part = divmod(abs(thousandths), 10**DIGITS)
    fraction = f".{part:0{DIGITS}d}".rstrip("0") if part else ""
    return f"{sign}{whole or ('' if fraction else '0')}{fraction}"


def hex_color(rgb: Sequence[int] | np.ndarray) -> str:
    """uint8 [3] -> "#102030"."""
    return "#" + bytes(int(value) for value in rgb).hex()
