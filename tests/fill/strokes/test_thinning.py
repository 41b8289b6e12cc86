import numpy as np
import pytest
from scipy import ndimage

from fill.strokes import thinning
from fill.strokes.thinning import LINKS, NEIGHBOURS, codes, thin


def plain(ink):
    """Try every pixel in every subiteration."""
    padded = np.pad(ink, 1).astype(np.uint8)
    flat, steps = padded.reshape(-1), [dx + dy * padded.shape[1] for dx, dy in NEIGHBOURS]
    unchanged = 0
    while unchanged < 2:
        for table in (thinning._FIRST, thinning._SECOND):
            at = np.flatnonzero(flat)
            gone = at[table[codes(flat, at, steps)]]
            flat[gone] = 0
            unchanged = 0 if len(gone) else unchanged + 1
    return padded[1:-1, 1:-1].astype(bool)


def blobs(seed):
    return ndimage.gaussian_filter(np.random.default_rng(seed).normal(size=(50, 40)), 1 + seed % 4) > 0


@pytest.mark.parametrize("seed", range(6))
def test_thinning_equals_the_plain_iteration(seed):
    ink = blobs(seed)
    np.testing.assert_array_equal(thin(ink), plain(ink))


@pytest.mark.parametrize("seed", range(6))
def test_thinning_keeps_parts_and_holes(seed):
    ink = np.pad(blobs(seed), 2)
    thinned = thin(ink)
    assert not (thinned & ~ink).any()
    for bitmap, cross in ((lambda a: a, np.ones((3, 3))), (lambda a: ~a, None)):
        assert ndimage.label(bitmap(ink), cross)[1] == ndimage.label(bitmap(thinned), cross)[1]


def test_a_thick_line_becomes_its_middle():
    ink = np.zeros((20, 40), bool)
    ink[8:13, 3:37] = True
    rows, cols = np.nonzero(thin(ink))
    assert set(rows[(cols > 8) & (cols < 32)]) == {10}


def test_links_skip_diagonals_beside_a_straight_neighbour():
    north, north_east, east = 1, 2, 4
    assert LINKS[north_east] == north_east
    assert LINKS[north | north_east] == north
    assert LINKS[north | east] == north | east
