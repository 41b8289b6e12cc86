"""Weights of one run as the start of another: what agrees is taken bit for bit, the rest is named."""

import dataclasses

import jax
import numpy as np
import pytest

from data_prep.errors import InputError
from gan.__main__ import main
from gan.families import build
from gan.runs.log import read_log
from gan.runs.run_folder import load_state
from gan.runs.transfer import transplant
from gan.sharding import make_mesh
from gan.state import make_state


@pytest.fixture(scope="module")
def mesh():
    return make_mesh(jax.devices()[:1])


@pytest.fixture(scope="module")
def states(tiny, mesh):
    """A donor of 16 px and a run of 8 px, of other seeds."""
    donor = make_state(build(tiny, (16, 16, 1)), tiny, mesh)
    other = dataclasses.replace(tiny, seed=1)
    return donor, make_state(build(other, (8, 8, 1)), other, mesh)


def test_what_agrees_is_taken_and_the_rest_is_named(states):
    donor, state = states
    moved = transplant(state, donor)
    assert set(moved.left) == set()  # 8 px networks are the inner part of 16 px ones
    for field in ("generator", "average", "discriminator"):
        mine, theirs = getattr(moved.state, field), getattr(donor, field)
        for name in mine:
            jax.tree.map(np.testing.assert_array_equal, mine[name], theirs[name])
    assert moved.state.nimg == 0
    back = transplant(donor, state)
    assert {name.split("/")[1] for name in back.left} == {"up_2", "conv_2", "rgb_2", "down_2", "skip_2"}


@pytest.mark.parametrize(("kind", "other"), [("fsdp", "data"), ("data", "fsdp")])
def test_the_donor_may_be_split_in_another_way(tiny, kind, other):
    mesh = make_mesh(jax.devices()[:4])
    donor, state = (
        make_state(build(c, (16, 16, 1)), c, mesh)
        for c in (dataclasses.replace(tiny, sharding=kind), dataclasses.replace(tiny, sharding=other, seed=1))
    )
    moved = transplant(state, donor)
    assert moved.left == []
    for field in ("generator", "average", "discriminator"):
        mine, theirs, before = (getattr(s, field) for s in (moved.state, donor, state))
        jax.tree.map(np.testing.assert_array_equal, mine, theirs)
        assert jax.tree.all(jax.tree.map(lambda a, b: a.sharding == b.sharding, mine, before))
    splits = [not leaf.sharding.is_fully_replicated for leaf in jax.tree.leaves(moved.state.generator)]
    assert any(splits) == (other == "fsdp")


def test_other_channels_leave_the_layers_at_the_image(tiny, mesh, states):
    colour = make_state(build(tiny, (16, 16, 3)), tiny, mesh)
    moved = transplant(colour, states[0])
    assert {name.split("/")[1].split("_")[0] for name in moved.left} == {"rgb"}


def test_a_run_starts_from_another(small_tiles, tmp_path, capsys):
    words = ["train", "tiny", "--data", str(small_tiles), "--metric-images", "0", "--r1-interval", "1"]
    assert main([*words, "--run", str(tmp_path / "first"), "--total-nimg", "16"]) == 0
    first = str(tmp_path / "first")
    assert main([*words, "--run", str(tmp_path / "next"), "--total-nimg", "16", "--init-from", first]) == 0
    notes = [line["message"] for line in read_log(tmp_path / "next") if line["kind"] == "note"]
    assert any("arrays from" in note for note in notes)
    weights = load_state(tmp_path / "first", make_mesh(jax.devices()[:1]))[1].average
    assert jax.tree.leaves(weights)
    assert main([*words, "--run", str(tmp_path / "no"), "--init-from", str(tmp_path / "absent")]) == 2
    assert "--init-from" in capsys.readouterr().err


def test_no_run_to_start_from(tmp_path, mesh):
    with pytest.raises(InputError, match="is no run folder"):
        load_state(tmp_path, mesh, flag="--init-from")
