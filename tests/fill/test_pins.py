"""Pins: the file, arrays of one shape, and videos whose frames they name."""

import numpy as np
import pytest

from data_prep.errors import InputError
from data_prep.outputs import write_json
from data_prep.video.codec import write_video
from data_prep.video.frame_index import read_index
from fill.pins import FramePin, Pin, Pins, pin_arrays, pins_of_video, read_pins, write_pins

PINS = Pins(
    {"a.png": (Pin(3, 4, "#ff0000"), Pin(5, 6, "#00ff00"))}, {"b.mp4": (FramePin(2, 1024, 7, 8, "#0000ff"),)}
)


def test_the_file_is_read_as_it_was_written(tmp_path):
    write_pins(tmp_path / "pins.json", PINS)
    assert read_pins(tmp_path / "pins.json") == PINS


@pytest.mark.parametrize(
    "entry",
    [
        {"x_px": 1, "y_px": 2},
        {"x_px": 1, "y_px": 2, "color": "red"},
        {"x_px": 1.5, "y_px": 2, "color": "#ff0000"},
        {"x_px": -1, "y_px": 2, "color": "#ff0000"},
        {"x_px": 1, "y_px": 2, "color": "#ff0000", "frame": 1},
    ],
)
def test_invalid_pins_are_named(tmp_path, entry):
    write_json(tmp_path / "pins.json", {"schema": 1, "images": {"a.png": [entry]}})
    with pytest.raises(InputError, match=r"a\.png: pin 0"):
        read_pins(tmp_path / "pins.json")


def test_arrays_are_padded_with_places_outside():
    points, colors = pin_arrays([PINS.images["a.png"], ()])
    assert points.shape == (2, 4, 2)
    assert points[0, :2].tolist() == [[3, 4], [5, 6]]
    assert (points[0, 2:] < 0).all()
    assert (points[1] < 0).all()
    assert colors[0, :2].tolist() == [[255, 0, 0], [0, 255, 0]]
    assert pin_arrays([(), ()])[0].shape == (2, 0, 2)


def test_pins_of_another_version_of_a_video_are_refused(tmp_path):
    video = tmp_path / "b.mp4"
    write_video(np.zeros((4, 16, 16, 3), np.uint8), video, fps=10)
    index = read_index(video)
    good = FramePin(2, int(index.pts[2]), 1, 1, "#0000ff")
    assert pins_of_video(Pins(videos={"b.mp4": (good,)}), video) == (good,)
    assert pins_of_video(Pins(videos={"c.mp4": (good,)}), video) == ()
    with pytest.raises(InputError, match="pin 0: frame 2 has pts 1"):
        pins_of_video(Pins(videos={"b.mp4": (FramePin(2, 1, 1, 1, "#0000ff"),)}), video)
