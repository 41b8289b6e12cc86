"""Masks that are hard for labelling and for distances; drawings, specimens and videos to fill."""

import numpy as np
import pytest
from scipy.spatial import cKDTree


def spiral(size: int) -> np.ndarray:
    """One path of paper, 1 px wide, that winds out from the centre."""
    paper = np.zeros((size, size), bool)
    y = x = size // 2
    dy, dx, leg = 0, 1, 2
    while True:
        for _ in range(2):
            for _ in range(leg):
                paper[y, x] = True
                y, x = y + dy, x + dx
                if not (0 <= y < size and 0 <= x < size):
                    return paper
            dy, dx = dx, -dy
        leg += 2


def serpentine(size: int) -> np.ndarray:
    """Rows of paper joined at alternating ends."""
    paper = np.zeros((size, size), bool)
    paper[::2] = True
    paper[1::4, -1] = True
    paper[3::4, 0] = True
    return paper


def hard_masks(size: int) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(0)
    y, x = np.indices((size, size))
    comb = x % 2 == 0
    masks = {f"noise-{p}": rng.random((size, size)) < p for p in (0.5, 0.593, 0.65)}
    masks |= {"spiral": spiral(size), "serpentine": serpentine(size), "serpentine-T": serpentine(size).T}
    masks |= {"checkerboard": (y + x) % 2 == 0, "blank": y >= 0, "full": y < 0, "comb": comb}
    masks |= {"comb-joined-below": comb | (y == size - 1), "comb-joined-above": comb | (y == 0)}
    masks |= {"rings": (np.hypot(y - size / 2, x - size / 2).astype(int) // 2) % 2 == 0}
    return {name: np.ascontiguousarray(mask) for name, mask in masks.items()}


@pytest.fixture(scope="session")
def masks() -> dict[str, np.ndarray]:
    """Hard masks of 96 x 96 px, True on paper."""
    return hard_masks(96)


@pytest.fixture(scope="session")
def drawing() -> np.ndarray:
    """Wobbly cells between antialiased lines of 3 px, uint8 [64, 80, 1]."""
    y, x = np.indices((64, 80)).astype(float)
    x, y = x + 3 * np.sin(y / 9), y + 3 * np.sin(x / 11)
    distance = np.minimum(np.abs((x + 8) % 17 - 8.5), np.abs((y + 6) % 14 - 7))
    return np.clip((distance - 1) * 255, 0, 255).astype(np.uint8)[..., None]


def draw_specimen(
    size: int,
    *,
    center: tuple[float, float] | None = None,
    turn_deg: float = 0.0,
    seed: int = 0,
    line_px: float = 3.0,
) -> np.ndarray:
    """Rings that mirror one another about two axes through `center` (x, y): ink, bool [size, size]."""
    rng = np.random.default_rng(seed)
    y, x = np.indices((size, size)).astype(float)
    cx, cy = center or ((size - 1) / 2, (size - 1) / 2)
    turn, dx, dy = np.deg2rad(turn_deg), x - cx, y - cy
    along, across = (
        np.abs(np.cos(turn) * dx + np.sin(turn) * dy),
        np.abs(-np.sin(turn) * dx + np.cos(turn) * dy),
    )
    ink = np.zeros((size, size), bool)
    for _ in range(6):
        (a, b), radius = rng.uniform(0, 0.28, 2), rng.uniform(0.04, 0.12)
        ink |= np.abs(np.hypot(along - a * size, across - b * size) - radius * size) < line_px / 2
    return ink


def draw_web(size: int, time: float, *, cells: int = 12, seed: int = 0, sway: float = 0.03) -> np.ndarray:
    """Cells between lines of 3 px that sway around, and are back at time 1: uint8 [size, size, 1]."""
    rng = np.random.default_rng(seed)
    centers = rng.uniform(0, size, (cells, 2))
    a, b = rng.normal(0, sway * size, (2, cells, 2))
    centers = centers + a * np.cos(2 * np.pi * time) + b * np.sin(2 * np.pi * time)
    at = np.moveaxis(np.indices((size, size), float), 0, -1)
    distance, cell = cKDTree(centers).query(at, k=2)
    apart = np.linalg.norm(centers[cell[..., 0]] - centers[cell[..., 1]], axis=-1)
    to_border = (distance[..., 1] ** 2 - distance[..., 0] ** 2) / (2 * apart)
    return (np.clip(to_border - 1.0, 0, 1) * 255).astype(np.uint8)[..., None]
