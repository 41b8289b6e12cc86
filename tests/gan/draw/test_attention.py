"""Filters, reading and writing of DRAW, compared with plain loops over the paper's equations."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from gan.draw.attention import Window, filters, read_patch, window_filters, window_of, write_patch

SHAPE = (6, 9)  # other than square, so that x and y differ


def plain_filters(center, stride, variance, *, grid, length):
    """Equations 19, 20, 25 and 26 as loops, with both indices from 1."""
    found = np.zeros((grid, length))
    for i in range(1, grid + 1):
        mean = center + (i - grid / 2 - 0.5) * stride
        for a in range(1, length + 1):
            found[i - 1, a - 1] = np.exp(-((a - mean) ** 2) / (2 * variance))
    return found / found.sum(axis=1, keepdims=True)


def window(count=1, **fields):
    values = {"center_x": 4.2, "center_y": 3.1, "stride": 1.3, "variance": 0.6, "intensity": 1.7} | fields
    return Window(**{name: jnp.full(count, value, jnp.float32) for name, value in values.items()})


def exact(side):
    """The centred window whose filters are the pixels of a square image."""
    middle = (side + 1) / 2
    return window(center_x=middle, center_y=middle, stride=1.0, variance=1e-4, intensity=1.0)


@pytest.mark.slow
def test_filters_are_those_of_the_paper():
    for grid in (2, 3, 5):
        found = filters(jnp.array([4.2]), jnp.array([1.3]), jnp.array([0.6]), grid=grid, length=9)
        np.testing.assert_allclose(
            found[0], plain_filters(4.2, 1.3, 0.6, grid=grid, length=9), rtol=1e-4, atol=1e-6
        )


def test_rows_of_filters_sum_to_one_even_far_outside():
    numbers = jax.random.normal(jax.random.key(0), (50, 5)) * 3
    far = jnp.concatenate([numbers, jnp.array([[40.0, -40.0, -6.0, 2.0, 0.0]])])
    for f in window_filters(window_of(far, shape=SHAPE, grid=5), shape=SHAPE, grid=5):
        np.testing.assert_allclose(f.sum(-1), 1, rtol=1e-5)
        assert float(f.min()) >= 0


def test_numbers_of_zero_span_the_image():
    found = window_of(jnp.zeros((1, 5)), shape=SHAPE, grid=5)
    np.testing.assert_allclose(jnp.stack(found)[:, 0], [5, 3.5, (9 - 1) / 4, 1, 1])
    first = found.center_x + (1 - 5 / 2 - 0.5) * found.stride
    np.testing.assert_allclose(first, 1)  # the first filter is on the first pixel of the longer side


def test_the_numbers_move_the_window_as_in_equations_21_to_24():
    numbers = jnp.array([[0.5, -0.5, np.log(2.0), np.log(0.5), np.log(3.0)]], jnp.float32)
    found = window_of(numbers, shape=SHAPE, grid=3)
    np.testing.assert_allclose(jnp.stack(found)[:, 0], [5 * 1.5, 3.5 * 0.5, 8 / 2 * 0.5, 2, 3], rtol=1e-6)


@pytest.mark.parametrize("side", [4, 5])
def test_a_centred_read_of_all_pixels_is_the_image_and_a_write_inverts_it(side):
    """With N = A, delta = 1 and sigma -> 0. An index from 0 would move it by a pixel."""
    image = jax.random.uniform(jax.random.key(1), (1, side, side))
    np.testing.assert_allclose(read_patch(exact(side), image, grid=side), image, atol=1e-6)
    np.testing.assert_allclose(write_patch(exact(side), image, shape=(side, side)), image, atol=1e-6)


def test_a_read_at_numbers_of_zero_is_symmetric():
    """The window of an untrained network is centred: mirroring the image mirrors the patch."""
    image = jax.random.uniform(jax.random.key(2), (1, *SHAPE))
    centred = window_of(jnp.zeros((1, 5)), shape=SHAPE, grid=4)
    patch = read_patch(centred, image, grid=4)
    mirrored = read_patch(centred, image[:, ::-1, ::-1], grid=4)
    np.testing.assert_allclose(patch, mirrored[:, ::-1, ::-1], atol=1e-6)


def test_reading_and_writing_are_the_products_of_the_paper():
    image = np.random.default_rng(0).uniform(size=SHAPE).astype(np.float32)
    patch = np.random.default_rng(1).normal(size=(3, 3)).astype(np.float32)
    f_y = plain_filters(3.1, 1.3, 0.6, grid=3, length=SHAPE[0])
    f_x = plain_filters(4.2, 1.3, 0.6, grid=3, length=SHAPE[1])
    found = read_patch(window(), jnp.asarray(image)[None], grid=3)[0]
    np.testing.assert_allclose(found, 1.7 * f_y @ image @ f_x.T, rtol=1e-4)
    found = write_patch(window(), jnp.asarray(patch)[None], shape=SHAPE)[0]
    np.testing.assert_allclose(found, f_y.T @ patch @ f_x / 1.7, rtol=1e-4, atol=1e-6)


def test_rows_follow_y_and_columns_x():
    """F_Y made of mu_X would read (2, 8) here at (8, 2)."""
    image = np.zeros(SHAPE, np.float32)
    image[2 - 1, 8 - 1] = 1
    at = window(center_x=8.0, center_y=2.0, stride=1.0, variance=1e-3, intensity=1.0)
    patch = read_patch(at, jnp.asarray(image)[None], grid=3)[0]
    assert np.argmax(patch) == 4  # in the middle of 3 x 3
    np.testing.assert_allclose(patch.sum(), 1, atol=1e-5)


@pytest.mark.slow
def test_items_have_windows_of_their_own():
    image = jax.random.uniform(jax.random.key(3), (2, *SHAPE))
    both = window_of(jax.random.normal(jax.random.key(4), (2, 5)), shape=SHAPE, grid=3)
    together = read_patch(both, image, grid=3)
    for i in range(2):
        alone = read_patch(Window(*(leaf[i : i + 1] for leaf in both)), image[i : i + 1], grid=3)
        np.testing.assert_allclose(together[i], alone[0], rtol=1e-5)
