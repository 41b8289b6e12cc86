"""Invalid fields are named by their flag, and shapes that networks cannot have are rejected."""

import dataclasses
import inspect
import re

import jax
import pytest

from configs.gan import CONFIGS
from data_prep.errors import InputError
from gan.config import FieldConfig, RunConfig, TrainConfig, check, check_run, check_shape, replace, run
from gan.config.auto import resolve
from gan.families import build
from gan.metrics import METRICS, Result


@pytest.mark.parametrize("name", CONFIGS)
@pytest.mark.slow_cases("blob-512", "blob-1024")
def test_presets_are_valid_and_build_networks(name):
    config = CONFIGS[name]
    assert config.preset == name
    check(config)
    shape = (config.resolution or 16, config.resolution or 16, config.channels or 1)
    check_shape(config, shape)
    family = build(resolve(config, shape, devices=1)[0], shape)
    assert jax.tree.leaves(jax.eval_shape(family.init_generator, jax.random.key(0)))


RUN_FIELDS = [
    ("total_nimg", 0),
    ("seed", -1),
    ("seed", 2**32),
    ("beta1", 1.0),
    ("beta1", -0.1),
    ("weight_decay", -0.1),
    ("beta2", 1.0),
    ("beta2_final", 1.0),
    ("learning_rate", 0.0),
    ("learning_rate_final", 0.0),
    ("schedule_nimg", 0),
    ("tick_nimg", 0),
    ("keep_every_nimg", -1),
    ("grid_size", (0, 3)),
    ("metrics", ("frechet", "fid")),
    ("best_by", "kid"),
    ("tile_px", 31),
]
LOSS_FIELDS = [
    ("r1_gamma", -1.0),
    ("r1_interval", 0),
    ("r1_gamma_final", -1.0),
    ("r2_gamma", -1.0),
    ("ema_halflife_nimg_final", -1),
    ("style_mixing", 1.5),
    ("path_decay", 0.0),
    ("ema_rampup", -1.0),
    ("z_dim", 0),
]


@pytest.mark.parametrize(("field", "value"), RUN_FIELDS + LOSS_FIELDS)
def test_invalid_fields_raise_with_their_flag(field, value):
    with pytest.raises(InputError, match=f"^--{field.replace('_', '-')} "):
        check(replace(TrainConfig(), **{field: value}))


@pytest.mark.parametrize(("field", "value"), RUN_FIELDS)
def test_every_run_is_checked_likewise(field, value):
    check_run(RunConfig())
    with pytest.raises(InputError, match=f"^--{field.replace('_', '-')} "):
        check_run(replace(RunConfig(), **{field: value}))


@pytest.mark.parametrize(("field", "value"), [("noise", 0), ("rgb_init_std", 0.0), ("w_mean_decay", 1.0)])
def test_invalid_fields_of_stylegan2_raise_with_their_flag(field, value):
    config = replace(CONFIGS["small"], **{field: value})
    with pytest.raises(InputError, match=f"^--{field.replace('_', '-')} "):
        check(config)


def test_schedules_and_r2_are_valid():
    final = {
        "learning_rate_final": 1e-4,
        "beta2_final": 0.9,
        "r1_gamma_final": 0.0,
        "ema_halflife_nimg_final": 0,
    }
    check(replace(TrainConfig(), schedule_nimg=9, r2_gamma="same", **final))
    check(replace(TrainConfig(), r1_gamma_final="auto"))


def test_metrics_are_those_of_the_registry(monkeypatch):
    config = replace(TrainConfig(), metrics=tuple(METRICS))
    check(config)
    added = replace(config, metrics=("ink",))
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


def field_config(**fields):
    return dataclasses.replace(TrainConfig(), family="field", network=FieldConfig(**fields))


def test_family_field_takes_multiples_of_its_cells():
    for shape in ((16, 16, 1), (48, 64, 1), (96, 96, 3)):
        check_shape(field_config(cell_px=16), shape)
    for shape in ((8, 16, 1), (64, 72, 1)):
        check_shape(field_config(cell_px=8), shape)
        with pytest.raises(InputError, match="multiples of --cell-px 16"):
            check_shape(field_config(cell_px=16), shape)
    with pytest.raises(InputError, match="--channels 3"):
        check_shape(dataclasses.replace(field_config(), channels=3), (16, 16, 1))
    check_shape(field_config(crop_px=32), (64, 32, 1))
    with pytest.raises(InputError, match=r"^--crop-px 32: .*at most 24"):
        check_shape(field_config(crop_px=32), (64, 24, 1))


FIELD = [
    ("local_dim", 1),
    ("global_dim", 0),
    ("trunk_layers", -1),
    ("cell_px", 12),
    ("cell_px", 2),
    ("crop_px", 12),
]


@pytest.mark.parametrize(("name", "value"), FIELD)
def test_invalid_fields_of_field_raise_with_their_flag(name, value):
    check(field_config(trunk_layers=0, crop_px=24))
    with pytest.raises(InputError, match=f"^--{name.replace('_', '-')} {value}"):
        check(field_config(**{name: value}))


def test_family_field_has_no_classes_and_no_path_length():
    for on in (replace(field_config(), path_weight=2.0), replace(field_config(), conditional=True)):
        with pytest.raises(InputError, match="must be off in family field"):
            check(on)


def test_help_lists_the_metrics():
    listed = re.search(r"all real images: ([^.]+)\.", inspect.getsource(run))
    assert listed
    of_gans = [name for name in METRICS if name != "bound"]
    assert listed[1].replace("\n", " ").split(", or ")[0].split() == ", ".join(of_gans).split()
