"""Cutting walks together: lengths exact, nothing twice, no jump; and the file that says how."""

import dataclasses
import json

import numpy as np
import pytest

from animate.paths import timeline
from animate.paths.path import make_path
from animate.paths.path_file import read_path, write_path
from animate.paths.timeline import detect_cuts
from animate.paths.timeline_file import read_timeline
from configs.animate import TINY
from data_prep.errors import InputError

RNG = np.random.default_rng(0)
SHORT = {"style": "circle", "seconds": 1}
LOOP = make_path("circle", TINY["circle"], seed=1).latents  # 24 frames of 6
LINE = np.linspace(0, 1, 11, dtype=np.float32)[:, None] * np.ones(6, np.float32)


def steps(latents, *, closed=False):
    ends = np.concatenate([latents, latents[:1]]) if closed else latents
    return np.linalg.norm(np.diff(ends, axis=0).reshape(len(ends) - 1, -1), axis=1)


def test_there_and_back_and_again():
    np.testing.assert_array_equal(timeline.reverse(timeline.reverse(LINE)), LINE)
    back = timeline.ping_pong(LINE)
    assert len(back) == 20
    np.testing.assert_allclose(steps(back, closed=True), steps(LINE)[0], rtol=1e-4)
    twice = timeline.repeat(LOOP, 2)
    assert len(twice) == 48
    np.testing.assert_allclose(steps(twice, closed=True), steps(LOOP)[0], rtol=1e-4)


@pytest.mark.parametrize("frames", [2, 7, 11, 60])
def test_another_time_for_the_same_way(frames):
    open_ = timeline.retime(LINE, frames, closed=False)
    assert len(open_) == frames
    np.testing.assert_allclose(open_[[0, -1]], LINE[[0, -1]], atol=1e-6)
    closed = timeline.retime(LOOP, frames, closed=True)
    np.testing.assert_allclose(closed[0], LOOP[0], atol=1e-6)
    if frames == 60:
        assert steps(closed, closed=True).max() < 24 / 60 * steps(LOOP).max() * 1.05
    np.testing.assert_allclose(timeline.retime(LOOP, 24, closed=True), LOOP, atol=1e-6)


@pytest.mark.parametrize("fade", [0, 1, 5])
def test_joins_are_as_long_as_said_and_do_not_jump(fade):
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
def test_cuts_are_where_steps_are_long(fade):
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


def test_a_timeline_says_where_it_is_cut_and_so_does_its_file(tmp_path):
    """Two frames between two cuts, and a join without a jump: the same circle once more."""
    curve = make_path("circle", TINY["circle"], seed=1)
    write_path(tmp_path / "walk.npz", dataclasses.replace(curve, cuts=(4,)))
    two_frames = {"style": "circle", "seconds": 1, "seed": 5, "retime_sec": 0.07}
    made = write(tmp_path, {"parts": [SHORT, two_frames, SHORT, SHORT, {"path": "walk.npz"}]})
    assert made.cuts == (29, 31, 91, 92 + 4)
    write_path(tmp_path / "saved.npz", made)
    assert read_path(tmp_path / "saved.npz").header() == made.header()
    assert write(tmp_path, {"parts": [{"path": "saved.npz"}, SHORT]}).cuts == (
        *made.cuts,
        len(made.latents) - 1,
    )
    assert made.config["styles"] == ["circle"]


def test_a_line_becomes_a_loop():
    closed = timeline.close(LINE, fade=4)
    assert len(closed) == 7
    assert steps(closed, closed=True).max() < np.linalg.norm(LINE[-1] - LINE[0])
    in_w = RNG.normal(size=(10, 3, 4)).astype(np.float32)
    assert timeline.close(in_w, fade=2).shape == (8, 3, 4)
    assert timeline.join(in_w, in_w, fade=3).shape == (17, 3, 4)


def write(folder, content):
    (folder / "line.json").write_text(json.dumps(content) if not isinstance(content, str) else content)
    return read_timeline(folder / "line.json", latent_size=6)


