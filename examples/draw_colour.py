"""Draw the fill example of the README: options of `inkloop fill` on generated drawings.

    python examples/draw_colour.py --out examples/colour.png

Drawings: a web of cells as on the sample pages, a web with gaps in its lines, a symmetric specimen, and a
looping video of a moving web. Deterministic in the seed.
"""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import jax
import numpy as np
import tyro
from scipy.ndimage import map_coordinates, rotate

from configs.fill import DEFAULT_PALETTE, PALETTES
from data_prep.images import write_image
from data_prep.images.contact_sheet import contact_sheet
from examples.draw_pages import draw_hand, draw_web, smooth_noise
from fill.config import BlobConfig, SpecConfig, VideoConfig
from fill.palette import from_hex
from fill.pipeline import fill_blob
from fill.specimen import fill_spec
from fill.video.recolor import color, track

SIZE_PX = 184  # side of a tile
SCALE = 0.4  # of the drawings relative to the sample pages
OVER = 3  # oversampling factor of webs
GAP_PX = 8  # maximum width of closed gaps
LOOP = 12  # frames
COLUMNS = 4


def draw_tiles(seed: int) -> dict[str, np.ndarray]:
    """Drawings and their fills, by caption: uint8 [SIZE_PX, SIZE_PX, 1 or 3]."""
    key, colors = jax.random.key(seed), from_hex(PALETTES[DEFAULT_PALETTE])
    drawing, broken, specimen = draw_cells(seed), draw_broken(seed), draw_specimen(seed)
    frames = draw_loop(seed)
    tracking = track(lambda: iter(frames), colors, VideoConfig(), seed=seed)
    colored = list(color(lambda: iter(frames), tracking, VideoConfig()))

    def blob(image: np.ndarray, palette: np.ndarray = colors, **options: Any) -> np.ndarray:
        return np.asarray(fill_blob(key, image, palette, BlobConfig(**options)))

    return {
        "a drawing": drawing,
        "fill blob": blob(drawing),
        "keep-lines": blob(drawing, keep_lines=True),
        "overlay: an image's colours": blob(drawing, draw_dusk(), overlay=True, keep_lines=True),
        "its lines broken": broken,
        "fill blob: colour leaks": blob(broken, keep_lines=True),
        f"close-gaps-px {GAP_PX}": blob(broken, keep_lines=True, close_gaps_px=GAP_PX),
        "a specimen, turned by 2 degrees": specimen,
        "fill spec: orbits": np.asarray(fill_spec(key, specimen, colors, SpecConfig())),
        **{f"fill film: frame {i + 1} of {LOOP}": colored[i] for i in range(3)},
    }


def draw_sheet(tiles: dict[str, np.ndarray]) -> np.ndarray:
    """Contact sheet of tiles with captions: uint8 [H, W, 3]."""
    return contact_sheet(tiles.values(), columns=COLUMNS, labels=list(tiles), tile_px=(SIZE_PX, SIZE_PX))


def draw_cells(seed: int, size_px: int = SIZE_PX) -> np.ndarray:
    """Draw a web of closed cells: uint8 [size_px, size_px, 1]."""
    rng = np.random.default_rng([seed, 0])
    return _as_drawing(_web(rng, size_px))


def draw_broken(seed: int) -> np.ndarray:
    """Draw the same web with random gaps in its lines."""
    drawing = draw_cells(seed)
    rng = np.random.default_rng([seed, 1])
    ink = np.argwhere(drawing[..., 0] < 80)
    y, x = np.indices(drawing.shape[:2])
    for row, column in ink[rng.choice(len(ink), 40, replace=False)]:
        drawing[(y - row) ** 2 + (x - column) ** 2 <= (GAP_PX / 2 - 0.5) ** 2] = 255
    return drawing


def draw_specimen(seed: int) -> np.ndarray:
    """Draw a symmetric disc of cells, rotated by 2 degrees: uint8 [SIZE_PX, SIZE_PX, 1]."""
    rng, half = np.random.default_rng([seed, 2]), SIZE_PX // 2
    quarter = _web(rng, half)
    side = np.concatenate([quarter[:, ::-1], quarter], axis=1)
    ink = np.concatenate([side[::-1], side])
    y, x = np.indices(ink.shape) - (SIZE_PX - 1) / 2
    radius = np.hypot(x, y) + 5 * np.cos(4 * np.arctan2(y, x))
    outline = np.clip(2.5 - np.abs(radius - 0.42 * SIZE_PX), 0, 1)
    ink = np.maximum(np.where(radius < 0.42 * SIZE_PX, ink, 0), outline)
    return _as_drawing(rotate(ink, 2, reshape=False, order=1))


def draw_loop(seed: int) -> list[np.ndarray]:
    """Draw a moving web that loops after LOOP frames: uint8 [SIZE_PX, SIZE_PX, 1] each."""
    border = SIZE_PX // 8
    size_px = SIZE_PX + 2 * border
    web = draw_cells(seed + 1, size_px)[..., 0]
    rng = np.random.default_rng([seed, 3])
    swings = 0.4 * border * np.stack([smooth_noise(rng, web.shape, size_px / 2) for _ in range(4)])
    y, x = np.indices(web.shape)
    frames = []
    for i in range(LOOP):
        cos, sin = np.cos(2 * np.pi * i / LOOP), np.sin(2 * np.pi * i / LOOP)
        there = [y + cos * swings[0] + sin * swings[1], x + cos * swings[2] + sin * swings[3]]
        moved = map_coordinates(web, there, order=1, mode="reflect")
        frames.append(moved[border:-border, border:-border, None])
    return frames


def draw_dusk() -> np.ndarray:
    """Bilinear gradient of four corner colours: uint8 [SIZE_PX, SIZE_PX, 3]."""
    corners = from_hex(["#0f2a3d", "#7a1f2b", "#7fb7a8", "#f0c987"]).reshape(2, 2, 3).astype(float)
    down, right = np.mgrid[0 : 1 : SIZE_PX * 1j, 0 : 1 : SIZE_PX * 1j][..., None]
    rows = (1 - right) * corners[:1, :1] + right * corners[:1, 1:]
    below = (1 - right) * corners[1:, :1] + right * corners[1:, 1:]
    return np.rint((1 - down) * rows + down * below).astype(np.uint8)


def _web(rng: np.random.Generator, size_px: int) -> np.ndarray:
    """Ink of a web, float [size_px, size_px] in [0, 1]."""
    large = draw_web(rng, draw_hand(rng), OVER * size_px, OVER * size_px, scale=OVER * SCALE)
    return large.reshape(size_px, OVER, size_px, OVER).mean((1, 3))


def _as_drawing(ink: np.ndarray) -> np.ndarray:
    return np.rint(255 * (1 - np.clip(ink, 0, 1))).astype(np.uint8)[..., None]


def run(out: Path, seed: int = 0) -> None:
    """Draw the sheet.

    Args:
        out: Image file.
        seed: Random seed.
    """
    write_image(out, draw_sheet(draw_tiles(seed)), png_level=9)
    print(out)


def main(args: Sequence[str] | None = None) -> int:
    """Run from the command line; returns the exit code."""
    tyro.cli(run, args=args)
    return 0


if __name__ == "__main__":
    sys.exit(main())
