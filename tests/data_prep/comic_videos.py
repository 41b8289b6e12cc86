"""Comic pages with known panels, and videos rendered from them with known cuts and pages."""

import dataclasses

import numpy as np
from PIL import Image

BORDER, GUTTER, MARGIN = 3, 12, 14


@dataclasses.dataclass(frozen=True)
class DrawnPage:
    """A page and its panels in reading order, boxes (x0, y0, x1, y1) without their gutters."""

    image: np.ndarray  # uint8 [H, W, 3]
    boxes_px: list[tuple[int, int, int, int]]


@dataclasses.dataclass(frozen=True)
class Rendered:
    """A video with its truth."""

    frames: np.ndarray  # uint8 [T, H, W, 3]
    cuts: list[int]  # first frames of scenes; the middle of fades
    pages: np.ndarray  # page of each frame


def blobs(rng: np.random.Generator, height_px: int, width_px: int) -> np.ndarray:
    """A soft coloured scene: few large shapes on a gradient, uint8 [H, W, 3]."""
    y, x = np.mgrid[:height_px, :width_px] / max(height_px, width_px)
    low, high = rng.uniform(20, 235, (2, 3))
    image = low + (high - low) * (np.cos(rng.uniform(0, 6)) * x + np.sin(rng.uniform(0, 6)) * y)[..., None]
    for _ in range(7):
        cx, cy, radius = rng.uniform(0, 1), rng.uniform(0, 1), rng.uniform(0.06, 0.25)
        inside = (x - cx) ** 2 + ((y - cy) * rng.uniform(0.6, 1.6)) ** 2 < radius**2
        image[inside] = rng.uniform(0, 255, 3)
    return np.clip(image, 0, 255).astype(np.uint8)


def draw_page(
    rng: np.random.Generator, rows: list[list[int]], *, size: tuple[int, int] = (420, 300)
) -> DrawnPage:
    """A white page; `rows` has the relative widths of the panels of each row."""
    height_px, width_px = size
    page = np.full((height_px, width_px, 3), 255, np.uint8)
    row_px = (height_px - 2 * MARGIN - GUTTER * (len(rows) - 1)) // len(rows)
    boxes = []
    for row, parts in enumerate(rows):
        top = MARGIN + row * (row_px + GUTTER)
        room = width_px - 2 * MARGIN - GUTTER * (len(parts) - 1)
        left = MARGIN
        for part in parts:
            width = room * part // sum(parts)
            page[top : top + row_px, left : left + width] = 10
            inner = blobs(rng, row_px - 2 * BORDER, width - 2 * BORDER)
            page[top + BORDER : top + row_px - BORDER, left + BORDER : left + width - BORDER] = inner
            boxes.append((left, top, left + width, top + row_px))
            left += width + GUTTER
    return DrawnPage(page, boxes)


def draw_pages(rng: np.random.Generator, count: int) -> list[DrawnPage]:
    """Pages of three rows of one to three panels."""
    return [
        draw_page(rng, [rng.integers(2, 5, rng.integers(1, 4)).tolist() for _ in range(3)])
        for _ in range(count)
    ]


def render(
    rng: np.random.Generator,
    pages: list[DrawnPage],
    *,
    shot_frames: tuple[int, int] = (12, 40),
    size: tuple[int, int] = (36, 64),
    fade_fraction: float = 0.15,
    other_fraction: float = 0.0,
) -> Rendered:
    """One shot per panel: a slow or fast pan with a zoom, graded, noisy; joined by cuts and fades to black.

    Args:
        rng: random numbers.
        pages: in order.
        shot_frames: shortest and longest shot.
        size: (height, width) of the frames.
        fade_fraction: of the joins.
        other_fraction: of the shots that show something that is on no page.
    """
    height_px, width_px = size
    shots, owners, joins = [], [], []
    for number, page in enumerate(pages):
        for box in page.boxes_px:
            x0, y0, x1, y1 = box
            art = page.image[y0:y1, x0:x1]
            if rng.uniform() < other_fraction:
                art = blobs(rng, y1 - y0, x1 - x0)
            count = int(rng.integers(*shot_frames))
            shots.append(_shot(rng, art, count, height_px, width_px))
            owners.append(number)
            joins.append("fade" if rng.uniform() < fade_fraction else "cut")
    frames, truth, owner = [], [], []
    for shot, number, join in zip(shots, owners, joins, strict=True):
        if frames:
            if join == "fade":
                steps = np.linspace(1, 0, 6)[1:]
                tail = [np.rint(frames[-1] * step).astype(np.uint8) for step in steps]
                head = [np.rint(shot[0] * step).astype(np.uint8) for step in steps[::-1][1:]]
                truth.append(len(frames) + len(tail) - 1)
                frames += tail
                owner += [owner[-1]] * len(tail)
                frames += head
                owner += [number] * len(head)
            else:
                truth.append(len(frames))
        frames += list(shot)
        owner += [number] * len(shot)
    return Rendered(np.stack(frames), truth, np.array(owner))


def _shot(rng: np.random.Generator, art: np.ndarray, count: int, height_px: int, width_px: int) -> np.ndarray:
    """Pan and zoom over a drawing: uint8 [count, height_px, width_px, 3]."""
    image = Image.fromarray(art)
    wide, high = image.size
    ratio = width_px / height_px
    fit = min(wide, high * ratio)
    scale = rng.uniform(0.6, 0.95, 2) * fit  # width of the view at the start and the end
    start, end = rng.uniform(0, 1, (2, 2))
    still = rng.uniform() < 0.3
    gain, lift = rng.uniform(0.85, 1.1), rng.uniform(-8, 8)
    made = []
    for step in np.linspace(0, 0 if still else 1, count):
        width = scale[0] + (scale[1] - scale[0]) * step
        height = width / ratio
        at = start + (end - start) * step
        x, y = at[0] * (wide - width), at[1] * max(0.0, high - height)
        view = image.resize((width_px, height_px), Image.Resampling.BILINEAR, (x, y, x + width, y + height))
        made.append(np.asarray(view, np.float32) * gain + lift + rng.normal(0, 2, (height_px, width_px, 1)))
    return np.clip(np.rint(np.stack(made)), 0, 255).astype(np.uint8)
