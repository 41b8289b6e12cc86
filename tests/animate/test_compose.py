"""Composed frames against the operations that they consist of."""

import dataclasses

import jax.numpy as jnp
import numpy as np
import pytest

import animate.compose
from animate.compose import ComposeConfig, compose_frames, covering, default_batch, with_white_point
from data_prep.errors import InputError
from fill import compose

RNG = np.random.default_rng(0)
BLOCK_FRAMES = RNG.integers(0, 256, (7, 12, 20, 3), np.uint8)
PLAIN = ComposeConfig()


def composed(config=PLAIN, frames=BLOCK_FRAMES, batch=3, **how):
    config.check()
    return np.stack(list(compose_frames(iter(frames), config, batch=batch, **how)))


def test_defaults_change_nothing():
    np.testing.assert_array_equal(composed(), BLOCK_FRAMES)
    gray = BLOCK_FRAMES[..., :1]
    np.testing.assert_array_equal(composed(frames=gray), np.repeat(gray, 3, axis=-1))


def test_ops_in_their_order():
    images = jnp.asarray(BLOCK_FRAMES)
    negative = compose.invert(images, min_value=30, one_bit=True)
    config = ComposeConfig(invert=True, min_value=30, one_bit=True)
    np.testing.assert_array_equal(composed(config), negative)
    np.testing.assert_array_equal(
        composed(dataclasses.replace(config, ink=(9, 8, 7))), compose.rgba(negative, color=(9, 8, 7))
    )
    tinted = compose.tint(negative, color=(9, 8, 7), paper_color=(200, 210, 220))
    tint = dataclasses.replace(config, tint=(9, 8, 7), paper=(200, 210, 220))
    np.testing.assert_array_equal(composed(tint), tinted)


@pytest.mark.parametrize("min_value", [0, 30, 200])
@pytest.mark.parametrize("invert", [False, True])
def test_one_bit_and_min_value_need_no_inversion(min_value, invert):
    values = 255 - BLOCK_FRAMES.astype(int) if invert else BLOCK_FRAMES.astype(int)
    config = ComposeConfig(invert=invert, min_value=min_value)
    expected = min_value + (values * (255 - min_value) + 127) // 255
    np.testing.assert_array_equal(composed(config), expected)
    bits = dataclasses.replace(config, one_bit=True)
    np.testing.assert_array_equal(composed(bits), np.where(values >= 128, 255, min_value))
    assert set(np.unique(composed(bits, size_px=(7, 9)))) <= {min_value, 255}


@pytest.mark.parametrize("one_bit", [False, True])
def test_the_darkest_value_is_kept_with_a_white_point(one_bit):
    config = ComposeConfig(white=120, min_value=30, one_bit=one_bit)
    made = composed(config)
    dark, light = BLOCK_FRAMES == 0, BLOCK_FRAMES >= 120
    assert (made[dark] == 30).all()
    assert (made[light] == 255).all()
    assert not one_bit or set(np.unique(made)) == {30, 255}


def test_a_white_point_leaves_no_haze():
    frames = np.full((2, 8, 8, 3), 245, np.uint8)
    frames[:, 3] = 10
    frames[0, 6] = 240
    clear = composed(ComposeConfig(ink=(0, 0, 0), white=240), frames=frames)
    assert (clear[0, :3, :, 3] == 0).all()
    assert (clear[0, 6, :, 3] == 0).all()
    assert (clear[0, 3, :, 3] == 255 - round(10 * 255 / 240)).all()
    config = with_white_point(ComposeConfig(ink=(0, 0, 0), white="auto"), frames[1:])
    assert config.white == 241  # the paper minus the least margin
    inverted = with_white_point(ComposeConfig(invert=True, white="auto"), 255 - frames[1:])
    assert inverted.white == 241
    assert with_white_point(PLAIN, frames) == PLAIN
    assert with_white_point(config, []) == config


@pytest.mark.parametrize("ends", ["loop", "end"])
def test_a_background_repeats_or_ends_the_video(ends):
    config = ComposeConfig(ink=(200, 0, 0), background=True)
    photos = RNG.integers(0, 256, (4, 12, 20, 3), np.uint8)
    made = composed(config, background=lambda: iter(photos), background_ends=ends)
    assert len(made) == (7 if ends == "loop" else 4)
    for i, frame in enumerate(made):
        expected = compose.over(compose.rgba(jnp.asarray(BLOCK_FRAMES[i]), color=(200, 0, 0)), photos[i % 4])
        np.testing.assert_array_equal(frame, expected)


