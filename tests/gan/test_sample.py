"""Generators: saved, loaded, sampled."""

import dataclasses
import json

import jax
import numpy as np
import pytest

from data_prep.errors import InputError
from gan import latents
from gan.config import Stylegan2Config, TrainConfig
from gan.families import build
from gan.sample import identity, load_generator, sample_images, save_generator

SHAPE = (16, 16, 1)


@pytest.fixture
def run(tmp_path, tiny):
    family = build(tiny, SHAPE)
    params = jax.jit(family.init_generator)(jax.random.key(4))
    save_generator(tmp_path, params, config=tiny, shape=SHAPE, nimg=77)
    return tmp_path, family, params


def test_round_trip(run):
    folder, family, params = run
    generator = load_generator(folder)
    assert (generator.shape, generator.nimg, generator.z_dim) == (SHAPE, 77, 16)
    z = latents.from_seeds(range(3), z_dim=16)
    plain = jax.jit(lambda z: family.synthesize(params, family.map(params, z)))(z)
    np.testing.assert_allclose(generator.synthesize(generator.map(z)), plain, rtol=1e-5, atol=1e-6)
    assert load_generator(folder / "generator").identity == generator.identity


def test_identity_follows_the_weights_not_the_training(run, tiny, tmp_path):
    folder, _, params = run
    before = load_generator(folder).identity
    save_generator(folder, params, config=dataclasses.replace(tiny, total_nimg=9), shape=SHAPE, nimg=78)
    assert load_generator(folder).identity == before
    changed = jax.tree.map(lambda a: a + 1e-3, params)
    save_generator(folder, changed, config=tiny, shape=SHAPE, nimg=78)
    assert load_generator(folder).identity != before


def test_fields_that_came_later_leave_identities_as_they_were():
    """Path files name generators by identity: those made before the fields must still be found."""
    config = TrainConfig(family="stylegan2", network=Stylegan2Config(), compute_dtype="float32")
    assert identity(config, (4, 4, 1), {}) == "477323216bdce3ee"
    progan = TrainConfig(compute_dtype="float32")
    wide = dataclasses.replace(progan, network=dataclasses.replace(progan.network, rgb_init_std=1.0))
    assert identity(progan, (4, 4, 1), {}) == "a29f77e0845c69e8"
    assert identity(wide, (4, 4, 1), {}) == "19cc5aeb2eac0831"  # a field that came later in stylegan2 only
    other = dataclasses.replace(config, network=Stylegan2Config(generator_clamp=None))
    assert identity(other, (4, 4, 1), {}) != "477323216bdce3ee"


@pytest.mark.parametrize("changed", [{"base": "latent"}, {"noise": "none"}, {"noise": 8}])
def test_fields_that_came_later_are_in_identities_at_other_values(changed):
    before = TrainConfig(family="stylegan2", network=Stylegan2Config(), compute_dtype="float32")
    after = dataclasses.replace(before, network=Stylegan2Config(**changed))
    assert identity(after, (4, 4, 1), {}) != identity(before, (4, 4, 1), {})


def test_a_picture_does_not_depend_on_its_batch(run):
    _, family, params = run
    z = latents.from_seeds(range(10), z_dim=16)
    whole = np.concatenate(list(sample_images(family, params, z, batch=4)))
    one = np.concatenate(list(sample_images(family, params, z[7:8], batch=4)))
    assert whole.shape == (10, *SHAPE)
    np.testing.assert_array_equal(one[0], whole[7])
    other = np.concatenate(list(sample_images(family, params, z, batch=16))).astype(int)
    assert np.abs(other - whole).max() <= 1


def test_no_generator(tmp_path):
    with pytest.raises(InputError, match=r"holds no generator/weights\.safetensors"):
        load_generator(tmp_path)


def test_weights_of_another_config(run):
    folder, _, _ = run
    path = folder / "generator" / "config.json"
    value = json.loads(path.read_text())
    value["train"]["network"]["channel_max"] = 4
    path.write_text(json.dumps(value))
    with pytest.raises(InputError, match="does not match"):
        load_generator(folder)


@pytest.mark.parametrize("name", ["weights.safetensors", "config.json"])
def test_damaged_files(run, name):
    folder, _, _ = run
    path = folder / "generator" / name
    path.write_bytes(path.read_bytes()[:20])
    with pytest.raises(InputError, match="damaged"):
        load_generator(folder)
