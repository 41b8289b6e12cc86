"""Configs of several values per field: flags, axes, errors."""

import dataclasses
from typing import Annotated

import pytest
import tyro

from configs.gan import CONFIGS
from data_prep.cli import parse
from data_prep.errors import InputError
from gan.config import TrainConfig, replace
from gan.config.lists import listed, split


def given(preset, *words):
    """Config and axes that flags give."""
    default, found = listed(CONFIGS[preset]), []

    def command(config: Annotated[type(default), tyro.conf.arg(name="")] = default) -> None:
        found.append(split(config, like=CONFIGS[preset]))

    parse(command, prog="sweep", words=words)()
    return found[0]


@pytest.mark.parametrize("preset", CONFIGS)
def test_without_flags_there_is_the_preset_and_no_axis(preset):
    assert given(preset) == (CONFIGS[preset], {})


def test_numbers_and_choices_of_all_groups_take_several_values():
    words = "--r1-gamma 3 auto --batch-size 4 --channel-base 512 1024 --base const latent --noise all 8"
    config, axes = given("small", *words.split(), "--discriminator-clamp", "None", "2")
    assert axes == {
        "channel_base": (512, 1024),
        "discriminator_clamp": (None, 2.0),
        "base": ("const", "latent"),
        "noise": ("all", 8),
        "r1_gamma": (3.0, "auto"),
    }
    first = {name: values[0] for name, values in axes.items()}
    assert config == replace(CONFIGS["small"], batch_size=4, **first)


def test_output_tuples_and_switches_stay_single():
    config, axes = given("tiny", "--snapshot-nimg", "8", "--grid-size", "2", "3", "--conditional")
    assert (config.intervals.snapshot_nimg, config.evaluation.grid_size, config.conditional) == (
        8,
        (2, 3),
        True,
    )
    assert axes == {}
    several = listed(TrainConfig())
    assert all(not isinstance(v, tuple) for v in vars(several.intervals).values())


@pytest.mark.parametrize(("values", "rule"), [((), "one value or more"), ((3.0, 3.0), "must differ")])
def test_values_that_are_no_axis(values, rule):
    several = listed(TrainConfig())
    several = dataclasses.replace(several, loss=dataclasses.replace(several.loss, r1_gamma=values))
    with pytest.raises(InputError, match=f"^--r1-gamma.*{rule}"):
        split(several, like=TrainConfig())
