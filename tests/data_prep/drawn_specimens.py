"""Pages of specimens whose places are known, as a scanner would see them."""

import dataclasses
import math

import numpy as np
from PIL import Image, ImageDraw, ImageFont


@dataclasses.dataclass(frozen=True)
class DrawnPage:
    """A page and what was drawn on it."""

    image: np.ndarray  # uint8 [H, W, 1]
    boxes_px: np.ndarray  # int [N, 4], around the ink of each specimen, row by row
    skew_deg: float

    @property
    def centers_px(self) -> np.ndarray:
        return (self.boxes_px[:, :2] + self.boxes_px[:, 2:]) / 2


def strokes(rng: np.random.Generator, size_px: float) -> list[np.ndarray]:
    """One specimen: polylines [K, 2] around (0, 0), a closed outline with something in it, some in parts."""
    turns = np.linspace(0, 2 * math.pi, 40)
    radius = 0.5 * size_px * (1 + 0.25 * rng.uniform(-1, 1) * np.cos(turns * rng.integers(2, 6)))
    squash = rng.uniform(0.6, 1)
    outline = np.stack([radius * np.cos(turns), squash * radius * np.sin(turns)], axis=1)
    drawn = [outline, 0.5 * outline, outline[[0, 20]], outline[[5, 30]]]
    if rng.random() < 0.3:  # a part that stands free, as a ring above a vowel
        drawn.append(0.35 * outline - (0, 0.72 * size_px * squash))
    return drawn


def draw_specimens(
    rng: np.random.Generator,
    *,
    rows: int = 4,
    cols: int = 4,
    pitch_px: int = 260,
    skew_deg: float = 0,
    empty: float = 0.15,
    specks: int = 0,
    scratches: int = 0,
    bed: bool = False,
    captions: bool = False,
) -> DrawnPage:
    """Specimens near the middles of rows x cols cells, on a sheet that lies askew.

    Args:
        empty: fraction of cells that stay empty; half of the time a whole row or column is as well.
        specks: dots of dust.
        scratches: thin lines over the full height of the scan.
        bed: whether a dark bed is seen around the sheet.
        captions: whether figures are numbered and the sheet has a line of text.
    """
    margin, around = 0.4 * pitch_px, 0.3 * pitch_px if bed else 0
    sheet = np.array([cols * pitch_px + 2 * margin, rows * pitch_px + 2 * margin])
    c, s = math.cos(math.radians(skew_deg)), math.sin(math.radians(skew_deg))
    turn = np.array([[c, -s], [s, c]])  # row vectors, counter-clockwise with y down
    scan = np.ceil(np.abs(sheet @ np.abs(turn)) + 2 * around).astype(int)

    def place(points: np.ndarray) -> np.ndarray:
        """Sheet -> scan."""
        return (points - sheet / 2) @ turn + scan / 2

    paper, dark, pen_px = int(rng.integers(215, 250)), int(rng.integers(5, 60)), max(2, pitch_px // 90)
    photo = Image.new("L", tuple(scan), dark if bed else paper)
    draw = ImageDraw.Draw(photo)
    draw.polygon([tuple(p) for p in place(np.array([[0, 0], [1, 0], [1, 1], [0, 1]]) * sheet)], fill=paper)
    ink = np.asarray(photo).copy()
    stored = rng.random((rows, cols)) >= empty
    if empty and rng.random() < 0.5:
        stored[rng.integers(rows)] = False
    stored[0, 0] = stored[-1, -1] = True
    boxes = []
    for row, col in np.argwhere(stored):
        middle = margin + (np.array([col, row]) + 0.5 + rng.uniform(-0.06, 0.06, 2)) * pitch_px
        mask = Image.new("L", tuple(scan), 0)
        for line in strokes(rng, pitch_px * rng.uniform(0.4, 0.62)):
            ImageDraw.Draw(mask).line([tuple(p) for p in place(middle + line)], fill=255, width=pen_px)
        ink[np.asarray(mask) > 0] = dark
        boxes.append(mask.getbbox())
        if captions:
            at = place(middle + 0.38 * pitch_px)
            ink = _write(ink, at, str(rng.integers(1, 100)), pitch_px // 12, dark)
    if captions:
        at = place(np.array([0.3 * sheet[0], sheet[1] - 0.25 * pitch_px]))
        ink = _write(ink, at, "FIGURES OF A PLATE, DRAWN BY HAND", pitch_px // 12, dark)
    photo = Image.fromarray(ink)
    draw = ImageDraw.Draw(photo)
    for x, y, r in zip(*rng.uniform((0, 0, 0.5), (*scan, 1 + pitch_px / 130), (specks, 3)).T, strict=True):
        draw.ellipse([x - r, y - r, x + r, y + r], fill=dark + 20)
    for _ in range(scratches):
        x = rng.uniform(0.1, 0.9) * scan[0]
        draw.line([(x, -1), (x + rng.uniform(-0.02, 0.02) * scan[1], scan[1])], fill=dark + 30, width=2)
    noisy = np.asarray(photo) + rng.normal(0, 3, (scan[1], scan[0]))
    return DrawnPage(np.clip(noisy, 0, 255).astype(np.uint8)[..., None], np.array(boxes), skew_deg)


def _write(ink: np.ndarray, at: np.ndarray, text: str, height_px: int, dark: int) -> np.ndarray:
    photo = Image.fromarray(ink)
    font = ImageFont.load_default(size=height_px)
    ImageDraw.Draw(photo).text((float(at[0]), float(at[1])), text, fill=dark, font=font)
    return np.asarray(photo).copy()


def random_page(seed: int) -> DrawnPage:
    """Any of these at once, from a seed."""
    rng = np.random.default_rng(seed)
    return draw_specimens(
        rng,
        rows=int(rng.integers(3, 8)),
        cols=int(rng.integers(3, 7)),
        pitch_px=int(rng.integers(180, 420)),
        skew_deg=float(rng.uniform(-4, 4)) * (rng.random() < 0.7),
        empty=float(rng.choice([0, 0.1, 0.3])),
        specks=int(rng.choice([0, 30, 200])),
        scratches=int(rng.choice([0, 1, 2])),
        bed=bool(rng.random() < 0.5),
        captions=bool(rng.random() < 0.5),
    )
