"""Joining paths: lengths exact, no frame twice, no jump."""

import numpy as np
import pytest

from animate.paths import timeline
from animate.paths.path import make_path
from animate.paths.timeline import detect_cuts
from configs.animate import TINY

RNG = np.random.default_rng(0)
SHORT = {"style": "circle", "seconds": 1}
LOOP = make_path("circle", TINY["circle"], seed=1).latents  # 24 frames of 6
LINE = np.linspace(0, 1, 11, dtype=np.float32)[:, None] * np.ones(6, np.float32)


def steps(latents, *, closed=False):
    ends = np.concatenate([latents, latents[:1]]) if closed else latents
    return np.linalg.norm(np.diff(ends, axis=0).reshape(len(ends) - 1, -1), axis=1)


def test_ping_pong_and_repetition():
    np.testing.assert_array_equal(timeline.reverse(timeline.reverse(LINE)), LINE)
    back = timeline.ping_pong(LINE)
    assert len(back) == 20
    np.testing.assert_allclose(steps(back, closed=True), steps(LINE)[0], rtol=1e-4)
    twice = timeline.repeat(LOOP, 2)
    assert len(twice) == 48
    np.testing.assert_allclose(steps(twice, closed=True), steps(LOOP)[0], rtol=1e-4)


@pytest.mark.parametrize("frames", [2, 7, 11, 60])
def test_retiming_preserves_the_curve(frames):
    open_ = timeline.retime(LINE, frames, closed=False)
    assert len(open_) == frames
    np.testing.assert_allclose(open_[[0, -1]], LINE[[0, -1]], atol=1e-6)
    closed = timeline.retime(LOOP, frames, closed=True)
    np.testing.assert_allclose(closed[0], LOOP[0], atol=1e-6)
    if frames == 60:
        assert steps(closed, closed=True).max() < 24 / 60 * steps(LOOP).max() * 1.05
    np.testing.assert_allclose(timeline.retime(LOOP, 24, closed=True), LOOP, atol=1e-6)


@pytest.mark.parametrize("fade", [0, 1, 5])
def test_joins_have_their_length_and_no_jump(fade):
    other = LOOP + np.float32(0.5)
    joined = timeline.join(LOOP, other, fade=fade)
    assert len(joined) == 48 - fade
    np.testing.assert_array_equal(joined[: 24 - fade], LOOP[: 24 - fade])
    np.testing.assert_array_equal(joined[24:], other[fade:])
    cut = steps(timeline.join(LOOP, other))[23]
    assert fade < 5 or steps(joined).max() < cut


def test_a_frame_on_which_two_meet_comes_once():
    joined = timeline.join(LINE, LINE[::-1])
    assert len(joined) == 21
    assert steps(joined).min() > 0
    assert timeline.join_cuts(LINE, LINE[::-1], (), ()) == ()


@pytest.mark.parametrize("fade", [0, 3])
def test_cuts_are_found_at_long_steps(fade):
    """Three lines far apart, the first two joined without a fade, the last one with or without."""
    far, farther = LINE + 20, LINE + 50
    two = timeline.join(LINE, far)
    cuts = timeline.join_cuts(LINE, far, (), ())
    assert cuts == (10,) == detect_cuts(two, closed=False)
    three = timeline.join(farther, two, fade=fade)
    cuts = timeline.join_cuts(farther, two, (), cuts, fade=fade)
    assert cuts == ((10, 21) if fade == 0 else (18,))
    assert steps(three)[list(cuts)].min() > 20
    closed = timeline.close(three, fade=4)
    np.testing.assert_array_equal(timeline.close_cuts(len(three), cuts, fade=4), cuts)
    assert steps(closed)[list(cuts)].min() > 20
    assert timeline.close_cuts(20, (1, 15, 17), fade=4) == (1, 15)  # step 17 leads from frame 1 on, as 1 does


def test_a_line_becomes_a_loop():
    closed = timeline.close(LINE, fade=4)
    assert len(closed) == 7
    assert steps(closed, closed=True).max() < np.linalg.norm(LINE[-1] - LINE[0])
    in_w = RNG.normal(size=(10, 3, 4)).astype(np.float32)
    assert timeline.close(in_w, fade=2).shape == (8, 3, 4)
    assert timeline.join(in_w, in_w, fade=3).shape == (17, 3, 4)
