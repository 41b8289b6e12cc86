"""Whole specimens: mirror images share colours, paper stays paper, and what is reported is true."""

import dataclasses

import jax
import numpy as np
import pytest
from jax.sharding import Mesh, PartitionSpec

from fill.config import SpecConfig
from fill.specimen import color_orbits, fill_spec, find_orbits
from tests.fill import plain
from tests.fill.conftest import draw_specimen
from tests.slow_cases import slow_rows

KEY = jax.random.key(3)
PALETTE = np.random.default_rng(0).integers(0, 200, (16, 16, 3), np.uint8)  # nothing white


def drawing(size=96, **how):
    return np.where(draw_specimen(size, **how), 0, 255).astype(np.uint8)[..., None]


def ring(size=96, *, spokes=0):
    """Two circles, and some paper within; with `spokes` the space between them is cut in four."""
    y, x = np.indices((size, size)) - (size - 1) / 2
    radius = np.hypot(x, y)
    ink = (np.abs(radius - 0.4 * size) < 1.5) | (np.abs(radius - 0.25 * size) < 1.5)
    if spokes:
        ink |= ((np.abs(x) < 1.5) | (np.abs(y) < 1.5)) & (radius > 0.25 * size) & (radius < 0.4 * size)
    return np.where(ink, 0, 255).astype(np.uint8)[..., None]


@pytest.mark.slow
def test_an_upright_specimen_is_its_own_mirror_image():
    image = drawing()
    filled = np.asarray(fill_spec(KEY, image, PALETTE, SpecConfig(center="color")))
    labels = plain.label(image[..., 0] > 208)
    inside = (labels > 0) & (labels != labels[0, 0])
    assert (filled[inside] < 255).all()
    assert (filled[labels == labels[0, 0]] == 255).all()
    for flipped in (filled[:, ::-1], filled[::-1]):
        np.testing.assert_array_equal(filled[inside], flipped[inside])
    assert len(np.unique(filled[inside], axis=0)) > 3


@pytest.mark.slow
def test_counts_are_reported():
    image = drawing()
    found = find_orbits(image, SpecConfig())
    assert int(found.single) == 0
    coloured = np.asarray(found.orbit)[np.unique(found.labels)]
    coloured = coloured[(coloured > 0) & ~np.asarray(found.environment)[np.unique(found.labels)]]
    assert int(found.orbits) == len(np.unique(coloured)) > 3
    odd = image.copy()
    odd[18:36, 18:36] = 0
    odd[21:33, 21:33] = 255  # a room that is nowhere else
    assert int(find_orbits(odd, SpecConfig()).single) >= 1


@pytest.mark.parametrize(("center", "white"), [("auto", True), *slow_rows(("paper", True), ("color", False))])
def test_the_hole_of_a_ring(center, white):
    filled = np.asarray(fill_spec(KEY, ring(spokes=1), PALETTE, SpecConfig(center=center)))
    assert (filled[48, 48] == 255).all() == white
    assert (filled[48 - 31, 52] != 255).any()
    assert (filled[0] == 255).all()


def test_one_region_inside_is_no_hole():
    """A circle is coloured, however large its middle."""
    image = ring()
    y, x = np.indices((96, 96)) - 47.5
    image[np.hypot(x, y) < 35] = 255
    assert (np.asarray(fill_spec(KEY, image, PALETTE, SpecConfig()))[48, 48] < 255).any()


@pytest.mark.slow
def test_the_margin_is_paper():
    image = drawing()
    image[:2] = image[-2:] = image[:, :2] = image[:, -2:] = 0  # without it, all would lie within a frame
    clean = fill_spec(KEY, drawing(), PALETTE, SpecConfig(margin=2 / 96))
    np.testing.assert_array_equal(fill_spec(KEY, image, PALETTE, SpecConfig(margin=2 / 96)), clean)
    assert np.any(np.asarray(fill_spec(KEY, image, PALETTE, SpecConfig(margin=0.0))) != clean)


