"""Timeline files: parts in their order, exact lengths, cuts, and what is refused."""

import dataclasses
import json

import numpy as np
import pytest

from animate.paths import timeline
from animate.paths.path import make_path
from animate.paths.path_file import read_path, write_path
from animate.paths.timeline_file import read_timeline
from configs.animate import TINY
from data_prep.errors import InputError

SHORT = {"style": "circle", "seconds": 1}
LOOP = make_path("circle", TINY["circle"], seed=1).latents  # 24 frames of 6


def write(folder, content):
    (folder / "line.json").write_text(json.dumps(content) if not isinstance(content, str) else content)
    return read_timeline(folder / "line.json", latent_size=6)


def test_cuts_of_a_timeline_are_known_and_stored(tmp_path):
    """Two frames between two cuts, and a join without a jump: the same circle once more."""
    curve = make_path("circle", TINY["circle"], seed=1)
    write_path(tmp_path / "path.npz", dataclasses.replace(curve, cuts=(4,)))
    two_frames = {"style": "circle", "seconds": 1, "seed": 5, "retime_sec": 0.07}
    made = write(tmp_path, {"parts": [SHORT, two_frames, SHORT, SHORT, {"path": "path.npz"}]})
    assert made.cuts == (29, 31, 91, 92 + 4)
    write_path(tmp_path / "saved.npz", made)
    assert read_path(tmp_path / "saved.npz").header() == made.header()
    assert write(tmp_path, {"parts": [{"path": "saved.npz"}, SHORT]}).cuts == (
        *made.cuts,
        len(made.latents) - 1,
    )
    assert made.config["styles"] == ["circle"]


def test_parts_follow_each_other_as_listed(tmp_path):
    curve = make_path("circle", TINY["circle"], seed=1)
    write_path(tmp_path / "path.npz", dataclasses.replace(curve, fps=12))
    parts = [
        {"path": "path.npz", "repeat": 2},
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
    write_path(tmp_path / "path.npz", curve)
    part = {"path": "path.npz"}
    for fps, frames in ((60, 48), (30, 24), (12, 10)):
        made = write(tmp_path, {"fps": fps, "parts": [part]}).latents
        np.testing.assert_allclose(made, timeline.retime(curve.latents, frames, closed=closed), atol=1e-6)
    assert len(write(tmp_path, {"fps": 60, "parts": [part | {"ping_pong": True}]}).latents) == 92
    assert len(write(tmp_path, {"fps": 60, "parts": [part | {"retime_sec": 1}]}).latents) == 60


def test_keyframes_of_a_part_pause_and_come_from_files(tmp_path):
    source = make_path("circle", TINY["circle"], seed=1)
    write_path(tmp_path / "path.npz", source)
    config = {"keys": [7, "path.npz[3]"], "hold_sec": 0.5, "move_sec": [1, 2], "easing": "smooth"}
    made = write(tmp_path, {"fps": 10, "parts": [{"style": "keyframes", "config": config}]})
    assert (len(made.latents), made.closed) == (40, True)
    np.testing.assert_allclose(made.latents[15:21], np.tile(source.latents[3], (6, 1)), atol=2e-6)


@pytest.mark.parametrize(
    ("content", "printed"),
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
def test_invalid_content_is_named(tmp_path, content, printed):
    with pytest.raises(InputError) as caught:
        write(tmp_path, content)
    assert printed in str(caught.value)
    assert "\n" not in str(caught.value)


def test_parts_of_different_truncation_are_refused(tmp_path):
    half = make_path("circle", TINY["circle"], seed=1, truncation=0.5)
    write_path(tmp_path / "half.npz", half)
    assert write(tmp_path, {"parts": [{"path": "half.npz"}]}).truncation == 0.5
    with pytest.raises(InputError, match=r"part 2: its truncation is 1, the previous parts' 0\.5"):
        write(tmp_path, {"parts": [{"path": "half.npz"}, SHORT]})