def test_a_file_says_what_follows(tmp_path):
    curve = make_path("circle", TINY["circle"], seed=1)
    write_path(tmp_path / "walk.npz", dataclasses.replace(curve, fps=12))
    parts = [
        {"path": "walk.npz", "repeat": 2},
        {
            "style": "bezier",
            "seed": 3,
            "seconds": 2,
            "config": {"segments": 3},
            "fade_sec": 0.5,
            "reverse": True,
        },
        {"style": "zigzag", "seconds": 1, "config": {"segments": 3, "open": True}, "ping_pong": True},
        {"style": "phase", "seconds": 3, "retime_sec": 1},
    ]
    whole = write(tmp_path, {"fps": 12, "parts": parts})
    assert len(whole.latents) == 48 + 24 - 6 + 22 + 12
    assert (whole.fps, whole.closed, whole.style) == (12.0, False, "timeline")
    np.testing.assert_array_equal(whole.latents[:24], LOOP)
    closed = write(tmp_path, {"fps": 12, "close_sec": 1, "parts": parts})
    assert (len(closed.latents), closed.closed) == (100 - 12, True)
    np.testing.assert_array_equal(
        closed.latents, write(tmp_path, {"fps": 12, "close_sec": 1, "parts": parts}).latents
    )
    assert write(tmp_path, {"parts": parts[:1]}).closed


@pytest.mark.parametrize(("style", "closed"), [("circle", True), ("random", False)])
def test_a_path_file_lasts_as_long_as_at_its_own_fps(tmp_path, style, closed):
    curve = make_path(style, TINY[style], seed=1)  # 24 frames at 30 fps
    write_path(tmp_path / "walk.npz", curve)
    part = {"path": "walk.npz"}
    for fps, frames in ((60, 48), (30, 24), (12, 10)):
        made = write(tmp_path, {"fps": fps, "parts": [part]}).latents
        np.testing.assert_allclose(made, timeline.retime(curve.latents, frames, closed=closed), atol=1e-6)
    assert len(write(tmp_path, {"fps": 60, "parts": [part | {"ping_pong": True}]}).latents) == 92
    assert len(write(tmp_path, {"fps": 60, "parts": [part | {"retime_sec": 1}]}).latents) == 60


def test_keyframes_of_a_part_rest_and_come_from_files(tmp_path):
    walked = make_path("circle", TINY["circle"], seed=1)
    write_path(tmp_path / "walk.npz", walked)
    config = {"keys": [7, "walk.npz[3]"], "hold_sec": 0.5, "move_sec": [1, 2], "easing": "smooth"}
    made = write(tmp_path, {"fps": 10, "parts": [{"style": "keyframes", "config": config}]})
    assert (len(made.latents), made.closed) == (40, True)
    np.testing.assert_allclose(made.latents[15:21], np.tile(walked.latents[3], (6, 1)), atol=2e-6)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("{", "is not JSON"),
        ([], "must be an object"),
        ({"parts": []}, "has no parts"),
        ({"fps": 0, "parts": [{"style": "circle"}]}, "fps is 0"),
        ({"tempo": 3, "parts": []}, "tempo is unknown"),
        ({"parts": [{"seed": 3}]}, "part 1: must have either path or style"),
        ({"parts": [{"style": "spiral"}]}, "part 1: no style 'spiral'"),
        ({"parts": [{"style": "circle", "seconds": "long"}]}, 'part 1: seconds is "long"'),
        ({"parts": [{"style": "circle", "repeat": True}]}, "part 1: repeat is true"),
        ({"parts": [{"style": "circle", "config": {"segments": 3}}]}, "part 1: config has no segments"),
        ({"parts": [{"style": "circle", "seconds": 0}]}, "part 1: --seconds 0"),
        (
            {"parts": [{"style": "keyframes", "config": {"keys": [1, "none.npz"]}}]},
            "none.npz: no such",
        ),
        ({"parts": [{"style": "circle", "config": {"space": "w"}}]}, "part 1: config has no space"),
        ({"parts": [{"style": "random", "seconds": 1, "repeat": 2}]}, "part 1: repeat 2"),
        (
            {"parts": [{"style": "circle", "seconds": 1, "fade_sec": 1}]},
            "part 1: fade_sec needs a previous part",
        ),
        (
            {
                "parts": [{"style": "circle", "seconds": 1}] * 2
                + [{"style": "circle", "seconds": 1, "fade_sec": 9}]
            },
            "part 3",
        ),
        ({"parts": [{"style": "circle", "seconds": 1}], "close_sec": 4}, "close_sec 4"),
        ({"parts": [{"path": "none.npz"}]}, "no such latent file"),
    ],
)
def test_what_cannot_be_meant_is_named(tmp_path, content, said):
    with pytest.raises(InputError) as caught:
        write(tmp_path, content)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_parts_of_different_truncation_are_refused(tmp_path):
    half = make_path("circle", TINY["circle"], seed=1, truncation=0.5)
    write_path(tmp_path / "half.npz", half)
    assert write(tmp_path, {"parts": [{"path": "half.npz"}]}).truncation == 0.5
    with pytest.raises(InputError, match=r"part 2: its truncation is 1, the previous parts' 0\.5"):
        write(tmp_path, {"parts": [{"path": "half.npz"}, SHORT]})
