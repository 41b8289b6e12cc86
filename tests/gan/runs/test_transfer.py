"""Weights of one run as the start of another: what agrees is taken bit for bit, the rest is named."""

import dataclasses

import jax
import numpy as np
import pytest

from configs.gan.stylegan2_tiny import CONFIG as STYLEGAN2_TINY
from data_prep.errors import InputError
from gan.__main__ import main
from gan.devices.sharding import make_mesh
from gan.recipes import build_recipe
from gan.recipes.adversarial import Adversarial
from gan.runs.checkpoint import Checkpoints
from gan.runs.log import read_log
from gan.runs.run_folder import certify, load_state
from gan.runs.transfer import describe, transfer
from gan.steps.state import make_state


@pytest.fixture(scope="module")
def mesh():
    return make_mesh(devices=jax.devices()[:1])


@pytest.fixture(scope="module")
def states(tiny, mesh):
    """A source of 8 px and a run of 4 px, of other seeds."""
    source = make_state(build_recipe(tiny, (8, 8, 1)), mesh)
    other = dataclasses.replace(tiny, seed=1)
    return source, make_state(build_recipe(other, (4, 4, 1)), mesh)


def test_what_agrees_is_taken_and_the_rest_is_named(states):
    source, state = states
    moved = transfer(state, source, recipe=Adversarial)
    assert set(moved.left) == set()  # 4 px networks are the inner part of 8 px ones
    for field in ("generator", "average", "discriminator"):
        mine, theirs = getattr(moved.state, field), getattr(source, field)
        for name in mine:
            jax.tree.map(np.testing.assert_array_equal, mine[name], theirs[name])
    assert moved.state.nimg == 0
    back = transfer(source, state, recipe=Adversarial)
    assert {name.split("/")[1] for name in back.left} == {"up_1", "conv_1", "rgb_1", "down_1", "skip_1"}
    assert (moved.unused, back.unused) == (back.left, [])


@pytest.mark.slow
@pytest.mark.parametrize(("kind", "other"), [("data", "fsdp"), ("fsdp", "data")])
def test_the_source_may_be_split_in_another_way(tiny, kind, other):
    mesh = make_mesh(devices=jax.devices()[:4])
    source, state = (
        make_state(build_recipe(c, (16, 16, 1)), mesh)
        for c in (dataclasses.replace(tiny, sharding=kind), dataclasses.replace(tiny, sharding=other, seed=1))
    )
    moved = transfer(state, source, recipe=Adversarial)
    assert moved.left == []
    for field in ("generator", "average", "discriminator"):
        mine, theirs, before = (getattr(s, field) for s in (moved.state, source, state))
        jax.tree.map(np.testing.assert_array_equal, mine, theirs)
        assert jax.tree.all(jax.tree.map(lambda a, b: a.sharding == b.sharding, mine, before))
    splits = [not leaf.sharding.is_fully_replicated for leaf in jax.tree.leaves(moved.state.generator)]
    assert any(splits) == (other == "fsdp")


@pytest.mark.slow
def test_other_channels_leave_the_layers_at_the_image(tiny, mesh, states):
    colour = make_state(build_recipe(tiny, (8, 8, 3)), mesh)
    moved = transfer(colour, states[0], recipe=Adversarial)
    assert {name.split("/")[1].split("_")[0] for name in moved.left} == {"rgb"}


@pytest.mark.slow
def test_other_bases_and_noise_inputs_are_not_transferred(mesh):
    const = dataclasses.replace(STYLEGAN2_TINY, compute_dtype="float32")
    network = dataclasses.replace(const.network, base="latent", noise="none")
    latent = dataclasses.replace(const, network=network, seed=1)
    source, state = (make_state(build_recipe(c, (4, 4, 1)), mesh) for c in (const, latent))
    moved = transfer(state, source, recipe=Adversarial)
    assert moved.left == [f"generator/synthesis/base/{name}" for name in ("bias", "kernel")]
    layers = [f"generator/synthesis/{name}" for name in ("const", "conv_0")]
    line = describe(moved, "RUN")
    assert line.endswith(f" arrays from RUN; new: generator/synthesis/base; not used: {', '.join(layers)}")
    back = describe(transfer(source, state, recipe=Adversarial), "RUN")
    assert "; new: generator/synthesis/const, " in back
    assert back.endswith("; not used: generator/synthesis/base")


@pytest.mark.slow
def test_a_run_starts_from_another(tiny, states, small_tiles, tmp_path):
    words = ["train", "tiny", "--data", str(small_tiles), "--metric-images", "0", "--r1-interval", "1"]
    first, source = tmp_path / "first", states[0]
    with Checkpoints(first, keep_latest=1, keep_every_nimg=0) as checkpoints:
        checkpoints.save(source, 0)
    certify(first, tiny, {"folder": "nowhere", "content_hash": "0", "shape": [8, 8, 1], "classes": []})
    weights = load_state(first, make_mesh(devices=jax.devices()[:1]))[1].average
    jax.tree.map(np.testing.assert_array_equal, weights, source.average)
    run = str(tmp_path / "next")
    assert main([*words, "--run", run, "--total-nimg", "16", "--init-from", str(first)]) == 0
    notes = [line["message"] for line in read_log(tmp_path / "next") if line["kind"] == "note"]
    assert any("arrays from" in note for note in notes)


def test_an_absent_run_is_named(small_tiles, tmp_path, capsys):
    words = ["train", "tiny", "--data", str(small_tiles), "--run", str(tmp_path / "run")]
    assert main([*words, "--init-from", str(tmp_path / "absent")]) == 2
    assert "--init-from" in capsys.readouterr().err


def test_no_run_to_start_from(tmp_path, mesh):
    with pytest.raises(InputError, match="is no run folder"):
        load_state(tmp_path, mesh, flag="--init-from")
