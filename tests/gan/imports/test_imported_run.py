"""An import is a run folder: sampled, and the start of a training."""

import dataclasses

import jax
import numpy as np
from flax.traverse_util import flatten_dict

from configs.gan import CONFIGS
from gan.imports.imported_run import flags, read_networks
from gan.runs.run_folder import load_state, saved_config, saved_data
from gan.sample import load_generator
from gan.sharding import make_mesh


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
