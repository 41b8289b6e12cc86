"""Labels against scipy.ndimage.label, on what is hard for union-find and what is hard for tables."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

from data_prep.images import list_images, read_image
from fill import components
from fill.components import label_regions, label_sums, label_with_iterations, region_areas, unite
from tests.fill import plain
from tests.fill.conftest import hard_masks
from tests.slow_cases import slow

MOST_ROUNDS = 8


def assert_labels(paper: np.ndarray) -> None:
    labels, iterations = jax.jit(label_with_iterations)(paper)
    assert labels.dtype == jnp.int32
    for image, expected in zip(
        labels.reshape(-1, *paper.shape[-2:]), paper.reshape(-1, *paper.shape[-2:]), strict=True
    ):
        np.testing.assert_array_equal(image, plain.label(expected))
    assert iterations <= MOST_ROUNDS


def test_hard_masks_in_one_batch(masks):
    assert_labels(np.stack(list(masks.values())))


@pytest.mark.slow
def test_each_hard_mask_alone(masks):
    for mask in masks.values():
        np.testing.assert_array_equal(label_regions(mask), plain.label(mask))


@pytest.mark.slow
def test_hard_masks_of_1024_px():
    for mask in hard_masks(1024).values():
        assert_labels(mask)


@pytest.mark.parametrize("shape", [(1, 1), *slow((1, 70), (70, 1), (3, 31), (4, 33), (2, 500))])
def test_odd_sizes(shape):
    rng = np.random.default_rng(1)
    assert_labels(
        np.concatenate(
            [rng.random((4, *shape)) < 0.6, np.ones((1, *shape), bool), np.zeros((1, *shape), bool)]
        )
    )


@settings(max_examples=60, deadline=None)
@given(st.binary(min_size=80, max_size=80))
def test_any_mask(data):
    """Every pattern of 16 x 40 px, across a word boundary."""
    assert_labels(np.unpackbits(np.frombuffer(data, np.uint8)).reshape(16, 40).astype(bool))


def test_leading_axes_are_images_of_their_own(masks):
    stack = np.stack(list(masks.values())[:6]).reshape(2, 3, 96, 96)
    together = label_regions(stack)
    assert together.shape == stack.shape
    np.testing.assert_array_equal(together[1, 2], plain.label(stack[1, 2]))


def test_too_many_runs_for_the_small_tables():
    """Noise overflows them, the same noise in coarse pixels does not; labels are right on both sides."""
    paper = np.random.default_rng(2).random((2, 256, 256)) < 0.6
    small = max(paper.size // components.SMALL_FRACTION, components.SMALL_LEAST)
    assert small < paper[..., 0].sum() + (paper[..., 1:] & ~paper[..., :-1]).sum() < paper.size // 2
    coarse = np.repeat(np.repeat(paper[:, :32, :32], 8, axis=1), 8, axis=2)
    assert small > coarse[..., 0].sum() + (coarse[..., 1:] & ~coarse[..., :-1]).sum()
    assert_labels(paper)
    assert_labels(coarse)


def test_unite_takes_few_rounds_on_paths_and_stars():
    rng = np.random.default_rng(3)
    for nodes in (2, 5000):
        order = rng.permutation(nodes).astype(np.int32)
        for a, b in ((order[:-1], order[1:]), (np.full(nodes - 1, order[0]), order[1:])):
            roots, iterations = unite(jnp.asarray(a), jnp.asarray(b), nodes)
            assert not np.any(roots)
            assert iterations <= MOST_ROUNDS


def test_areas_and_sums(masks):
    labels = np.stack([plain.label(masks["noise-0.593"]), plain.label(masks["blank"])])
    count = int(labels.max())
    areas = np.asarray(region_areas(labels, count))
    for image, area in zip(labels, areas, strict=True):
        np.testing.assert_array_equal(area, np.bincount(image.ravel(), minlength=count + 1))
    values = np.random.default_rng(4).integers(0, 9, (*labels.shape, 2)).astype(np.int32)
    sums = np.asarray(label_sums(labels, values, count))
    expected = [ndimage.sum_labels(values[0, ..., c], labels[0], np.arange(count + 1)) for c in range(2)]
    np.testing.assert_array_equal(sums[0], np.stack(expected, axis=-1))
    np.testing.assert_array_equal(region_areas(labels, 3), areas[:, :4])


@pytest.mark.slow
def test_real_drawings(real_data):
    pages = (
        list_images(real_data / "pages" / "blob-membranes")[:2]
        + list_images(real_data / "pages" / "blob-woodcut")[:1]
    )
    assert_labels(np.stack([read_image(page, mode="gray")[300:812, 400:912, 0] > 160 for page in pages]))
