"""Frames of keyframes: rounding does not add up."""

import pytest

from animate.paths.keyframes_config import KeyframesConfig


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
