"""Nearest regions against exact distances to each region, one by one."""

import jax
import numpy as np
import pytest
from scipy import ndimage

from fill import lines
from fill.lines import NEAR_PX, nearest_region
from tests.fill import plain


def blobs(size: int, count: int, seed: int, radius_px: float = 1.5) -> np.ndarray:
    """Labels of small discs in a sea of ink: every search distance up to `size`, many exact ties."""
    rng = np.random.default_rng(seed)
    y, x = np.indices((size, size))
    centers = rng.integers(0, size, (count, 2))
    return plain.label(np.any([np.hypot(y - cy, x - cx) < radius_px for cy, cx in centers], axis=0))


@pytest.mark.parametrize("count", [1, 2, 12, 150])
def test_equals_the_nearest_of_all_regions(count):
    labels = blobs(90, count, seed=count)
    np.testing.assert_array_equal(nearest_region(labels), plain.nearest(labels))


@pytest.mark.slow
def test_thin_lines_are_found_by_the_near_search(masks):
    labels = plain.label(masks["rings"])
    assert ndimage.distance_transform_edt(labels == 0).max() <= NEAR_PX
    np.testing.assert_array_equal(nearest_region(labels), plain.nearest(labels))
    packed = np.asarray(lines._search_near(labels[None]))[0]
    np.testing.assert_array_equal(packed & ((1 << lines.NEAR_LABEL_BITS) - 1), plain.nearest(labels))


def test_the_three_searches_agree():
    labels = np.stack([blobs(80, n, seed=n) for n in (3, 9, 40)])
    blank = np.zeros(3, bool)
    bits = int(labels.max()).bit_length()
    expected = np.stack([plain.nearest(image) for image in labels])
    wide = np.asarray(jax.jit(lines._search_wide)(labels, bits, blank))
    np.testing.assert_array_equal(wide & ((1 << bits) - 1), expected)
    np.testing.assert_array_equal(
        wide >> bits, [plain.squared_to(a, b) for a, b in zip(labels, expected, strict=True)]
    )
    np.testing.assert_array_equal(jax.jit(lines._search_unpacked)(labels, blank), expected)


@pytest.mark.parametrize("bits", [20, 24, 31])
def test_labels_too_large_to_pack_are_never_wrong(bits):
    """Large labels leave few bits for the distance; whatever is out of sight is searched again."""
    labels = blobs(70, 6, seed=bits)
    count = int(labels.max())
    large = np.concatenate([[0], (1 << bits) - 1 - np.arange(count)[::-1]]).astype(np.int32)
    np.testing.assert_array_equal(nearest_region(large[labels]), large[plain.nearest(labels)])


def test_exact_distance_everywhere():
    """Squared distances equal scipy's exact transform on every pixel."""
    rng = np.random.default_rng(5)
    labels = plain.label(ndimage.gaussian_filter(rng.normal(size=(160, 200)), 6) > 0.02)
    square = np.rint(ndimage.distance_transform_edt(labels == 0) ** 2).astype(int)
    assert square.max() > 4 * NEAR_PX**2
    np.testing.assert_array_equal(plain.squared_to(labels, np.asarray(nearest_region(labels))), square)


def test_images_without_regions_are_empty_in_a_batch():
    labels = np.stack([np.zeros((40, 40), np.int32), blobs(40, 2, seed=0), np.ones((40, 40), np.int32)])
    found = np.asarray(nearest_region(labels.reshape(3, 1, 40, 40)))[:, 0]
    assert not found[0].any()
    np.testing.assert_array_equal(found[1], plain.nearest(labels[1]))
    assert (found[2] == 1).all()
    np.testing.assert_array_equal(nearest_region(labels[::2]), labels[::2])  # nothing to search for


@pytest.mark.parametrize("shape", [(1, 1), (1, 300), (300, 1), (3, 57)])
@pytest.mark.slow_cases("shape2", "shape3")
def test_odd_sizes(shape):
    labels = np.zeros(shape, np.int32)
    assert not np.any(nearest_region(labels))
    labels[-1, -1] = 1
    np.testing.assert_array_equal(nearest_region(labels), np.ones(shape))
    labels[0, 0] = 1 if labels.size == 1 else 2
    np.testing.assert_array_equal(nearest_region(labels), plain.nearest(labels))
