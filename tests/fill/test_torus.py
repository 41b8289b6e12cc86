"""Fill on a torus against 3 x 3 repetitions of the drawing."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import ndimage

from fill.blend import blend
from fill.components import label_regions
from fill.config import BlobConfig, VideoConfig
from fill.gaps import label_behind_gaps
from fill.lines import NEAR_PX, nearest_region
from fill.palette import from_hex, regions_at
from fill.pipeline import fill_blob
from fill.torus import join_edges, without_margin, wrapped
from fill.video.frames import label_frames
from tests.fill import plain

COLORS = from_hex(["#102030", "#f0c0a0", "#40a060", "#ffffff", "#000000"])


def periodic_web(size: int = 48, *, seed: int = 0) -> np.ndarray:
    """Lines on paper whose opposite edges meet: uint8 [size, size, 1]."""
    rng = np.random.default_rng(seed)
    y, x = np.indices((size, size)) * 2 * np.pi / size
    waves = sum(rng.normal() * np.cos(i * x + j * y + rng.uniform(0, 7)) for i in range(4) for j in range(4))
    return np.where(np.abs(np.asarray(waves)) < 0.5, 0, 255).astype(np.uint8)[..., None]


@pytest.mark.parametrize("seed", range(3))
def test_labels_equal_those_of_the_repeated_drawing(seed):
    paper = periodic_web(seed=seed)[..., 0] > 160
    expected = plain.label_torus(paper)
    assert expected.max() < plain.label(paper).max()  # some regions do meet over the edges
    np.testing.assert_array_equal(join_edges(label_regions(paper)), expected)


@pytest.mark.parametrize("shape", [(1, 1), (1, 9), (9, 1), (12, 17)])
@pytest.mark.slow_cases("shape0", "shape1", "shape3")
def test_noise_of_any_size(shape):
    papers = np.random.default_rng(3).random((4, *shape)) < 0.55
    labels = np.asarray(join_edges(label_regions(papers)))  # a batch: each image has its own numbers
    for paper, found in zip(papers, labels, strict=True):
        np.testing.assert_array_equal(found, plain.label_torus(paper))


def test_a_band_that_meets_only_over_many_copies():
    """A diagonal band that comes back to its start after a walk over all rows."""
    paper = np.zeros((48, 48), bool)
    for x in range(48):
        paper[(x * 3 + np.arange(4)) % 48, x] = True
    assert plain.label(paper).max() > 1
    np.testing.assert_array_equal(join_edges(label_regions(paper)), plain.label_torus(paper))


@pytest.mark.slow
def test_moving_a_drawing_on_the_torus_moves_its_regions():
    """Also with gaps closed over the edges: the partition is the same, only its numbers change."""
    gap_px = 2
    paper = periodic_web(seed=4)[..., 0] > 160
    paper[:2] = True  # gaps at an edge
    whole = np.asarray(label_behind_gaps(jnp.asarray(paper), gap_px=gap_px, torus=True))
    moved = np.roll(paper, (7, 19), (0, 1))
    found = np.roll(
        np.asarray(label_behind_gaps(jnp.asarray(moved), gap_px=gap_px, torus=True)), (-7, -19), (0, 1)
    )
    pairs = {pair for pair in zip(whole.ravel().tolist(), found.ravel().tolist(), strict=True) if pair[0]}
    assert len(pairs) == whole.max() == found.max()
    np.testing.assert_array_equal(whole > 0, found > 0)


@pytest.mark.parametrize("count", [99, 3])
def test_nearest_regions_equal_those_of_the_repeated_labels(count):
    """By the near search, and by the padded one where ink is wider."""
    size = 48
    y, x = np.indices((size, size))
    labels = np.zeros((size, size), np.int32)
    centers = np.random.default_rng(1).integers(0, size, (count, 2))
    for cy, cx in centers:
        dy, dx = np.abs(y - cy), np.abs(x - cx)
        labels[np.hypot(np.minimum(dy, size - dy), np.minimum(dx, size - dx)) < 1.5] = 1
    labels = plain.label_torus(labels > 0)
    expected = plain.middle(plain.nearest(np.tile(labels, (3, 3))))
    far_px = plain.middle(ndimage.distance_transform_edt(np.tile(labels == 0, (3, 3)))).max()
    assert (far_px > NEAR_PX) == (count == 3)
    found = np.asarray(nearest_region(labels, torus=True))
    np.testing.assert_array_equal(found, expected)
    assert (found != plain.nearest(labels)).any()


def test_images_without_regions_stay_empty_on_a_torus():
    labels = np.stack([np.zeros((20, 20), np.int32), np.ones((20, 20), np.int32)])
    np.testing.assert_array_equal(nearest_region(labels, torus=True), labels)


def test_blend_equals_that_of_the_repeated_image():
    image = np.random.default_rng(2).integers(0, 256, (9, 13, 3), np.uint8)
    np.testing.assert_array_equal(
        blend(image, torus=True), plain.middle(plain.blend(np.tile(image, (3, 3, 1))))
    )


def test_a_tileable_drawing_is_coloured_without_a_seam():
    """Every region of the repetition has one colour, also those over the edges; pins reach over them."""
    image = periodic_web()
    paper = image[..., 0] > 160
    over = np.argwhere(paper[:, 0] & paper[:, -1])[0, 0]  # a row in which a region meets itself
    pins = np.array([[0, over]]), np.array([[9, 8, 7]], np.uint8)
    filled = np.asarray(fill_blob(jax.random.key(0), image, COLORS, BlobConfig(torus=True), pins=pins))
    assert (filled[over, [0, -1]] == [9, 8, 7]).all()
    labels, colors = plain.label(np.tile(paper, (3, 3))), np.tile(filled, (3, 3, 1))
    assert all(len(np.unique(colors[labels == k], axis=0)) == 1 for k in range(1, labels.max() + 1))


def test_labels_of_videos_know_the_torus():
    image = periodic_web()
    frames, most = label_frames(jnp.asarray(image)[None], VideoConfig(torus=True))
    expected = plain.label_torus(image[..., 0] > 160)
    np.testing.assert_array_equal(frames[0], expected)
    assert most[0] == expected.max()


def test_places_on_lines_are_nearest_over_the_edges():
    labels = np.zeros((1, 12, 12), np.int32)
    labels[:, 5, 5], labels[:, 0, 11] = 1, 2
    corner = np.array([[[0, 0]]])
    assert regions_at(jnp.asarray(labels), jnp.asarray(corner), torus=True)[0, 0] == 2
    assert regions_at(jnp.asarray(labels), jnp.asarray(corner))[0, 0] == 1


def test_margins():
    x = np.arange(12).reshape(3, 4)
    np.testing.assert_array_equal(wrapped(x, (2, 5)), np.pad(x, ((2, 2), (5, 5)), mode="wrap"))
    np.testing.assert_array_equal(without_margin(wrapped(x, (2, 5)), (2, 5)), x)
    assert wrapped(np.zeros((2, 5, 6, 3)), (1, 2), axis=-3).shape == (2, 7, 10, 3)
