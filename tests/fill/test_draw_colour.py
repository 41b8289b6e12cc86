"""What the sheet of colours shows: drawings that follow from the seed, and are what they are called."""

import numpy as np
import pytest

from examples import draw_colour
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


def test_the_film_is_a_loop():
    frames = np.stack(draw_colour.draw_film(0)).astype(int)
    assert frames.shape == (draw_colour.LOOP, draw_colour.SIZE_PX, draw_colour.SIZE_PX, 1)
    steps = [np.abs(frames[i] - frames[i - 1]).mean() for i in range(len(frames))]
    assert max(steps) < 1.5 * min(steps)


@pytest.mark.slow
def test_the_sheet_is_what_the_readme_shows(tmp_path):
    assert draw_colour.main(["--out", str(tmp_path / "sheet.png")]) == 0
    assert 0 < (tmp_path / "sheet.png").stat().st_size <= 250_000
