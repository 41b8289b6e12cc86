"""Colours drawn by area, and colours by place. Painting is a table look-up."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from configs.fill import PALETTES
from data_prep.errors import InputError
from fill import palette as palettes
from fill.lines import MAX_SIDE_PX
from fill.palette import draw_colors, from_hex, mean_colors, paint, reduce_colors, resize
from tests.fill import plain
from tests.slow_cases import slow

KEY = jax.random.key(3)


def test_hex_colours():
    np.testing.assert_array_equal(
        from_hex(["#010aff", "FFFFFF", " #000000 "]), [[[1, 10, 255], [255] * 3, [0] * 3]]
    )


@pytest.mark.parametrize("colors", [[], ["#12345"], ["#1234567"], ["red"], ["#ffffff", ""]])
def test_bad_hex_colours_are_named(colors):
    with pytest.raises(InputError, match="six hexadecimal digits"):
        from_hex(colors)


@pytest.mark.parametrize("name", PALETTES)
def test_named_palettes_build(name):
    assert from_hex(PALETTES[name]).shape == (1, len(PALETTES[name]), 3)


def test_colours_do_not_depend_on_the_count():
    palette = np.random.default_rng(0).integers(0, 256, (30, 20, 3), np.uint8)
    few, many = draw_colors(KEY, palette, count=5), draw_colors(KEY, palette, count=400)
    np.testing.assert_array_equal(few, many[:6])
    assert np.any(np.asarray(draw_colors(jax.random.key(4), palette, count=5)) != few)


def test_frequencies_follow_the_areas_of_the_palette():
    palette = np.zeros((10, 10, 3), np.uint8)
    palette[:, 7:] = 255
    light = np.asarray(draw_colors(KEY, palette, count=20_000))[:, 0] == 255
    assert abs(light.mean() - 0.3) < 4 * np.sqrt(0.3 * 0.7 / 20_000)


def test_one_pixel_is_a_palette():
    assert (np.asarray(draw_colors(KEY, np.full((1, 1, 3), 7, np.uint8), count=3)) == 7).all()


def test_means_are_exact(masks):
    labels = np.stack([plain.label(masks["noise-0.65"]), plain.label(masks["rings"])])
    photo = np.random.default_rng(1).integers(0, 256, (96, 96, 3), np.uint8)
    table = np.asarray(mean_colors(labels, photo, count=int(labels.max())))
    for image, colors in zip(labels, table, strict=True):
        expected = plain.means(image, photo)
        np.testing.assert_array_equal(colors[1 : len(expected)], expected[1:])
        assert not colors[len(expected) :].any()


@pytest.mark.parametrize("band_px", [1000, *slow(1, 96 * 95)])
def test_means_of_large_images_are_summed_in_bands(masks, monkeypatch, band_px):
    labels = plain.label(masks["noise-0.65"])
    photo = np.random.default_rng(2).integers(0, 256, (96, 96, 3), np.uint8)
    photo[labels == 1] = 255
    whole = mean_colors(labels, photo, count=int(labels.max()))
    monkeypatch.setattr(palettes, "BAND_PX", band_px)
    table = np.asarray(mean_colors(labels, photo, count=int(labels.max())))
    np.testing.assert_array_equal(table, whole)
    np.testing.assert_array_equal(table[1:], plain.means(labels, photo)[1:])


def test_sums_of_bands_fit_32_bits():
    assert 255 * palettes.BAND_PX < 2**32
    assert 2 * (MAX_SIDE_PX**2) < 2**32  # what is left over of two bands


def test_resize_preserves_size_and_flat_colour():
    photo = np.random.default_rng(3).integers(0, 256, (12, 9, 3), np.uint8)
    np.testing.assert_array_equal(resize(photo, height_px=12, width_px=9), photo)
    for size in ((1, 1), (40, 7), (5, 50)):
        flat = resize(np.full((12, 9, 3), 33, np.uint8), height_px=size[0], width_px=size[1])
        assert flat.shape == (*size, 3)
        assert flat.dtype == jnp.uint8
        assert (np.asarray(flat) == 33).all()
    halves = np.repeat(np.array([0, 200], np.uint8), 50)[None, :, None] * np.ones((100, 1, 3), np.uint8)
    small = np.asarray(resize(halves, height_px=10, width_px=10))
    assert (small[:, :4] == 0).all()
    assert (small[:, 6:] == 200).all()


def test_reduced_images_preserve_fractions_of_colours():
    rng = np.random.default_rng(0)
    centers = np.array([[20, 40, 90], [220, 180, 30], [250, 250, 250]])
    which = rng.choice(3, (300, 400), p=[0.6, 0.3, 0.1])
    photo = np.clip(centers[which] + rng.normal(0, 4, (300, 400, 3)), 0, 255).astype(np.uint8)
    reduced = reduce_colors(photo, 3, seed=1)
    assert reduced.shape == photo.shape
    found = np.unique(reduced.reshape(-1, 3), axis=0)
    assert len(found) == 3
    assert all(np.abs(found.astype(int) - center).max(axis=1).min() <= 2 for center in centers)
    assert np.abs(reduced.astype(int) - centers[which]).max() <= 2  # each pixel in its own
    np.testing.assert_array_equal(reduced, reduce_colors(photo, 3, seed=1))
    np.testing.assert_array_equal(reduce_colors(reduced, 9), reduced)


def test_equals_indexing_image_by_image():
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 12, (2, 3, 9, 14)).astype(np.int32)
    colors = rng.integers(0, 256, (2, 3, 12, 3), np.uint8)
    painted = np.asarray(paint(labels, colors))
    assert painted.dtype == np.uint8
    for index in np.ndindex(2, 3):
        np.testing.assert_array_equal(painted[index], colors[index][labels[index]])
    np.testing.assert_array_equal(paint(labels[0, 0], colors[0, 0]), painted[0, 0])
