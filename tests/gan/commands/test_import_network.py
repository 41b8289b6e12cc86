"""`gan import`: what is printed can be sampled and trained; bad files start nothing."""

import dataclasses

import jax
import numpy as np
import pytest
import tyro

from configs.gan import CONFIGS
from gan.__main__ import main
from gan.config import TrainConfig, auto
from gan.devices.sharding import make_mesh
from gan.imports.imported_run import read_networks
from gan.recipes import build_recipe
from gan.runs.run_folder import load_state
from gan.runs.transfer import transfer
from gan.sample import load_generator
from gan.steps.state import make_state
from tests.gan.imports import snapshot_files as files


def test_an_import_is_sampled_and_described(imported, tmp_path, capsys):
    file, run = imported
    assert (
        main(["sample", str(run), "--out", str(tmp_path / "images"), "--seeds", "0-3", "--label", "1"]) == 0
    )
    assert (tmp_path / "images" / "grid.png").is_file()
    capsys.readouterr()
    assert main(["import", str(file), "--out", str(run)]) == 0
    assert "already done" in capsys.readouterr().out
    other = tmp_path / "other.pkl"
    other.write_bytes(files.snapshot(files.networks(files.Shape(8, base=32, most=4))))
    assert main(["import", str(other), "--out", str(run)]) == 2
    assert "--overwrite" in capsys.readouterr().err
    copy = tmp_path / "run"
    assert main(["import", str(file), "--out", str(copy)]) == 0
    printed = capsys.readouterr()
    described = "stylegan2, 8 x 8 px, channels 1, classes 2, parameters G "
    assert printed.out.startswith(f"{copy}/generator  {described}")
    assert "--init-from" in printed.err
    assert main(["import", str(other), "--out", str(copy), "--overwrite"]) == 0
    assert load_generator(copy).shape == (8, 8, 3)


@pytest.mark.slow
def test_the_printed_training_builds_the_same_networks(imported, tmp_path, capsys):
    """The printed line, parsed as by `gan train`: no parameter is initialised, logits are equal."""
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


def test_bad_files_write_nothing(tmp_path, capsys):
    (tmp_path / "text.pkl").write_text("not a pickle")
    (tmp_path / "empty.pkl").write_bytes(b"")
    for name, message in (
        ("text.pkl", "not a readable snapshot"),
        ("empty.pkl", "not a readable snapshot"),
        ("none.pkl", "no file"),
    ):
        assert main(["import", str(tmp_path / name), "--out", str(tmp_path / "run")]) == 2
        line = capsys.readouterr().err.strip()
        assert message in line
        assert len(line.splitlines()) == 1
    assert not (tmp_path / "run").exists()
