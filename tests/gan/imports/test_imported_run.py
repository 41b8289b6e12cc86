"""An import is a run folder: sampled, and the start of a training."""

import dataclasses

import jax
import numpy as np
import pytest
from flax.traverse_util import flatten_dict

from configs.gan import CONFIGS
from data_prep.errors import InputError
from gan.devices.sharding import make_mesh
from gan.imports.imported_run import flags, read_networks, write_run
from gan.runs.run_folder import load_state, saved_config, saved_data
from gan.sample import load_generator
from tests.gan.imports import snapshot_files as files
from tests.slow_cases import slow


def same(mine, theirs) -> bool:
    mine, theirs = (flatten_dict(tree, sep="/") for tree in (mine, theirs))
    return mine.keys() == theirs.keys() and all(np.array_equal(mine[k], theirs[k]) for k in mine)


@pytest.mark.slow
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


@pytest.mark.parametrize(
    "names", [("G_ema",), ("G", "D", "G_ema"), *slow(("G",), ("G", "G_ema"), ("G_ema", "D"), ("G", "D"))]
)
@pytest.mark.parametrize("classes", [0, *slow(2)])
def test_whatever_networks_there_are_are_imported(tmp_path, names, classes):
    """The generator always; the state of a training if there is a discriminator."""
    nets = files.networks(files.Shape(8, base=32, most=4, classes=classes))
    absent = {name: None for name in nets if name not in names}
    extra = {"cur_nimg": 1000, "run_dir": "out", "stats": {"fid": [1.5, 2.0]}, "note": ("a", None)}
    path, run = tmp_path / "network.pkl", tmp_path / "run"
    path.write_bytes(files.snapshot({name: nets[name] for name in names} | absent | extra))
    found = read_networks(path)
    assert found.ignored == ("cur_nimg", "note", "run_dir", "stats")
    path.write_bytes(files.snapshot({"G_ema": nets["G_ema" if "G_ema" in names else "G"]} | {"D": nets["D"]}))
    expected = read_networks(path)
    run.mkdir()
    write_run(run, found, source=path, content="0", like=CONFIGS["auto"])
    generator = load_generator(run)
    assert same(generator.params, expected.params["G_ema"])
    mesh = make_mesh(devices=jax.devices()[:1])
    if "D" not in names:
        with pytest.raises(InputError, match=r"--init-from .* without D"):
            load_state(run, mesh, flag="--init-from")
        return
    _, state = load_state(run, mesh)
    assert same(state.discriminator, expected.params["D"])
    assert same(state.generator, found.params["G" if "G" in names else "G_ema"])


def test_a_generator_that_was_pickled_by_itself(tmp_path):
    net = files.generator(0, files.Shape(8, base=32, most=4))
    data = files.snapshot({"G_ema": net})
    (tmp_path / "whole.pkl").write_bytes(data)
    whole = read_networks(tmp_path / "whole.pkl")
    entry = data.index(b"\x8c\x05G_ema")
    begin = data.index(b"\x8c\x17torch_utils.persistence", entry)
    end = data.index(b"\x8c\x0caugment_pipe")
    (tmp_path / "alone.pkl").write_bytes(b"\x80\x04" + b"N\x94N\x94" + data[begin:end] + b".")
    alone = read_networks(tmp_path / "alone.pkl")
    assert same(alone.params["G_ema"], whole.params["G_ema"])


def test_case_of_a_generator_alone(cases, tmp_path):
    found = read_networks(cases / "pkl-generator-only" / "only_gema.pkl")
    assert set(found.params) == {"G_ema"}
    assert found.shape == (16, 16, 3)
