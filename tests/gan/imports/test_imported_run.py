"""An import is a run folder: sampled, and the start of a training."""

import dataclasses

import jax
import numpy as np
import pytest
from flax.traverse_util import flatten_dict

from configs.gan import CONFIGS
from gan.__main__ import main
from gan.imports.imported_run import flags, read_networks
from gan.runs.run_folder import load_state, saved_config, saved_data
from gan.sample import load_generator
from gan.sharding import make_mesh
from tests.gan.imports import snapshot_files as files
from tests.gan.imports.snapshot_files import Shape

SHAPE = Shape(
    resolution=8,
    channels=1,
    classes=2,
    z_dim=16,
    w_dim=12,
    layers=3,
    drawn=(6, 4),
    judged=(5, 7),
    clamp=1.5,
    beta=0.998,
    group=2,
    critic="orig",
)


@pytest.fixture(scope="module")
def imported(tmp_path_factory):
    """(snapshot, run folder made of it)."""
    folder = tmp_path_factory.mktemp("import")
    (folder / "network.pkl").write_bytes(files.snapshot(files.networks(SHAPE)))
    assert main(["import", str(folder / "network.pkl"), "--out", str(folder / "run")]) == 0
    return folder / "network.pkl", folder / "run"


def same(mine, theirs) -> bool:
    mine, theirs = (flatten_dict(tree, sep="/") for tree in (mine, theirs))
    return mine.keys() == theirs.keys() and all(np.array_equal(mine[k], theirs[k]) for k in mine)


def test_the_generator_is_the_average_and_the_checkpoint_holds_all(imported):
    file, run = imported
    networks = read_networks(file)
    generator = load_generator(run)
    assert generator.class_names == ("0", "1")
    assert generator.family == networks.family
    assert same(generator.params, networks.params["G_ema"])
    recipe, source = load_state(run, make_mesh(devices=jax.devices()[:1]))  # as --init-from does
    assert recipe.family == networks.family
    for field, name in (("generator", "G"), ("discriminator", "D"), ("average", "G_ema")):
        assert same(getattr(source, field), networks.params[name])
    assert not same(source.generator, source.average)
    assert saved_config(run).conditional
    assert saved_data(run)["shape"] == [8, 8, 1]


def test_flags_undo_the_base_and_the_noise_of_a_preset(imported):
    config, auto_preset = saved_config(imported[1]), CONFIGS["auto"]
    network = dataclasses.replace(auto_preset.network, base="latent", noise=16, rgb_init_std=0.1)
    words = " ".join(flags(config, dataclasses.replace(auto_preset, network=network)))
    assert "--base const --rgb-init-std 1.0 --noise all" in words
