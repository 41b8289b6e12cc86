"""Batches of frames, comparison of label maps, mean colours and changes against plain loops."""

import jax.numpy as jnp
import numpy as np
import pytest

from data_prep.errors import InputError
from fill.lines import MAX_SIDE_PX, MAX_TORUS_PX
from fill.video.frames import batched, compare_frames, count_changes, mean_colors, of_one_size


def test_batches_have_one_shape_and_repeat_the_last_frame():
    frames = [np.full((2, 3, 1), i, np.uint8) for i in range(5)]
    batches = list(batched(iter(frames), 2))
    assert [count for _, count in batches] == [2, 2, 1]
    assert {images.shape for images, _ in batches} == {(2, 2, 3, 1)}
    np.testing.assert_array_equal(batches[-1][0], np.stack([frames[4], frames[4]]))


def test_frames_of_another_size_are_named():
    frames = [np.zeros((2, 3, 1), np.uint8), np.zeros((2, 4, 1), np.uint8)]
    with pytest.raises(InputError, match="frame 1 is 4 x 2 px with 1 channel, frame 0 is 3 x 2 px"):
        list(of_one_size(frames))
    with pytest.raises(InputError, match=f"the limit of fill is {MAX_SIDE_PX}"):
        list(of_one_size([np.zeros((1, MAX_SIDE_PX + 1, 1), np.uint8)]))
    wide = [np.zeros((1, MAX_TORUS_PX + 1, 1), np.uint8)]
    assert len(list(of_one_size(wide))) == 1
    with pytest.raises(InputError, match=f"the limit of fill --torus is {MAX_TORUS_PX}"):
        list(of_one_size(wide, torus=True))


def test_overlaps_equal_plain_counts():
    rng = np.random.default_rng(0)
    before, now = rng.integers(0, 4, (2, 1, 6, 7)).astype(np.int32)
    areas, after, back, px = (np.asarray(a)[0] for a in compare_frames(before, now, 3))
    for label in range(1, 4):
        here = now[0] == label
        assert areas[label] == here.sum()
        overlaps = [(here & (before[0] == other)).sum() for other in range(1, 4)]
        assert px[label] == max(overlaps)
        assert overlaps[back[label] - 1] == max(overlaps)
        there = [((before[0] == label) & (now[0] == other)).sum() for other in range(1, 4)]
        assert there[after[label] - 1] == max(there)


def test_mean_colours_equal_plain_means():
    rng = np.random.default_rng(1)
    labels = jnp.asarray(rng.integers(0, 3, (2, 5, 6)), jnp.int32)
    image = jnp.asarray(rng.integers(0, 256, (5, 6, 3)), jnp.uint8)
    means = np.asarray(mean_colors(labels, jnp.int32(1), image, 2))
    for label in (1, 2):
        expected = np.asarray(image)[np.asarray(labels)[1] == label].mean(0)
        np.testing.assert_allclose(means[label], expected, atol=1)


def test_changes_count_paper_in_both_frames():
    before = jnp.asarray([[1, 2, 0]], jnp.uint32)
    now = jnp.asarray([[[1, 3, 5]], [[0, 3, 5]]], jnp.uint32)
    np.testing.assert_array_equal(np.asarray(count_changes(before, now)), [[2, 2], [1, 0]])
