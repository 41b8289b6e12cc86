"""Configs of DRAW: the first invalid flag is named, and JSON returns the same config."""

import pytest

from configs.gan import DRAW_CONFIGS
from data_prep.errors import InputError
from gan.config import from_json, replace, to_json
from gan.config.draw import DrawConfig, check_doodle_shape, check_draw


@pytest.mark.parametrize("preset", DRAW_CONFIGS)
def test_presets_are_valid_and_pass_through_json(preset):
    config = DRAW_CONFIGS[preset]
    check_draw(config)
    check_doodle_shape(config, (28, 28, 1))
    assert from_json(to_json(config), kind=DrawConfig) == config


def test_the_presets_have_the_published_settings():
    paper, small = DRAW_CONFIGS["draw-paper"], DRAW_CONFIGS["draw"]
    assert (paper.draw.glimpses, paper.draw.glimpse_z, paper.draw.hidden) == (64, 100, 256)
    assert (paper.draw.read_size, paper.draw.write_size) == (2, 5)
    assert (small.draw.glimpses, small.draw.glimpse_z, small.draw.read_size) == (10, 10, 5)
    assert (small.batch_size, small.optim.learning_rate, small.optim.beta1) == (100, 0.001, 0.5)
    assert small.optim.clip_norm == 5


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"glimpses": 0}, "--glimpses 0: must be at least 1"),
        ({"read_size": 1}, "--read-size 1: must be at least 2, or 0"),
        ({"write_size": -2}, "--write-size -2: must be"),
        ({"clip_norm": 0.0}, "--clip-norm 0: must be above 0"),
        ({"hold_out": 1.0}, "--hold-out 1: must be from 0 to below 1"),
        ({"hold_out_interval": 0}, "--hold-out-interval 0"),
        ({"iterations_per_dispatch": 4}, "--hold-out-interval 10: must be a multiple of 4"),
        ({"batch_size": 0}, "--batch-size 0: must be above 0"),
    ],
)
def test_the_first_invalid_flag_is_named(fields, message):
    with pytest.raises(InputError, match=message):
        check_draw(replace(DRAW_CONFIGS["draw"], **fields))


@pytest.mark.parametrize(
    ("shape", "message"),
    [
        ((28, 28, 3), "3 channels; DRAW draws grey images"),
        ((256, 28, 1), "256 x 28 px; DRAW draws up to 128"),
        ((4, 28, 1), "--read-size 5: must be at most 4"),
    ],
)
def test_images_that_do_not_fit(shape, message):
    with pytest.raises(InputError, match=message):
        check_doodle_shape(DRAW_CONFIGS["draw"], shape)


def test_a_required_resolution():
    with pytest.raises(InputError, match="--resolution 64: the dataset's images are 28 x 28"):
        check_doodle_shape(replace(DRAW_CONFIGS["draw"], resolution=64), (28, 28, 1))
