"""Programs of a training: which are compiled, in how many rounds, and whether they fit."""

import dataclasses

import jax
import pytest

from data_prep.errors import InputError
from gan import compiled_steps as dispatching
from gan.compiled_steps import Dispatcher, kinds_due, parts_of, rounds_to_try
from gan.families import build
from gan.sharding import make_mesh
from gan.state import abstract_state
from gan.step import Due


def make(config, size=8):
    mesh = make_mesh(jax.devices()[:1])
    family = build(config, (size, size, 1))
    return Dispatcher(family, config, mesh, abstract_state(family, config, mesh)).ready()


def test_kinds_are_those_that_calls_begin_with(tiny):
    config = dataclasses.replace(tiny, path_weight=2.0, path_interval=2, r1_interval=4)
    assert set(kinds_due(config, every=1)) == {Due(True, True), Due(False, True), Due()}
    assert set(kinds_due(config, every=2)) == {Due(True, True), Due(False, True)}
    assert kinds_due(config, every=4) == [Due(True, True)]


def test_no_update_is_compiled_twice(tiny):
    """Three kinds of iteration, made of two updates of each network; a longer call is one program."""
    config = dataclasses.replace(tiny, path_weight=2.0, path_interval=2, r1_interval=4)
    parts = {part for kind in kinds_due(config, every=1) for part in parts_of(1, kind)}
    assert parts == {
        (1, "discriminator", Due(r1=True)),
        (1, "discriminator", Due()),
        (1, "generator", Due(path=True)),
        (1, "generator", Due()),
    }
    assert parts_of(4, Due(True, True)) == [(4, "both", Due(True, True))]


@pytest.mark.parametrize(
    ("batch", "devices", "group", "expected"),
    [(32, 1, 4, [1, 2, 4, 8]), (32, 4, 4, [1, 2]), (6, 1, 4, [1, 3])],
)
def test_rounds_keep_groups_whole(tiny, batch, devices, group, expected):
    network = dataclasses.replace(tiny.network, minibatch_group=group)
    config = dataclasses.replace(tiny, batch_size=batch, network=network, accumulate="auto")
    mesh = make_mesh(jax.devices()[:devices])
    assert list(rounds_to_try(config, mesh)) == expected
    with pytest.raises(InputError, match="--accumulate 7"):
        rounds_to_try(dataclasses.replace(config, accumulate=7), mesh)


def test_strided_groups_take_one_round(tiny):
    """In two rounds item 0 of 8 would be grouped with 2, not with 4."""
    network = dataclasses.replace(tiny.network, minibatch_group=2, minibatch_order="strided")
    config = dataclasses.replace(tiny, batch_size=8, network=network, accumulate="auto")
    for devices in (1, 2):
        mesh = make_mesh(jax.devices()[:devices])
        assert list(rounds_to_try(config, mesh)) == [1]
        assert list(rounds_to_try(dataclasses.replace(config, accumulate=1), mesh)) == [1]
        with pytest.raises(InputError, match="--accumulate 2: with --minibatch-order strided"):
            rounds_to_try(dataclasses.replace(config, accumulate=2), mesh)


@pytest.mark.slow
def test_what_does_not_fit_is_a_sentence_with_the_batch_that_would(tiny, monkeypatch):
    network = dataclasses.replace(tiny.network, channel_base=512)
    config = dataclasses.replace(tiny, batch_size=64, network=network)
    needed = make(config, size=32).needed_bytes
    monkeypatch.setattr(dispatching, "available_bytes", lambda device: needed * 0.5)
    with pytest.raises(InputError, match=r"batch 64 needs .* GB; --batch-size \d+ should fit") as told:
        make(config, size=32)
    fitting = int(str(told.value).split("--batch-size ")[1].split()[0])
    assert 16 <= fitting < 34
    assert make(dataclasses.replace(config, batch_size=fitting), size=32).rounds == 1
    automatic = make(dataclasses.replace(config, accumulate="auto"), size=32)
    assert automatic.rounds in (2, 4)
    assert automatic.needed_bytes <= needed * 0.5


def test_a_state_too_large_asks_for_smaller_networks(tiny, monkeypatch):
    monkeypatch.setattr(dispatching, "available_bytes", lambda device: 1000.0)
    with pytest.raises(InputError, match=r"whatever the batch; give a smaller --channel-base"):
        make(dataclasses.replace(tiny, r1_interval=1))
