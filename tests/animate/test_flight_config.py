"""Flags of flights: lengths, sizes, and loops that a pan does not fit."""

import dataclasses
import math

import pytest

from animate.flight_config import FlightConfig
from data_prep.errors import InputError


def checked(**fields):
    config = FlightConfig(**fields)
    config.check()
    return config


def test_defaults():
    config = checked()
    assert (config.size_px, config.frame_count, config.speed, config.closed) == (
        (720, 1280),
        900,
        200.0,
        False,
    )


@pytest.mark.parametrize(
    ("fields", "part"),
    [
        ({"canvas": "1280"}, "--canvas 1280: must be WIDTHxHEIGHT"),
        ({"canvas": "8x9000"}, "sides of 16 to 8192 px"),
        ({"fps": 0.0}, "--fps 0"),
        ({"turn": math.nan}, "--turn nan"),
        ({"frames": 1}, "--frames 1: 1 frames; must be at least 2"),
        ({"frames": 9, "seconds": 1.0}, "pass one of them"),
        ({"seconds": math.inf}, "--seconds inf"),
        ({"pan": -1.0}, "--pan -1"),
        ({"zoom": 0.1}, "--zoom 0.1: must be 0.25 to 8"),
        ({"close": 0}, "--close 0"),
        ({"close": 2, "pan": 0.0}, "--pan 0: does not move; leave --close 2 out"),
        ({"close": 2, "course": "circle"}, "a circle closes by itself"),
    ],
)
def test_invalid_values_are_named(fields, part):
    with pytest.raises(InputError, match=part):
        checked(**fields)


def test_a_pan_longer_than_the_loop_says_both_ways_out():
    with pytest.raises(
        InputError, match=r"6000 px, but --close 2 closes after 2560 px; use --close 5, or --pan 85"
    ):
        checked(close=2, pan=200.0)
    for fields in ({"close": 5}, {"pan": 85.0}):
        dataclasses.replace(FlightConfig(close=2, pan=200.0), **fields).check()


def test_loops_are_screens_along_the_heading():
    assert checked(close=3).loop_px == pytest.approx(3 * 1280)
    assert checked(close=3, heading=90.0).loop_px == pytest.approx(3 * 720)
    assert checked(close=3).speed == pytest.approx(128)
    assert checked(heading=90.0).direction == pytest.approx((-1, 0))  # y points down
