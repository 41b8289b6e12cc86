"""Ink on top: what it is made of, and that colours inside regions are not touched."""

import jax.numpy as jnp
import numpy as np
import pytest

from fill.bitmap import as_rgb
from fill.compose import over
from fill.ink import ink_layer


def layer(image, threshold=160):
    return np.asarray(ink_layer(jnp.asarray(image), threshold=threshold)).astype(int)


def test_black_on_white_is_its_own_alpha(drawing):
    ink = layer(drawing)
    np.testing.assert_array_equal(ink[..., 3], 255 - drawing[..., 0].astype(int))
    assert (ink[..., :3] == 0).all()


def test_ink_over_its_paper_is_the_drawing(drawing):
    """Grey ink on grey paper, and blue on cream: laid over their paper they come back."""
    fraction = drawing / 255.0
    for dark, light in (((60,), (210,)), ((20, 40, 140), (250, 240, 220))):
        image = np.rint(np.array(dark) * (1 - fraction) + np.array(light) * fraction).astype(np.uint8)
        sheet = jnp.asarray(np.array(light, np.uint8)).reshape(1, 1, -1)
        again = np.asarray(over(jnp.asarray(layer(image).astype(np.uint8)), as_rgb(sheet))).astype(int)
        assert np.abs(again - np.asarray(as_rgb(jnp.asarray(image))).astype(int)).max() <= 2


def test_transparent_within_regions_opaque_within_lines(drawing):
    rng = np.random.default_rng(0)
    scan = np.clip(drawing * 0.8 + 40 + rng.normal(0, 3, drawing.shape), 0, 255).astype(np.uint8)  # grain
    alpha = layer(scan)[..., 3]
    assert np.median(alpha[drawing[..., 0] == 255]) == 0
    assert alpha[drawing[..., 0] == 255].max() < 40
    assert alpha[drawing[..., 0] == 0].min() > 225


@pytest.mark.parametrize("value", [0, 100, 255])
def test_images_of_one_value(value):
    """All ink is opaque in its own colour; all paper is clear."""
    image = np.full((2, 6, 5, 3), value, np.uint8)
    ink = layer(image)
    assert (ink[..., 3] == (0 if value == 255 else 255)).all()
    if value < 255:
        assert (ink[..., :3] == value).all()


def test_levels_are_measured_per_image(drawing):
    faint = (drawing // 2 + 127).astype(np.uint8)
    both = layer(np.stack([drawing, faint]), threshold=200)
    np.testing.assert_array_equal(both[1], layer(faint, threshold=200))
