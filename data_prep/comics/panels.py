"""Panels of comic pages, cut along gutters by a recursive XY cut (Nagy & Seth 1984)."""

import dataclasses
from typing import Literal

import numpy as np

from data_prep.errors import InputError

Box = tuple[int, int, int, int]  # x0, y0, x1, y1
BORDER_PX = 4  # edge of the page whose colour is that of the gutters
UNIFORM = 0.6  # fraction of the edge that has its colour; else gutters are white
WHITE = 255


@dataclasses.dataclass(frozen=True)
class PanelsConfig:
    """Panels; only with --panels."""

    reading_order: Literal["left-to-right", "right-to-left"] = "left-to-right"
    """Order of panels in a row."""
    gutter_tolerance: int = 20
    """Difference from the colour of the page's edge up to which a pixel belongs to a gutter, 0 to 255."""
    gutter_ink: float = 0.004
    """Largest fraction of other pixels in a row or column of a gutter."""
    min_gutter: float = 0.004
    """Smallest width of a gutter, as a fraction of the longer side of the page."""
    min_panel: float = 0.06
    """Smallest side of a panel, as a fraction of the shorter side of the page; smaller parts are left out."""

    def check(self) -> None:
        """Validate; raises InputError naming the flag."""
        if not 0 <= self.gutter_tolerance <= 255:
            raise InputError(f"--gutter-tolerance {self.gutter_tolerance}: must be 0 to 255")
        for name in ("gutter_ink", "min_gutter", "min_panel"):
            if not 0 <= getattr(self, name) < 1:
                flag = "--" + name.replace("_", "-")
                raise InputError(f"{flag} {getattr(self, name):g}: must be at least 0 and below 1")


def find_panels(page: np.ndarray, config: PanelsConfig) -> list[Box]:
    """Find the panels of a page in reading order: boxes (x0, y0, x1, y1) without their gutters.

    The page is split at rows that are gutters from side to side, else at columns, and so on in each part. A
    page without gutters is one panel. Gutters must be straight and parallel to the sides.

    Args:
        page: uint8 [H, W, C].
        config: thresholds and order.
    """
    drawn = ~_is_gutter(page, config.gutter_tolerance)
    height_px, width_px = drawn.shape
    gutter_px = max(1, round(config.min_gutter * max(height_px, width_px)))
    panel_px = max(1, round(config.min_panel * min(height_px, width_px)))
    boxes: list[Box] = []

    def split(box: Box) -> None:
        trimmed = _trim(drawn, box, config.gutter_ink)
        if trimmed is None or min(trimmed[2] - trimmed[0], trimmed[3] - trimmed[1]) < panel_px:
            return
        x0, y0, x1, y1 = trimmed
        inside = drawn[y0:y1, x0:x1]
        rows = _parts(inside.mean(axis=1) > config.gutter_ink, gutter_px)
        if len(rows) > 1:
            for start, stop in rows:
                split((x0, y0 + start, x1, y0 + stop))
            return
        columns = _parts(inside.mean(axis=0) > config.gutter_ink, gutter_px)
        if len(columns) > 1:
            for start, stop in columns if config.reading_order == "left-to-right" else columns[::-1]:
                split((x0 + start, y0, x0 + stop, y1))
            return
        boxes.append(trimmed)

    split((0, 0, width_px, height_px))
    return boxes


def _is_gutter(page: np.ndarray, tolerance: int) -> np.ndarray:
    """Mark pixels of the colour of the page's edge, or white if that has many colours: bool [H, W]."""
    edge = np.concatenate(
        [
            part.reshape(-1, page.shape[2])
            for part in (page[:BORDER_PX], page[-BORDER_PX:], page[:, :BORDER_PX], page[:, -BORDER_PX:])
        ]
    ).astype(np.int16)
    color = np.median(edge, axis=0)
    if (np.abs(edge - color).max(axis=1) <= tolerance).mean() < UNIFORM:
        color = np.full(page.shape[2], WHITE)
    return np.abs(page.astype(np.int16) - color.astype(np.int16)).max(axis=2) <= tolerance


def _trim(drawn: np.ndarray, box: Box, ink: float) -> Box | None:
    """Remove gutters around a part; None: there is nothing else."""
    x0, y0, x1, y1 = box
    rows = np.flatnonzero(drawn[y0:y1, x0:x1].mean(axis=1) > ink)
    if not len(rows):
        return None
    y0, y1 = y0 + int(rows[0]), y0 + int(rows[-1]) + 1
    columns = np.flatnonzero(drawn[y0:y1, x0:x1].mean(axis=0) > ink)
    if not len(columns):
        return None
    return x0 + int(columns[0]), y0, x0 + int(columns[-1]) + 1, y1


def _parts(filled: np.ndarray, gutter_px: int) -> list[tuple[int, int]]:
    """Runs of filled positions, joined over gaps narrower than a gutter."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], filled, [False]]).astype(np.int8)))
    runs: list[tuple[int, int]] = []
    for start, stop in zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True):
        if runs and start - runs[-1][1] < gutter_px:
            runs[-1] = runs[-1][0], stop
        else:
            runs.append((start, stop))
    return runs
