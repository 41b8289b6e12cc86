"""Configs of next-frame models: flags are checked, and JSON is read back."""

import pytest

from configs.gan.next_frame import CONFIG
from data_prep.errors import InputError
from gan.config import from_json, replace, to_json
from gan.config.next_frame import NextFrameConfig, check_next_frame


def test_a_config_is_read_as_it_was_written():
    config = replace(CONFIG, recipe="pixels", width=7, average_halflife_nimg=5)
    assert from_json(to_json(config), kind=NextFrameConfig) == config


@pytest.mark.parametrize(
    "fields",
    [
        {"width": 0},
        {"layers": 0},
        {"fps": 0.0},
        {"hold_out_sec": -1.0},
        {"projection_steps": 0},
        {"projection_frame_steps": 0},
        {"perceptual_interval": 0},
        {"perceptual_weight": -0.5},
        {"input_noise": float("nan")},
        {"batch_size": "auto"},
        {"learning_rate": "auto"},
        {"average_halflife_nimg": -1},
        {"total_nimg": 0},
    ],
    ids=lambda fields: next(iter(fields)),
)
def test_invalid_fields_are_named(fields):
    check_next_frame(CONFIG)
    (name,) = fields
    with pytest.raises(InputError, match=f"^--{name.replace('_', '-')} "):
        check_next_frame(replace(CONFIG, **fields))


def test_lazy_updates_are_due_at_the_first_iteration_of_a_call():
    check_next_frame(replace(CONFIG, perceptual_interval=8, iterations_per_dispatch=4))
    check_next_frame(replace(CONFIG, perceptual_interval=3, iterations_per_dispatch=4, perceptual_weight=0.0))
    with pytest.raises(InputError, match=r"^--perceptual-interval 3: must be a multiple"):
        check_next_frame(replace(CONFIG, perceptual_interval=3, iterations_per_dispatch=4))
