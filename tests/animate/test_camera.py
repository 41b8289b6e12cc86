"""The camera: where it is, and resampling against a plain implementation."""

import math

import numpy as np
import pytest

from animate.camera import Pose, extent_px, kernel, photograph, pose
from animate.flight_config import FlightConfig

SIZE = 12, 16


def paper(size=(64, 64), *, seed=0):
    return np.random.default_rng(seed).integers(0, 256, (*size, 1), np.uint8)


def plain_kernel(d):
    d = abs(d)
    if d < 1:
        return 1.5 * d**3 - 2.5 * d**2 + 1
    return -0.5 * d**3 + 2.5 * d**2 - 4 * d + 2 if d < 2 else 0.0


def plain_photograph(window, at, size):
    """Every pixel by itself: the weighted mean of all pixels of the drawing."""
    frame, scale = np.zeros((*size, 1)), min(at.zoom, 1.0)
    rows, columns = np.arange(window.shape[0]), np.arange(window.shape[1])
    cos, sin = math.cos(math.radians(at.angle_deg)), math.sin(math.radians(at.angle_deg))
    for i, j in np.ndindex(*size):
        # the camera turned counter-clockwise: its right is (-sin, cos) and its down (cos, sin) in (y, x)
        down, right = i - (size[0] - 1) / 2, j - (size[1] - 1) / 2
        y = at.corner[0] + (size[0] - 1) / 2 + (down * cos - right * sin) / at.zoom
        x = at.corner[1] + (size[1] - 1) / 2 + (down * sin + right * cos) / at.zoom
        wy = np.array([plain_kernel((y - row) * scale) for row in rows])
        wx = np.array([plain_kernel((x - column) * scale) for column in columns])
        frame[i, j] = (wy / wy.sum()) @ window[..., 0] @ (wx / wx.sum())
    return np.clip(np.round(frame), 0, 255)


@pytest.mark.parametrize(
    "at",
    [Pose((20.25, 22.5)), Pose((20.0, 22.0), 17.0, 1.3), Pose((21.0, 20.0), -8.0, 0.5)],
    ids=["between pixels", "turned, near", "far"],
)
def test_frames_equal_the_plain_resampling(at):
    window = paper()
    found = photograph(window, at, origin=(0, 0), size=SIZE).astype(int)
    assert np.abs(found - plain_photograph(window, at, SIZE)).max() <= 1


def test_whole_positions_are_copied_and_the_resampling_agrees():
    window = paper()
    copied = photograph(window, Pose((15.0, 9.0)), origin=(5, 2), size=SIZE)
    np.testing.assert_array_equal(copied, window[10:22, 7:23])
    barely = Pose((15.0, 9.0), 0.0, 1.0 + 1e-12)  # zoom 1 in float32: the same pixels by interpolation
    np.testing.assert_array_equal(photograph(window, barely, origin=(5, 2), size=SIZE), copied)


def test_a_quarter_turn_is_a_quarter_turn():
    """A camera that turns counter-clockwise sees the drawing turn clockwise."""
    window = paper()
    seen = photograph(window, Pose((20.0, 20.0), 90.0), origin=(0, 0), size=(16, 16))
    np.testing.assert_array_equal(seen, np.rot90(window[20:36, 20:36], -1))


def test_a_far_camera_does_not_alias():
    """Stripes of two pixels at a quarter of the size are an even grey."""
    stripes = np.broadcast_to((np.arange(96) // 2 % 2 * 255).astype(np.uint8)[None, :, None], (96, 96, 1))
    seen = photograph(stripes, Pose((40.0, 40.0), 0.0, 0.25), origin=(0, 0), size=SIZE)
    assert np.ptp(seen.astype(int)) < 30
    assert abs(seen.mean() - 127.5) < 3


def test_the_kernel_interpolates_exactly():
    np.testing.assert_array_equal(kernel(np.arange(-3.0, 4.0)), [0, 0, 0, 1, 0, 0, 0])


@pytest.mark.parametrize(
    ("config", "loop"),
    [
        (FlightConfig(frames=50, turn=20.0, zoom=1.5, close=1), (0, 1280)),
        (FlightConfig(frames=50, turn=20.0, zoom=0.5, course="circle", pan=50.0), None),
    ],
)
def test_closed_flights_return_without_a_jump(config, loop):
    poses = [pose(config, frame, loop_px=loop) for frame in range(51)]
    assert poses[50] == poses[0] == Pose((0.0, 0.0))
    end = loop or (0, 0)
    corners = np.array([at.corner for at in poses[:50]] + [end])
    steps = np.hypot(*np.diff(corners, axis=0).T)
    assert steps.max() < 1.02 * steps.min()  # even, also the last
    turns = np.abs(np.diff([at.angle_deg for at in poses]))
    assert turns.max() <= 20 * 2 * math.pi / 50
    assert max(at.angle_deg for at in poses) == pytest.approx(20, abs=0.2)
    assert poses[25].zoom == pytest.approx(config.zoom)


def test_a_straight_flight_goes_on_evenly():
    config = FlightConfig(frames=10, pan=30.0, heading=90.0)
    assert [pose(config, frame).corner for frame in (0, 1, 1000)] == [(0, 0), (-1, 0), (-1000, 0)]


def test_the_extent_holds_every_frame():
    config = FlightConfig(canvas="64x32", frames=20, turn=90.0, zoom=0.5, pan=0.0)
    down, right = extent_px(config)
    for frame in range(20):
        at = pose(config, frame)
        angle = math.radians(at.angle_deg)
        corners = [(dy * 16, dx * 32) for dy in (-1, 1) for dx in (-1, 1)]
        for y, x in corners:
            assert abs(y * math.cos(angle) - x * math.sin(angle)) / at.zoom < down
            assert abs(y * math.sin(angle) + x * math.cos(angle)) / at.zoom < right