@pytest.mark.slow
def test_colours_follow_the_item_not_its_batch():
    images = np.stack([drawing(seed=seed) for seed in range(3)])
    ids = np.array([5, 9, 5], np.uint32)
    together = np.asarray(
        fill_spec(KEY, images.reshape(3, 1, 96, 96, 1), PALETTE, SpecConfig(), item_ids=ids[:, None])
    )
    for i in range(3):
        alone = fill_spec(KEY, images[i], PALETTE, SpecConfig(), item_ids=ids[i])
        np.testing.assert_array_equal(together[i, 0], alone)


def test_overlay_is_the_mean_under_an_orbit():
    image = drawing()
    found = find_orbits(image, SpecConfig())
    photo = np.random.default_rng(1).integers(0, 256, (96, 96, 3), np.uint8)
    filled = np.asarray(color_orbits(KEY, image, found, photo, SpecConfig(overlay=True)))
    orbits = np.maximum(np.asarray(found.orbit), 0)[np.asarray(found.labels)]
    paper_ = np.asarray(found.environment)[np.asarray(found.labels)]
    means = plain.means(orbits, photo)
    inside = (orbits > 0) & ~paper_
    np.testing.assert_array_equal(filled[inside], means[orbits][inside])


@pytest.mark.slow
def test_under_jit_with_a_capacity():
    fill = jax.jit(fill_spec, static_argnames=("config", "capacity"))
    expected = fill_spec(KEY, drawing(), PALETTE, SpecConfig())
    np.testing.assert_array_equal(fill(KEY, drawing(), PALETTE, SpecConfig(), capacity=255), expected)


@pytest.mark.slow
def test_labels_above_the_capacity_count_as_line_and_are_reported():
    image = drawing()
    whole, few = (find_orbits(image, SpecConfig(), capacity=capacity) for capacity in (255, 2))
    assert int(whole.dropped) == 0
    assert int(few.dropped) == int(np.max(whole.labels)) - 2 > 0
    np.testing.assert_array_equal(few.labels, np.where(np.asarray(whole.labels) <= 2, whole.labels, 0))


@pytest.mark.slow
def test_specimens_split_over_devices():
    images = np.stack([drawing(seed=seed) for seed in range(4)])
    ids = np.arange(4, dtype=np.uint32)

    def fill(images, ids):
        return fill_spec(KEY, images, PALETTE, SpecConfig(), item_ids=ids, capacity=255)

    rows = PartitionSpec("data")
    mesh = Mesh(np.array(jax.devices()[:2]), ("data",))
    sharded = jax.jit(jax.shard_map(fill, mesh=mesh, in_specs=rows, out_specs=rows, check_vma=False))
    np.testing.assert_array_equal(sharded(images, ids), fill(images, ids))


@pytest.mark.slow
@pytest.mark.parametrize("options", [{"keep_lines": True}, {"blend": True}, {"min_region_px": 40}])
def test_options_of_blob_apply_to_spec(options):
    config = dataclasses.replace(SpecConfig(), **options)
    assert np.any(
        fill_spec(KEY, drawing(), PALETTE, config) != fill_spec(KEY, drawing(), PALETTE, SpecConfig())
    )


@pytest.mark.slow
def test_ink_alone_and_paper_alone():
    ink = np.zeros((40, 40, 3), np.uint8)
    ink[:20] = (10, 20, 30)
    np.testing.assert_array_equal(fill_spec(KEY, ink, PALETTE, SpecConfig()), ink)
    ink[:] = 0
    assert (np.asarray(fill_spec(KEY, 255 - ink, PALETTE, SpecConfig())) == 255).all()


@pytest.mark.parametrize(
    ("image", "message"),
    [
        (np.zeros((9, 9, 3), np.float32), "uint8"),
        (np.zeros((9, 9, 2), np.uint8), "1, 3 or 4"),
        (np.zeros((0, 9, 9, 1), np.uint8), "sides"),
    ],
)
def test_invalid_arrays_are_named(image, message):
    for call in (
        lambda: fill_spec(KEY, image, PALETTE, SpecConfig()),
        lambda: find_orbits(image, SpecConfig()),
    ):
        with pytest.raises(ValueError, match=message):
            call()
