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
        (KeyframesConfig(keys=("walk.npy",)), "--keys walk.npy"),
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


@pytest.mark.parametrize("fps", [30.0, 29.97, 24.0])
@pytest.mark.parametrize(("hold", "move"), [(0.0, 0.05), (0.05, 0.0625), (0.01, 0.0701), (0.0, 1 / 24)])
@pytest.mark.parametrize("open_", [True, False])
def test_every_key_is_at_its_nearest_frame(fps, hold, move, open_):
    """Rounding does not add up over a hundred of them, and no way is lost."""
    config = KeyframesConfig(keys=("0-99",), fps=fps, hold_sec=(hold,), move_sec=(move,), open=open_)
    config.check()
    holds, moves = config.hold_frames, config.move_frames
    assert (len(holds), len(moves), min(holds) >= 0, min(moves) >= 1) == (100, 100 - open_, True, True)
    arrived = 0
    for i in range(100):
        assert abs(arrived - i * (hold + move) * fps) <= 0.5 + 1e-5
        arrived += holds[i] + (moves[i] if i < len(moves) else 0)
    assert abs(config.frame_count - open_ - (100 * hold + (100 - open_) * move) * fps) <= 0.5 + 1e-5


def test_holds_alone_do_not_add_up_either():
    config = KeyframesConfig(keys=("0-99",), hold_sec=(0.05,), seconds=20.0)
    config.check()
    assert (sum(config.hold_frames), config.frame_count) == (150, 600)
    assert KeyframesConfig(keys=("0-99",), move_sec=(0.05,)).frame_count == 150