@pytest.mark.parametrize("size", [(12, 20), (20, 12), (5, 40), (40, 5), (9, 15), (1, 1), (1, 30)])
def test_a_background_covers_without_being_stretched(size):
    """Circles stay round: the part that is seen has the frames' proportions, to a pixel, and its middle."""
    image = np.moveaxis(np.indices(size, np.uint8), 0, -1)
    image = np.concatenate([image, image[..., :1]], axis=-1)
    part = covering(image, 12, 20)
    height, width = part.shape[:2]
    assert height == size[0] or width == size[1]
    assert abs(width - height * 20 / 12) <= 1 or abs(height - width * 12 / 20) <= 1
    top, left = part[0, 0, :2]
    assert abs(2 * int(top) + height - size[0]) <= 1
    assert abs(2 * int(left) + width - size[1]) <= 1
    under = composed(ComposeConfig(background=True), background=lambda: iter([image]))
    same = composed(ComposeConfig(background=True), background=lambda: iter([part]), background_fit="stretch")
    np.testing.assert_array_equal(under, same)


def test_a_still_background_is_stretched():
    config = ComposeConfig(background=True)
    dot = np.array([[[10, 200, 30]]], np.uint8)
    for ends in ("loop", "end"):
        made = composed(config, background=lambda: iter([dot]), background_ends=ends)
        expected = compose.over(compose.rgba(jnp.asarray(BLOCK_FRAMES)), jnp.asarray(dot)[None])
        np.testing.assert_array_equal(made, expected)


def test_resizing_preserves_flat_areas():
    flat = np.full((2, 12, 20, 3), 90, np.uint8)
    for size in ((6, 10), (24, 40), (7, 33)):
        made = composed(frames=flat, size_px=size)
        assert made.shape == (2, *size, 3)
        assert (made == 90).all()
    halves = composed(size_px=(6, 10)).astype(float)
    means = BLOCK_FRAMES.reshape(7, 6, 2, 10, 2, 3).mean((2, 4))
    assert np.corrcoef(halves.ravel(), means.ravel())[0, 1] > 0.9


def test_frames_that_are_there_are_read_and_not_composed(monkeypatch):
    config = ComposeConfig(background=True)
    photos = RNG.integers(0, 256, (4, 12, 20, 3), np.uint8)
    whole = composed(config, background=lambda: iter(photos))
    rows, read, compose_batch = [], [], animate.compose._compose

    def count(top, *others):
        rows.append(len(top))
        return compose_batch(top, *others)

    monkeypatch.setattr(animate.compose, "_compose", count)
    reading = (read.append(i) or frame for i, frame in enumerate(BLOCK_FRAMES))
    some = composed(config, frames=reading, background=lambda: iter(photos), todo=[2, 4, 5])
    np.testing.assert_array_equal(some, whole[[2, 4, 5]])
    assert rows == [3]
    np.testing.assert_array_equal(composed(config, background=lambda: iter(photos), batch=None), whole)
    assert rows == [3, 7]  # not the many that there would be room for
    assert read == list(range(6))  # nothing after the last
    assert list(compose_frames(iter(BLOCK_FRAMES), config, todo=[])) == []


def test_as_many_frames_at_once_as_suit_their_size():
    assert default_batch(16) == 64
    assert default_batch(256 * 256) == 16
    assert default_batch(4000 * 3000) == 1
    np.testing.assert_array_equal(composed(batch=None), composed(batch=2))


def test_invalid_combinations_are_refused():
    for config, printed in (
        (ComposeConfig(min_value=300, invert=True), "--min-value 300"),
        (ComposeConfig(white=300), "--white 300"),
        (ComposeConfig(tint=(1, 2, 3), background=True), "--tint and --ink"),
        (ComposeConfig(paper=(1, 2, 3)), "--paper requires --tint"),
    ):
        with pytest.raises(InputError, match=printed):
            config.check()
    with pytest.raises(InputError, match="one size"):
        composed(frames=[BLOCK_FRAMES[0], BLOCK_FRAMES[1][:5]])
    with pytest.raises(InputError, match="no frames"):
        composed(ComposeConfig(background=True), background=lambda: iter([]))
