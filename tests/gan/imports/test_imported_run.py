"""An import is a run folder: sampled, and the start of a training."""

import dataclasses

import jax
import numpy as np
import pytest
import tyro
from flax.traverse_util import flatten_dict

from configs.gan import CONFIGS
from gan import auto
from gan.__main__ import main
from gan.config import TrainConfig
from gan.imports.imported_run import flags, read_networks
from gan.recipes import build_recipe
from gan.runs.run_folder import load_state, saved_config, saved_data
from gan.runs.transfer import transfer
from gan.sample import load_generator
from gan.sharding import make_mesh
from gan.state import make_state
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


def test_it_is_sampled_and_told(imported, tmp_path, capsys):
    file, run = imported
    assert (
        main(["sample", str(run), "--out", str(tmp_path / "pictures"), "--seeds", "0-3", "--label", "1"]) == 0
    )
    assert (tmp_path / "pictures" / "grid.png").is_file()
    capsys.readouterr()
    assert main(["import", str(file), "--out", str(run)]) == 0
    assert "already done" in capsys.readouterr().out
    other = tmp_path / "other.pkl"
    other.write_bytes(files.snapshot(files.networks(Shape(8, base=32, most=4))))
    assert main(["import", str(other), "--out", str(run)]) == 2
    assert "--overwrite" in capsys.readouterr().err
    copy = tmp_path / "run"
    assert main(["import", str(file), "--out", str(copy)]) == 0
    told = capsys.readouterr()
    assert told.out.startswith(f"{copy}/generator  stylegan2, 8 x 8 px, channels 1, classes 2, parameters G ")
    assert "--init-from" in told.err
    assert main(["import", str(other), "--out", str(copy), "--overwrite"]) == 0
    assert load_generator(copy).shape == (8, 8, 3)


def test_a_training_told_as_printed_builds_the_same_networks(imported, tmp_path, capsys):
    """The printed line, read as `gan train` reads it: nothing is left anew, and what is computed is equal."""
    file, run = imported
    assert main(["import", str(file), "--out", str(tmp_path / "copy")]) == 0
    _, words = capsys.readouterr().err.splitlines()[0].split(" --data DATASET --run NEW ")
    options = {"default": CONFIGS["auto"], "config": (tyro.conf.OmitArgPrefixes,)}
    config = tyro.cli(TrainConfig, args=words.split(), **options)
    config, _ = auto.resolve(config, (8, 8, 1), devices=1)
    assert config.init_from == str(tmp_path / "copy")
    assert config.conditional
    theirs = read_networks(file)
    unused = {"channel_base": config.network.channel_base, "channel_max": config.network.channel_max}
    assert not {"--channel-base", "--channel-max"} & set(words.split())  # it has widths of its own
    assert config.network == dataclasses.replace(theirs.network, minibatch_order="neighbours", **unused)
    recipe = build_recipe(config, (8, 8, 1), num_classes=2)
    mesh = make_mesh(devices=jax.devices()[:1])
    _, source = load_state(run, mesh)
    moved = transfer(make_state(recipe, mesh), source, recipe=recipe)
    assert moved.left == []
    images = jax.random.normal(jax.random.key(1), (4, 8, 8, 1))
    labels, order = np.array([0, 1, 1, 0], np.int32), np.array([0, 2, 1, 3])  # groups {0, 2} and {1, 3}
    logits = jax.jit(theirs.family.discriminate)(theirs.params["D"], images, labels=labels)
    mine = jax.jit(recipe.family.discriminate)(moved.state.discriminator, images[order], labels=labels[order])
    np.testing.assert_allclose(mine, logits[order], rtol=1e-5)


def test_flags_undo_the_base_and_the_noise_of_a_preset(imported):
    config, auto_preset = saved_config(imported[1]), CONFIGS["auto"]
    network = dataclasses.replace(auto_preset.network, base="latent", noise=16, rgb_init_std=0.1)
    words = " ".join(flags(config, dataclasses.replace(auto_preset, network=network)))
    assert "--base const --rgb-init-std 1.0 --noise all" in words


def test_bad_files_start_nothing(tmp_path, capsys):
    (tmp_path / "text.pkl").write_text("not a pickle")
    (tmp_path / "empty.pkl").write_bytes(b"")
    for name, message in (
        ("text.pkl", "not a readable snapshot"),
        ("empty.pkl", "not a readable snapshot"),
        ("none.pkl", "no file"),
    ):
        assert main(["import", str(tmp_path / name), "--out", str(tmp_path / "run")]) == 2
        told = capsys.readouterr().err.strip()
        assert message in told
        assert len(told.splitlines()) == 1
    assert not (tmp_path / "run").exists()
