"""Previews of paths."""

import numpy as np
import pytest

from animate.paths.constant_speed import thumbnails
from animate.preview import frame_numbers, preview_path
from data_prep.errors import InputError


def test_a_preview_has_some_of_the_frames_and_their_speed(generator, curve):
    found = preview_path(generator, curve, count=7)
    rows = frame_numbers(len(curve.latents), count=7, closed=True)
    assert (found.frame_count, found.fps, found.closed) == (len(curve.latents), curve.fps, True)
    np.testing.assert_array_equal(found.w[:, 0], curve.latents[rows])  # of the fake, w is z
    thumbs = thumbnails(generator)(found.w)
    fps = curve.fps * 7 / len(curve.latents)
    for i in range(7):
        change = np.sqrt(((thumbs[(i + 1) % 7].astype(float) - thumbs[i]) ** 2).mean())
        np.testing.assert_allclose(found.speed[i], change * fps)


def test_constant_speed_makes_the_speed_even(generator, curve):
    before, after = (
        preview_path(generator, curve, count=20, constant_speed=constant).speed for constant in (False, True)
    )
    assert after.max() / np.median(after) < 1.2 < before.max() / np.median(before)


@pytest.mark.parametrize("closed", [False, True])
def test_numbers_of_frames(closed):
    assert frame_numbers(5, count=9, closed=closed).tolist() == [0, 1, 2, 3, 4]
    found = frame_numbers(100, count=5, closed=closed).tolist()
    assert found == ([0, 20, 40, 60, 80] if closed else [0, 25, 50, 74, 99])


def test_a_path_of_another_network_is_refused(new_generator, curve):
    with pytest.raises(InputError, match="generator takes"):
        preview_path(new_generator(z_dim=5), curve, count=4)
