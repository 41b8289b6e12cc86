"""Lengths and limits of path configs; invalid values name the flag."""

import pytest

from animate.config import (
    BezierConfig,
    BitloopConfig,
    CircleConfig,
    PathConfig,
    PeriodConfig,
    RandomConfig,
    ZigzagConfig,
)
from animate.paths.keyframes_config import KeyframesConfig
from data_prep.errors import InputError


@pytest.mark.parametrize(
    ("config", "flag"),
    [
        (RandomConfig(frames=0), "--frames 0"),
        (RandomConfig(frames=1), "--frames 1"),
        (RandomConfig(frames=-5), "--frames -5"),
        (RandomConfig(seconds=0.01), "--seconds 0.01"),
        (RandomConfig(seconds=float("nan")), "--seconds nan"),
        (RandomConfig(seconds=float("inf")), "--seconds inf"),
        (RandomConfig(fps=0.001), "--fps 0.001"),
        (RandomConfig(frames=10, seconds=2.0), "--seconds 2"),
        (RandomConfig(fps=0.0), "--fps 0"),
        (RandomConfig(fps=-1.0), "--fps -1"),
        (RandomConfig(fps=float("nan")), "--fps nan"),
        (RandomConfig(amplitude=0.0), "--amplitude 0"),
        (RandomConfig(latent_size=0), "--latent-size 0"),
        (BezierConfig(segments=0), "--segments 0"),
        (ZigzagConfig(segments=1), "--segments 1"),
        (BezierConfig(frames_per_segment=0), "--frames-per-segment 0"),
        (BezierConfig(segments=1, frames_per_segment=1), "--frames-per-segment 1"),
        (BezierConfig(frames_per_segment=5, frames=10), "--frames-per-segment and --frames"),
        (BezierConfig(frames_per_segment=5, seconds=1.0), "--frames-per-segment and --seconds"),
        (BitloopConfig(bits=""), "--bits ''"),
        (BitloopConfig(bits="012"), "--bits '012'"),
        (BitloopConfig(bits="1 0"), "--bits '1 0'"),
        (BitloopConfig(bits="000"), "--bits 000"),
        (BitloopConfig(bits="0001", latent_size=3), "--bits 0001"),
        (PeriodConfig(frames=7), "--frames 7"),
        (KeyframesConfig(keys=("1",)), "--keys 1"),
        (KeyframesConfig(keys=("1", "-1")), "--keys -1"),
        (KeyframesConfig(keys=("1", "4294967296")), "--keys 4294967296"),
        (KeyframesConfig(keys=("5-3",)), "--keys 5-3"),
        (KeyframesConfig(keys=("0-4000000000",)), "--keys 0-4000000000"),
        (KeyframesConfig(keys=("curve.npy",)), "--keys curve.npy"),
        (KeyframesConfig(keys=("w.npz",), key_count=1), "--keys w.npz: 1 latent;"),
        (KeyframesConfig(hold_sec=(1.0, 2.0)), "--hold-sec: 2 numbers; must be 1 or 4"),
        (KeyframesConfig(hold_sec=(-1.0,)), "--hold-sec -1"),
        (KeyframesConfig(hold_sec=(1.0,), seconds=4.1), "--seconds 4.1"),
        (KeyframesConfig(move_sec=(1.0, 2.0, 3.0)), "--move-sec: 3 numbers"),
        (KeyframesConfig(move_sec=(0.01,)), "--move-sec 0.01"),
        (
            KeyframesConfig(move_sec=(0.0333,)),
            "--move-sec 0.0333: must be at least one frame at --fps 30",
        ),
        (KeyframesConfig(fps=0.0), "--fps 0"),
        (KeyframesConfig(move_sec=(1.0,), frames=99), "--move-sec sets the length"),
        (KeyframesConfig(easing="in", constant_speed=True), "--easing"),
        (CircleConfig(radius=0.0), "--radius 0"),
    ],
    ids=str,
)
def test_invalid_configs_are_refused_by_flag_in_one_line(config, flag):
    with pytest.raises(InputError) as refused:
        config.check()
    assert flag in str(refused.value)
    assert "\n" not in str(refused.value)


def test_seconds_round_to_the_nearest_frame():
    assert PathConfig(seconds=10.0, fps=29.97).frame_count == 300
    assert PathConfig(fps=25.0).frame_count == 1500
    assert PathConfig(frames=7, fps=25.0).frame_count == 7


@pytest.mark.parametrize(("frames", "largest"), [(8, 1), (15, 1), (16, 2), (479, 30), (480, 60), (10**6, 60)])
def test_period_makes_at_most_one_cycle_per_8_frames(frames, largest):
    assert max(PeriodConfig(frames=frames).cycles) == largest
