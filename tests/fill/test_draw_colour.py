"""What the sheet of colours shows: drawings that follow from the seed, and are what they are called."""

import itertools

import numpy as np
import pytest

from configs.fill import DEFAULT_PALETTE, PALETTES
from examples import draw_colour
from fill.palette import from_hex
from tests.fill import plain


def regions(drawing):
    return plain.label(drawing[..., 0] > 160).max()


def test_the_seed_decides_the_drawings():
    for draw in (draw_colour.draw_cells, draw_colour.draw_broken, draw_colour.draw_specimen):
        np.testing.assert_array_equal(draw(3), draw(3))
        assert np.any(draw(3) != draw(4))


def test_colour_leaks_through_broken_lines():
    whole, broken = draw_colour.draw_cells(0), draw_colour.draw_broken(0)
    assert regions(whole) > 30
    assert regions(broken) < regions(whole) / 2


def test_a_specimen_is_nearly_its_own_mirror_image():
    specimen = draw_colour.draw_specimen(0)[..., 0] < 128
    assert specimen.any()
    assert np.any(specimen != specimen[:, ::-1])  # it is turned
    turned = specimen[::-1, ::-1]  # by a half turn, which a turn before does not change
    assert (specimen & turned).sum() > 0.9 * specimen.sum()


def test_the_video_is_a_loop():
    frames = np.stack(draw_colour.draw_loop(0)).astype(int)
    assert frames.shape == (draw_colour.LOOP, draw_colour.SIZE_PX, draw_colour.SIZE_PX, 1)
    steps = [np.abs(frames[i] - frames[i - 1]).mean() for i in range(len(frames))]
    assert max(steps) < 1.5 * min(steps)


def areas(tile, mask):
    """How many areas of one colour lie on a mask, specks apart."""
    codes = tile.astype(int) @ [1 << 16, 1 << 8, 1]
    sizes = [
        size
        for code in np.unique(codes)
        for size in np.bincount(plain.label(mask & (codes == code)).ravel())[1:]
    ]
    return sum(size > 30 for size in sizes)


@pytest.mark.slow
def test_tiles_are_named_by_their_content():
    tiles = draw_colour.draw_tiles(0)
    assert list(tiles)[:8:4] == ["a drawing", "its lines broken"]
    drawing, filled, inked, overlaid, broken, leaking, closed, _, orbits, *video = tiles.values()
    colors = {tuple(color) for color in from_hex(PALETTES[DEFAULT_PALETTE]).reshape(-1, 3)}

    labels = plain.label(drawing[..., 0] > 160)
    assert {tuple(color) for color in filled.reshape(-1, 3)} <= colors
    for label in range(1, labels.max() + 1):
        assert len(np.unique(filled[labels == label], axis=0)) == 1
    dark, white = drawing[..., 0] == 0, drawing[..., 0] == 255
    for tile, under in ((inked, filled), (overlaid, plain.means(labels, draw_colour.draw_dusk())[labels])):
        assert tile[dark].max() < 60
        np.testing.assert_array_equal(tile[white], under[white])

    assert np.array_equal(leaking[broken[..., 0] == 0], closed[broken[..., 0] == 0])
    paper = broken[..., 0] == 255
    assert areas(closed, paper) > 2 * areas(leaking, paper)

    assert (orbits == orbits[::-1, ::-1]).all(-1).mean() > 0.85
    assert {tuple(color) for color in orbits.reshape(-1, 3)} <= colors | {(255, 255, 255)}
    assert (orbits != 255).any()
    maps = [plain.label(frame[..., 0] > 160) for frame in draw_colour.draw_loop(0)]
    for i, (before, now) in enumerate(itertools.pairwise(video)):
        stored = list(plain.persisting(maps[i], maps[i + 1]))
        assert len(stored) > 20
        assert all((before[shared] == now[shared]).all() for shared in stored)
        assert len({tuple(now[shared][0]) for shared in stored}) > 4


@pytest.mark.slow
def test_the_sheet_is_that_of_the_readme(tmp_path):
    assert draw_colour.main(["--out", str(tmp_path / "sheet.png")]) == 0
    assert 0 < (tmp_path / "sheet.png").stat().st_size <= 250_000
