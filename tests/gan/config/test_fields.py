"""Fields of configs by flat names, across groups, and configs as JSON."""

import dataclasses
import json

import pytest

from configs.gan import CONFIGS
from data_prep.errors import InputError
from gan.augment.config import AugmentConfig
from gan.config import (
    RunConfig,
    Stylegan2Config,
    TrainConfig,
    difference,
    flat,
    from_json,
    replace,
    resumable_fields,
    to_json,
)
from gan.config.fields import groups


@pytest.mark.parametrize("name", CONFIGS)
def test_presets_survive_json(name):
    config = CONFIGS[name]
    assert from_json(json.loads(json.dumps(to_json(config))), kind=TrainConfig) == config
    assert difference(config, config) == {}


@pytest.mark.parametrize(
    "config", [TrainConfig(), CONFIGS["small"], RunConfig()], ids=["progan", "stylegan2", "run"]
)
def test_flat_names_are_unique(config):
    parts = groups(config)
    own = len(dataclasses.fields(config)) - len(parts)
    assert len(flat(config)) == own + sum(len(dataclasses.fields(part)) for part in parts.values())


def test_json_has_a_dict_for_each_group():
    value = to_json(CONFIGS["tiny"])
    assert value["intervals"]["tick_nimg"] == value["optim"].pop("accumulate") * 64
    assert {name for name, group in value.items() if isinstance(group, dict)} == set(groups(TrainConfig()))
    assert from_json(value, kind=TrainConfig) == CONFIGS["tiny"]  # an absent field has its default


def test_fields_in_json_may_lie_flat():
    config = replace(CONFIGS["small"], r1_gamma=3.0, metrics=("kid",), augment="bg", tile_px=32)
    lying = flat(config)
    network = {name: lying.pop(name) for name in vars(config.network)}
    read = from_json(json.loads(json.dumps(lying | {"network": network})), kind=TrainConfig)
    assert read == config


def test_replace_reaches_into_groups():
    old = TrainConfig()
    new = replace(old, seed=3, z_dim=8, r1_gamma=2.0, augment="bgc", tick_nimg=5)
    assert (new.seed, new.network.z_dim, new.loss.r1_gamma, new.intervals.tick_nimg) == (3, 8, 2.0, 5)
    assert new.augment == AugmentConfig(augment="bgc")
    expected = {"seed": (0, 3), "z_dim": (64, 8), "r1_gamma": (10.0, 2.0), "augment": ("off", "bgc")}
    assert difference(old, new) == expected | {"tick_nimg": (1000, 5)}


def test_replace_takes_whole_groups_and_their_fields_at_once():
    augment = AugmentConfig(augment_target=0.5)
    new = replace(TrainConfig(), family="stylegan2", network=Stylegan2Config(), w_dim=7, augment=augment)
    assert new.network == Stylegan2Config(w_dim=7)
    assert new.augment == augment


def test_unknown_fields_raise():
    with pytest.raises(TypeError, match="momentum"):
        replace(TrainConfig(), momentum=1)
    for value in (to_json(TrainConfig()) | {"momentum": 1}, [], {"family": "progan"}):
        with pytest.raises(InputError, match=r"config\.json"):
            from_json(value, kind=TrainConfig)


def test_other_recipes_have_configs_of_their_own():
    @dataclasses.dataclass(frozen=True)
    class FlowConfig(RunConfig):
        steps: int = 4

    config = replace(FlowConfig(), steps=5, learning_rate=0.1)
    assert from_json(json.loads(json.dumps(to_json(config))), kind=FlowConfig) == config


def test_resumable_fields_change_no_shapes_and_no_data():
    fields = resumable_fields(TrainConfig())
    assert {
        "total_nimg",
        "learning_rate",
        "r1_gamma",
        "augment",
        "augment_p",
        "tick_nimg",
        "pages_in",
    } <= fields
    assert not {"seed", "batch_size", "resolution", "family", "network", "tile_px", "z_dim"} & fields
    assert "r1_gamma" not in resumable_fields(RunConfig())
