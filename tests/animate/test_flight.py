"""Flights: shifts are shifts, loops close, and no frame depends on another."""

import dataclasses
from pathlib import Path

import numpy as np
import pytest

from animate import ground
from animate.config import OutputConfig
from animate.flight import Flight, write_flight
from animate.flight_config import FlightConfig
from data_prep.errors import InputError
from data_prep.images import write_image
from data_prep.video.codec import read_video
from gan.canvas.mask_config import MaskConfig

CONFIG = FlightConfig(canvas="48x40", frames=16, fps=8.0, pan=40.0)  # 5 px per frame


@pytest.fixture(autouse=True)
def small_tiles(monkeypatch):
    monkeypatch.setattr(ground, "TILE_PX", 64)


@pytest.fixture
def flight(field_generator):
    def make(**changes):
        return Flight(field_generator, dataclasses.replace(CONFIG, **changes), seed=2)

    return make


def test_whole_pixels_are_shifts_to_the_bit(flight):
    frames = [flight().frame(number) for number in (0, 1, 30)]
    assert frames[0].std() > 5
    np.testing.assert_array_equal(frames[1][:, :-5], frames[0][:, 5:])
    np.testing.assert_array_equal(flight(heading=-90.0).frame(1)[:-5], frames[0][5:])
    np.testing.assert_array_equal(flight(pan=8.0).frame(150), frames[2])  # the same place at another time


def test_whole_cells_of_moving_latents_are_shifts_to_the_bit(flight):
    """In between the lines change; the drawing of a whole cell further is the same drawing, moved."""
    slow = flight(motion="latents", pan=16.0)  # half a cell per frame
    first, between, next_ = (slow.frame(number) for number in (0, 1, 2))
    np.testing.assert_array_equal(next_[:, :-4], first[:, 4:])
    np.testing.assert_array_equal(first, flight().frame(0))
    assert (between[:, :-2] != first[:, 2:]).mean() > 0.1


@pytest.mark.parametrize("changes", [{"course": "circle", "pan": 37.0}, {"close": 2, "pan": None}])
def test_closed_flights_return_to_the_first_frame(flight, changes):
    one = flight(turn=15.0, zoom=1.3, **changes)
    np.testing.assert_array_equal(one.frame(16), one.frame(0))
    assert (one.frame(8) != one.frame(0)).any()


def test_a_closed_straight_flight_joins_its_start_as_it_flies(flight):
    """The step from the last frame to the first is the same shift as any other, to the bit."""
    one = flight(close=1, pan=None, motion="camera")
    assert one.loop == (0, 1)
    assert one.speed == 64 / 2  # 4 px per frame
    np.testing.assert_array_equal(one.frame(0)[:, :-4], one.frame(15)[:, 4:])


def test_an_endless_pan_never_repeats(flight):
    """Places whole tiles apart, near and far, are different drawings."""
    one = flight(pan=8.0)  # a pixel per frame
    places = [one.frame(64 * tiles) for tiles in (0, 1, 2, 3, 8, 2**10, 2**20)]
    assert len({frame.tobytes() for frame in places}) == 7
    assert max(abs(np.corrcoef(places[0].ravel(), at.ravel())[0, 1]) for at in places[1:]) < 0.5


def test_frames_do_not_depend_on_where_drawing_started(flight):
    for changes in ({"turn": 10.0, "zoom": 0.7}, {"motion": "latents", "pan": 3.0}):
        frames = list(flight(**changes).frames([9, 3]))
        np.testing.assert_array_equal(flight(**changes).frame(3), frames[1])


def test_a_pan_is_raised_to_close_and_that_is_said(field_generator, tmp_path):
    said = []
    config = dataclasses.replace(CONFIG, close=1, pan=10.0)
    output = OutputConfig(out=tmp_path / "a.gif")
    video = write_flight(field_generator, config, output, seed=2, note=said.append)
    assert said == ["the pan is 32.0 px per second, so that the flight closes after 1 screen"]
    assert (video.frames, video.width_px, video.height_px) == (16, 48, 40)
    assert len(list(read_video(tmp_path / "a.gif"))) == 16
    again = write_flight(field_generator, config, output, seed=2)
    assert again.pace is None  # done already
    with pytest.raises(InputError, match="other values of seed"):
        write_flight(field_generator, config, output, seed=3)


def test_an_interrupted_flight_is_resumed_with_the_same_bits(field_generator, tmp_path, monkeypatch):
    whole, output = OutputConfig(out=tmp_path / "whole"), OutputConfig(out=tmp_path / "frames")
    write_flight(field_generator, CONFIG, whole, seed=2)
    frame = Flight.frame

    def interrupted(flight, number):
        if number == 9:
            raise KeyboardInterrupt
        return frame(flight, number)

    with monkeypatch.context() as patch:
        patch.setattr(Flight, "frame", interrupted)
        with pytest.raises(KeyboardInterrupt):
            write_flight(field_generator, CONFIG, output, seed=2)
    stored = {file.name: file.stat().st_mtime_ns for file in output.out.glob("*.png")}
    assert 0 < len(stored) < 16
    write_flight(field_generator, CONFIG, output, seed=2)
    assert {name: (output.out / name).stat().st_mtime_ns for name in stored} == stored
    for file in whole.out.glob("*.png"):
        assert (output.out / file.name).read_bytes() == file.read_bytes()


def test_a_mask_lies_on_the_plane(field_generator, tmp_path):
    """White at the right of the first canvas: the left keeps its pixels, and the camera flies to the rest."""
    file = tmp_path / "mask.png"
    write_image(file, np.repeat(np.array([[0, 255]], np.uint8), 96, axis=1).repeat(40, axis=0)[..., None])
    masked, said = MaskConfig(mask=file, mask_seed=9), []
    config = dataclasses.replace(CONFIG, canvas="192x40")
    plain = Flight(field_generator, config, seed=2)
    mixed = Flight(field_generator, config, seed=2, masked=masked, note=said.append)
    one, other = plain.frame(0), mixed.frame(0)
    np.testing.assert_array_equal(one[:, :32], other[:, :32])
    assert (one[:, 128:] != other[:, 128:]).mean() > 0.2
    np.testing.assert_array_equal(mixed.frame(1)[:, :-5], other[:, 5:])
    assert said == []
    with pytest.raises(InputError, match="use --course circle"):
        Flight(field_generator, dataclasses.replace(config, pan=None, close=1), seed=2, masked=masked)


def test_loops_much_longer_than_asked_for_are_said(field_generator, tmp_path):
    said = []
    config = dataclasses.replace(CONFIG, canvas="16x16", frames=2, pan=None, close=1)
    write_flight(field_generator, config, OutputConfig(out=tmp_path / "a.gif"), note=said.append)
    assert said == ["the flight closes after 64 px, not 16: loops are whole tiles"]


def test_views_that_need_too_much_of_the_drawing_are_refused(field_generator, monkeypatch):
    monkeypatch.setattr("animate.flight.MOST_PX", 9 * 64**2)
    Flight(field_generator, CONFIG, seed=0)
    with pytest.raises(
        InputError, match=r"--canvas 48x40: .* needs 20 tiles of 64 px, at most 9; use a smaller"
    ):
        Flight(field_generator, dataclasses.replace(CONFIG, zoom=0.25), seed=0)


def test_generators_with_a_frame_are_refused(generator):
    with pytest.raises(InputError, match="only networks of family field"):
        write_flight(generator, CONFIG, OutputConfig(out=Path("a.gif")))
