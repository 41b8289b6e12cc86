"""Canvases as frames, and the window that writes."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np

from gan.draw.attention import window_filters, window_of
from gan.draw.family import DrawFamily
from gan.draw.glimpses import WINDOW_COLOR, frame_of, glimpses, outline
from tests.gan.draw.test_network import KINDS, SMALL, shaken

FAMILY, PARAMS = DrawFamily(SMALL, (6, 7, 1)), shaken(SMALL, (6, 7))
Z = np.asarray(jax.random.normal(jax.random.key(0), (2, 6)))


def test_the_canvases_begin_before_any_glimpse_and_end_at_the_image():
    found = glimpses(FAMILY, PARAMS, Z)
    assert found.canvas.shape == (2, 4, 6, 7)
    np.testing.assert_array_equal(found.canvas[:, 0], np.repeat(PARAMS["initial"]["canvas"][None], 2, axis=0))
    w = FAMILY.map(PARAMS, jnp.asarray(Z), labels=None, truncation=1.0)
    images = np.asarray(FAMILY.synthesize(PARAMS, w, noise=0))
    np.testing.assert_allclose(frame_of(FAMILY, found, 3), (images + 1) * 127.5, atol=0.51)


def test_frames_between_glimpses_are_interpolated_in_logits():
    found = glimpses(FAMILY, PARAMS, Z)
    middle = (found.canvas[:, 1] + found.canvas[:, 2]) / 2
    expected = (np.asarray(FAMILY.images(jnp.asarray(middle))) + 1) * 127.5
    np.testing.assert_allclose(frame_of(FAMILY, found, 1.5), expected, atol=0.51)
    assert frame_of(FAMILY, found, 2.0, scale=3).shape == (2, 18, 21, 1)


def test_the_box_is_that_of_the_outer_filters():
    found = glimpses(FAMILY, PARAMS, Z)
    w = FAMILY.map(PARAMS, jnp.asarray(Z), labels=None, truncation=1.0)
    numbers = FAMILY.draw(PARAMS, w)[1].window[:, 0]
    window = window_of(numbers, shape=(6, 7), grid=3)
    sharp = window._replace(variance=jnp.full(2, 1e-3))
    _, f_x = window_filters(sharp, shape=(6, 7), grid=3)
    for i in range(2):
        centers = (np.asarray(f_x[i]) * np.arange(7)).sum(1)  # px from 0, where they are inside
        inside = (found.box_px[i, 0, 0] > 0) & (found.box_px[i, 0, 2] < 7)
        if inside:
            np.testing.assert_allclose(centers[0], found.box_px[i, 0, 0], atol=0.51)
            np.testing.assert_allclose(centers[-1] + 1, found.box_px[i, 0, 2], atol=0.51)
    width = found.box_px[..., 2] - found.box_px[..., 0] - 1
    height = found.box_px[..., 3] - found.box_px[..., 1] - 1
    np.testing.assert_allclose(width, height, rtol=1e-4)


def test_the_window_is_outlined_while_it_writes():
    found = glimpses(FAMILY, PARAMS, Z)
    boxed = found._replace(box_px=np.broadcast_to(np.array([1.0, 1, 4, 3]), (2, 3, 4)))
    shown = frame_of(FAMILY, boxed, 1.0, scale=2, window=True)
    assert shown.shape == (2, 12, 14, 3)
    assert (shown[0, 2, 2:9] == WINDOW_COLOR).all()
    done = frame_of(FAMILY, boxed, 3.0, scale=2, window=True)
    assert not (done == WINDOW_COLOR).all(-1).any()


def test_without_attention_there_is_no_box():
    family = dataclasses.replace(FAMILY, config=KINDS["whole"])
    found = glimpses(family, shaken(KINDS["whole"], (6, 7)), Z)
    assert np.isnan(found.box_px).all()
    image = np.zeros((4, 4, 3), np.uint8)
    outline(image, found.box_px[0, 0])
    assert not image.any()
