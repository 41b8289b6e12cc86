"""Statistics of whole images, and what family field makes of them."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from gan.config import FieldConfig
from gan.families.field import Field
from gan.families.image_statistics import (
    FEWEST_IMAGES,
    LIMIT,
    SIGNAL,
    fit,
    measures,
    numbers,
    octaves,
    with_numbers,
)

COUNT = 2
CONFIG = FieldConfig(
    cell_px=4, global_dim=5, local_dim=2, trunk_layers=0, crop_px=8, channel_base=256, channel_max=4,
    statistics=COUNT,
)  # fmt: skip


def strokes(count, *, seed=0):
    """Images uint8 [N, 16, 16, 1] of dark dots on white, of skewed density and darkness."""
    rng = np.random.default_rng(seed)
    dots = rng.random((count, 16, 16, 1)) < rng.beta(1, 3, (count, 1, 1, 1))
    return np.where(dots, rng.integers(0, 200, (count, 1, 1, 1)), 255).astype(np.uint8)


def floats(images):
    return jnp.asarray(images, jnp.float32) / 127.5 - 1


def table_of(images, count=COUNT):
    return fit([images[:40], images[40:]], count=count)


def oracle(image):
    """Measures of an image [H, W] in [-1, 1] of two octaves, by loops."""
    ink = (1 - image) / 2
    found = [ink.mean()]
    for _ in range(2):
        height, width = ink.shape
        coarse = np.zeros((height // 2, width // 2))
        for y in range(height // 2):
            for x in range(width // 2):
                coarse[y, x] = ink[2 * y : 2 * y + 2, 2 * x : 2 * x + 2].mean()
        lost = ink - np.kron(coarse, np.ones((2, 2)))
        found.append(0.5 * np.log((lost**2).mean() + 1e-6))
        ink = coarse
    return found


def test_measures_are_mean_ink_and_the_contrast_that_each_halving_removes():
    images = np.random.default_rng(1).uniform(-1, 1, (3, 8, 12, 1)).astype(np.float32)
    found = measures(jnp.asarray(images), octaves=2)
    np.testing.assert_allclose(found, [oracle(image[..., 0]) for image in images], rtol=1e-5)


def test_pixels_beyond_the_last_whole_square_do_not_count():
    image = jnp.asarray(np.random.default_rng(2).uniform(-1, 1, (1, 8, 12, 1)), jnp.float32)
    larger = jnp.pad(image, ((0, 0), (0, 3), (0, 1), (0, 0)))
    np.testing.assert_array_equal(measures(larger, octaves=2), measures(image, octaves=2))


@pytest.mark.parametrize(("shape", "expected"), [((64, 64, 1), 4), ((8, 12, 3), 2), ((5, 8, 1), 0)])
def test_octaves_are_halvings_of_both_sides(shape, expected):
    assert octaves(shape) == expected


def test_numbers_of_the_data_are_uncorrelated_of_mean_0_and_variance_1():
    images = strokes(400)
    found = np.asarray(numbers(floats(images), table_of(images), count=COUNT))
    assert found.shape == (400, COUNT)
    np.testing.assert_allclose(found.mean(0), 0, atol=1e-3)
    np.testing.assert_allclose(found.std(0), 1, atol=2e-3)
    assert abs(np.corrcoef(found.T)[0, 1]) < 1e-2


def test_the_first_number_orders_images_by_density():
    images = strokes(400)
    table = table_of(images)
    found = np.asarray(numbers(floats(images), table, count=COUNT))[:, 0]
    ink = 1 - images.mean((1, 2, 3)) / 255
    assert abs(np.corrcoef(np.argsort(np.argsort(found)), np.argsort(np.argsort(ink)))[0, 1]) > 0.8


def test_images_that_are_all_alike_have_finite_numbers():
    images = np.full((20, 16, 16, 1), 255, np.uint8)
    assert np.isfinite(numbers(floats(images), table_of(images, 3), count=3)).all()


def test_too_few_images_are_refused_and_the_same_images_give_the_same_table():
    with pytest.raises(ValueError, match=str(FEWEST_IMAGES)):
        fit([strokes(FEWEST_IMAGES - 1)], count=1)
    with pytest.raises(ValueError, match="0 images"):
        fit([], count=1)
    assert table_of(strokes(60)) == table_of(strokes(60))


def test_channels_hold_the_numbers_clipped():
    images = with_numbers(jnp.zeros((2, 4, 6, 1)), jnp.array([[1.0, -9.0], [0.5, 2.0]]))
    assert images.shape == (2, 4, 6, 3)
    np.testing.assert_allclose(images[0, :, :, 1], SIGNAL)
    np.testing.assert_allclose(images[0, :, :, 2], -SIGNAL * LIMIT)
    np.testing.assert_allclose(images[1, 0, 0], [0, SIGNAL * 0.5, SIGNAL * 2])


@pytest.fixture(scope="module")
def trained_on():
    """(family, generator parameters, images, table)."""
    images = strokes(60)
    config = dataclasses.replace(CONFIG, statistics_table=table_of(images))
    family = Field(config, (16, 16, 1), jnp.float32)
    return family, jax.jit(family.init_generator)(jax.random.key(0)), images


def test_parts_of_reals_carry_the_statistics_of_the_whole_image(trained_on):
    family, _, images = trained_on
    keys = jax.random.split(jax.random.key(1), 60)
    parts = family.crop_for_training(floats(images), keys=keys)
    assert parts.shape == (60, *family.training_shape) == (60, 8, 8, 1 + COUNT)
    own = numbers(floats(images), family.config.statistics_table, count=COUNT)
    expected = own.clip(-LIMIT, LIMIT) * SIGNAL
    np.testing.assert_allclose(parts[:, 3, 5, 1:], expected, atol=1e-6)
    assert float(parts[..., 1:].std((1, 2)).max()) < 1e-6


def test_parts_of_generated_images_carry_the_first_numbers_of_z(trained_on):
    family, params, _ = trained_on
    z = 2 * jax.random.normal(jax.random.key(2), (6, family.z_dim))
    w = family.map(params, z)
    np.testing.assert_array_equal(w[:, 0, :COUNT], z[:, :COUNT])
    np.testing.assert_allclose(jnp.square(w[:, 0, COUNT:5]).mean(-1), 1, rtol=1e-4)
    parts = family.generate_for_training(params, w, keys=jax.random.split(jax.random.key(3), 6))
    assert parts.shape == (6, *family.training_shape)
    np.testing.assert_allclose(parts[:, 0, 0, 1:], SIGNAL * z[:, :COUNT].clip(-LIMIT, LIMIT), atol=1e-6)


def test_the_discriminator_sees_images_without_channels_with_their_own(trained_on):
    family, _, images = trained_on
    params = jax.jit(family.init_discriminator)(jax.random.key(4))
    whole = floats(images[:4])
    own = with_numbers(whole, numbers(whole, family.config.statistics_table, count=COUNT))
    logits = family.discriminate(params, whole)
    np.testing.assert_allclose(logits, family.discriminate(params, own), atol=1e-6)
    other = own.at[..., 1:].add(0.3)
    assert float(jnp.abs(logits - family.discriminate(params, other)).min()) > 1e-6
