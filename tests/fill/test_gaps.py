"""Rooms behind walls with breaks: who leaks, who does not."""

import jax.numpy as jnp
import numpy as np
import pytest
from scipy import ndimage

from fill.gaps import label_behind_gaps
from tests.fill import plain
from tests.slow_cases import slow


def labelled(paper, gap_px):
    return np.asarray(label_behind_gaps(jnp.asarray(paper), gap_px=gap_px))


def two_rooms(gap_px, *, wall_px=1):
    """Paper on both sides of a wall with one break; of the size of `masks`."""
    paper = np.ones((96, 96), bool)
    paper[:, 40 : 40 + wall_px] = False
    paper[30 : 30 + gap_px, 40 : 40 + wall_px] = True
    return paper


@pytest.mark.parametrize("wall_px", [1, 3])
@pytest.mark.parametrize("gap_px", [1, 4, *slow(2, 5, 8)])
@pytest.mark.slow_cases("4-1")
def test_breaks_up_to_the_width_are_closed(gap_px, wall_px):
    paper = two_rooms(gap_px, wall_px=wall_px)
    assert plain.label(paper).max() == 1  # it leaks
    closed = labelled(paper, gap_px)
    assert closed.max() == 2
    assert (closed[:, :40][paper[:, :40]] == 1).all()
    assert (closed[:, 40 + wall_px :] == 2).all()
    open_ = two_rooms(gap_px + 3, wall_px=wall_px)
    assert labelled(open_, gap_px).max() == 1


@pytest.mark.parametrize("gap_px", [1, 4])
def test_every_piece_of_paper_belongs_to_a_region_of_its_own_side(masks, gap_px):
    """No region lies on lines, or on both sides of one that is whole."""
    for name, paper in masks.items():
        labels = labelled(paper, gap_px)
        np.testing.assert_array_equal(labels > 0, paper, err_msg=name)
        sides = plain.label(paper)
        for k in range(1, labels.max() + 1):
            assert len(np.unique(sides[labels == k])) == 1, name
        assert set(np.unique(labels[paper])) == set(range(1, labels.max() + 1)), name


def test_corners_and_dead_ends_join_their_region():
    paper = np.zeros((96, 96), bool)
    paper[5:40, 5:40] = True
    paper[20:22, 40:65] = True  # a dead end, narrower than the ball
    np.testing.assert_array_equal(labelled(paper, 4), paper.astype(int))


def test_small_enclosed_areas_are_regions():
    """Also those that no ball fits into: one pixel, and a slit."""
    paper = np.zeros((96, 96), bool)
    paper[2:20, 2:20] = True
    paper[30, 30] = True
    paper[35, 2:30] = True
    labels = labelled(paper, 4)
    assert labels.max() == 3
    np.testing.assert_array_equal(labels, plain.label(paper))


def test_a_narrow_part_between_two_regions_is_divided():
    paper = np.zeros((96, 96), bool)
    paper[2:38, 2:34] = paper[2:38, 58:94] = True
    paper[19:21, 34:58] = True
    labels = labelled(paper, 4)
    assert labels.max() == 2
    middle = labels[19, 34:58]
    assert (np.diff(middle) >= 0).all()
    assert abs((middle == 1).sum() - 12) <= 1


@pytest.mark.slow
def test_batches_and_no_gaps():
    rng = np.random.default_rng(0)
    paper = ndimage.binary_opening(rng.random((2, 3, 32, 40)) < 0.8)
    np.testing.assert_array_equal(
        labelled(paper, 0), np.stack([plain.label(p) for p in paper.reshape(6, 32, 40)]).reshape(paper.shape)
    )
    np.testing.assert_array_equal(labelled(paper, 3)[1, 2], labelled(paper[1, 2], 3))
