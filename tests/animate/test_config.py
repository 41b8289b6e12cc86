import pytest

from animate.config import (
    BezierConfig,
    BitloopConfig,
    CircleConfig,
    KeyframesConfig,
    PathConfig,
    PeriodConfig,
    RandomConfig,
    ZigzagConfig,
)
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
        (RandomConfig(latent_size=0), "latent size of 0"),
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
        (KeyframesConfig(seeds=(1,)), "--seeds"),
        (KeyframesConfig(seeds=(1, -1)), "--seeds 1 -1"),
        (KeyframesConfig(key_count=1), "--seeds"),
        (CircleConfig(radius=0.0), "--radius 0"),
    ],
    ids=str,
)
def test_what_is_no_path_is_refused_by_flag_in_one_line(config, flag):
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
