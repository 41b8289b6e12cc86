"""Control settings: layer groups, and values refused by flag."""

import json

import pytest

from animate.controls.config import ControlConfig, layer_groups
from data_prep.errors import InputError


@pytest.mark.parametrize("layers", range(1, 19))
def test_groups_partition_the_layers(layers):
    groups = layer_groups(layers)
    assert sorted(layer for own in groups.values() for layer in own) == list(range(layers))
    assert groups["coarse"] == list(range(min(layers, 3)))
    assert groups["middle"] == list(range(3, min(layers, 7)))


def test_groups_can_be_set():
    assert layer_groups(10, coarse="0-4") == {"coarse": [0, 1, 2, 3, 4], "middle": [5, 6], "fine": [7, 8, 9]}
    assert layer_groups(8, middle="2-6") == {"coarse": [0, 1], "middle": [2, 3, 4, 5, 6], "fine": [7]}
    assert layer_groups(4, coarse="0", middle="1-2")["fine"] == [3]
    for words in ({"coarse": "0-10"}, {"coarse": "3-1"}, {"middle": "x"}, {"coarse": "0-3", "middle": "3-5"}):
        with pytest.raises(InputError, match="-layers"):
            layer_groups(10, **words)


@pytest.mark.parametrize(
    ("config", "printed"),
    [
        (ControlConfig(truncation=(1.0, float("nan"))), "--truncation 1 nan"),
        (ControlConfig(fine="3,4"), "--fine 3,4: must be one seed"),
        (ControlConfig(coarse="x"), "--coarse x"),
        (ControlConfig(coarse_layers="0-2"), "--coarse-layers requires"),
        (ControlConfig(direction_strength=(2.0,)), "--direction-strength requires"),
        (ControlConfig(direction="17"), "--direction 17: must be"),
        (ControlConfig(direction="d.npz[0]", direction_strength=()), "--direction-strength"),
    ],
)
def test_invalid_settings_are_refused_by_flag(config, printed):
    with pytest.raises(InputError) as refused:
        config.check()
    assert printed in str(refused.value)


def test_changed_settings_are_those_of_the_command():
    assert json.dumps(ControlConfig(fine="3").changed()) == '{"fine": "3"}'
    assert ControlConfig().changed() == {}
