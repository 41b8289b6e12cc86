"""Options of activation maximisation and of directions."""

import dataclasses

import pytest

from data_prep.errors import InputError
from gan.explore.config import DirectionsConfig, DreamConfig


@pytest.mark.parametrize(
    ("field", "value", "flag"),
    [
        ("steps", 0, "--steps 0: must be at least 1"),
        ("learning_rate", float("nan"), "--learning-rate nan"),
        ("total_variation", -1.0, "--total-variation -1"),
        ("jitter_px", -1, "--jitter-px -1"),
        ("start", float("inf"), "--start inf"),
        ("seed", 2**32, "--seed 4294967296"),
    ],
)
def test_invalid_values_name_the_flag(field, value, flag):
    DreamConfig().check()
    with pytest.raises(InputError, match=flag):
        dataclasses.replace(DreamConfig(), **{field: value}).check()


def test_plain_disables_variation_and_jitter():
    plain = DreamConfig(steps=3).plain()
    assert (plain.steps, plain.total_variation, plain.jitter_px) == (3, 0, 0)


@pytest.mark.parametrize(
    ("field", "value", "flag"),
    [
        ("samples", 99, "--samples 99: must be from 100"),
        ("seed", -1, "--seed -1"),
        ("steps", 1, "--steps 1: must be from 2 to 100"),
        ("strength", float("nan"), "--strength nan"),
        ("seeds", "3,3", "--seeds 3,3: must be distinct"),
    ],
)
def test_invalid_directions_name_the_flag(field, value, flag):
    DirectionsConfig().check()
    with pytest.raises(InputError, match=flag):
        dataclasses.replace(DirectionsConfig(), **{field: value}).check()
