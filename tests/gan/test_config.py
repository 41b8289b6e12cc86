"""Configs: invalid fields are named by their flag, and JSON keeps every field."""

import dataclasses
import inspect
import json
import re

import pytest

from configs.gan import CONFIGS
from data_prep.errors import InputError
from gan import config as configuration
from gan.config import TrainConfig, check, check_shape, difference, from_json, to_json
from gan.metrics import METRICS, Result


@pytest.mark.parametrize("name", CONFIGS)
def test_presets_are_valid_and_survive_json(name):
    check(CONFIGS[name])
    assert from_json(json.loads(json.dumps(to_json(CONFIGS[name])))) == CONFIGS[name]
    assert difference(CONFIGS[name], CONFIGS[name]) == {}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("total_nimg", 0),
        ("r1_gamma", -1.0),
        ("seed", -1),
        ("seed", 2**32),
        ("beta2", 1.0),
        ("style_mixing", 1.5),
        ("grid_size", (0, 3)),
        ("metrics", ("frechet", "fid")),
        ("best_by", "kid"),
    ],
)
def test_invalid_fields_raise_with_their_flag(field, value):
    with pytest.raises(InputError, match=f"^--{field.replace('_', '-')} "):
        check(dataclasses.replace(TrainConfig(), **{field: value}))


def test_metrics_are_those_of_the_registry(monkeypatch):
    config = dataclasses.replace(TrainConfig(), metrics=tuple(METRICS))
    check(config)
    added = dataclasses.replace(config, metrics=("ink",))
    with pytest.raises(InputError, match=f"--metrics ink: must be among {', '.join(METRICS)}"):
        check(added)
    monkeypatch.setitem(METRICS, "ink", lambda m: Result({"ink": 0.0}))
    check(added)


def test_shapes_that_networks_cannot_have_are_rejected():
    check_shape(TrainConfig(), (16, 32, 1))
    for shape in ((12, 12, 1), (16, 18, 1), (2, 2, 1)):
        with pytest.raises(InputError, match="short side"):
            check_shape(TrainConfig(), shape)
    with pytest.raises(InputError, match="--channels 3"):
        check_shape(dataclasses.replace(TrainConfig(), channels=3), (16, 16, 1))


def test_differences_are_named_by_field():
    old = TrainConfig()
    new = dataclasses.replace(
        old, seed=3, network=dataclasses.replace(old.network, z_dim=8), augment=old.augment
    )
    assert difference(old, new) == {"seed": (0, 3), "z_dim": (64, 8)}


def test_unknown_fields_in_json_raise():
    for value in (to_json(TrainConfig()) | {"momentum": 1}, [], {"family": "progan"}):
        with pytest.raises(InputError, match=r"config\.json"):
            from_json(value)


def test_help_lists_the_metrics():
    listed = re.search(r"all real images: ([^.]+)\.", inspect.getsource(configuration))
    assert listed
    assert listed[1].replace("\n", " ").split(", or ")[0].split() == ", ".join(METRICS).split()
