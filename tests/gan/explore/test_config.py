"""Options of activation maximisation."""

import dataclasses

import pytest

from data_prep.errors import InputError
from gan.explore.dream_config import DreamConfig


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


def test_plain_disables_what_keeps_images_smooth():
    plain = DreamConfig(steps=3).plain()
    assert (plain.steps, plain.total_variation, plain.jitter_px) == (3, 0, 0)
