"""Pages, specimens and frames are made dark on evenly lit paper in one way; what stays is described."""

import numpy as np
import pytest

from data_prep.pages.drawing import (
    Correction,
    common_correction,
    correct,
    find_correction,
    kept_notes,
    light_notes,
)
from data_prep.pages.polarity import is_light_on_dark
from tests.data_prep.pages.test_illumination import LIGHTS, drawn, lit


@pytest.mark.parametrize("light", [None, *LIGHTS])
@pytest.mark.parametrize("negative", [False, True])
def test_polarity_and_light_are_corrected(light, negative):
    page = 255 - drawn() if negative else drawn()
    page = page if light is None else lit(page, LIGHTS[light])
    correction = find_correction(page)
    assert correction.inverts == negative
    fixed = correct(page, correction)
    assert not is_light_on_dark(fixed)
    if light is not None and not negative:
        assert correction.background is not None
        assert find_correction(fixed).variation < correction.variation / 2
    if light is None:
        np.testing.assert_array_equal(fixed, 255 - page if negative else page)
        assert correction.background is None


def test_what_is_switched_off_is_described():
    shaded = lit(drawn(), next(iter(LIGHTS.values())))
    kept = find_correction(shaded, flatten_it="off")
    assert correct(shaded, kept) is shaded
    (note,) = kept_notes(kept)
    assert f"{kept.variation:.0%}" in str(note)
    assert "data-prep scans" in str(note)
    assert light_notes(shaded) == [note]
    assert kept_notes(find_correction(shaded)) == []
    board = find_correction(255 - drawn(), invert_it="off", flatten_it="on")
    assert (board.light_on_dark, board.background) == (True, None)
    assert "--invert" in str(kept_notes(board)[0])
    assert find_correction(drawn(), invert_it="on").light_on_dark
    assert find_correction(drawn(), flatten_it="on").background is not None
    assert kept_notes(Correction()) == []


def test_what_is_outside_of_the_sheet_does_not_count(rng):
    page = lit(drawn(), next(iter(LIGHTS.values())))
    inside = np.zeros(page.shape[:2], bool)
    inside[30:-30, 40:-40] = True
    found = []
    for outside in (20, 120, rng.integers(0, 256, page.shape)):
        bed = np.where(inside[..., None], page, outside).astype(np.uint8)
        found.append(find_correction(bed, inside=inside))
    assert found[0].background is not None
    assert len({one.variation for one in found}) == 1
    sheet = page[30:-30, 40:-40]
    assert found[0].variation == pytest.approx(find_correction(sheet).variation, abs=0.03)


def test_frames_share_what_most_of_them_need():
    page = drawn()
    shaded = lit(page, next(iter(LIGHTS.values())))
    ones = [find_correction(frame) for frame in (shaded, shaded, page)]
    shared = common_correction(ones)
    assert shared.background is not None
    np.testing.assert_allclose(shared.background.log_light, ones[0].background.log_light, rtol=1e-5)
    assert shared.variation == pytest.approx(ones[0].variation, rel=1e-4)
    assert common_correction([ones[0], ones[2]]) == Correction()  # half of them
    boards = [find_correction(255 - page)] * 3
    assert common_correction([*boards, ones[2]]).inverts
    assert not common_correction([boards[0], ones[2], ones[2]]).inverts
