"""Programs of a training: which are compiled, in how many accumulation steps, and whether they fit."""

import concurrent.futures
import dataclasses
import threading

import jax
import numpy as np
import pytest

from data_prep.errors import InputError
from gan.config import replace
from gan.devices.sharding import make_mesh
from gan.recipes import build_recipe
from gan.recipes.adversarial import Adversarial
from gan.recipes.recipe import Update
from gan.steps import compiled_steps
from gan.steps.compiled_steps import Dispatcher, Program, due_in_calls, programs_of_call
from gan.steps.state import abstract_state
from gan.steps.step import jit_update
from tests.gan.dense_family import DenseFamily


def make(config, size=8):
    mesh = make_mesh(devices=jax.devices()[:1])
    return Dispatcher(build_recipe(config, (size, size, 1)), mesh).ready()


def updates(r1, path):
    return Update("discriminator", r1), Update("generator", path)


def accumulation_steps(config, devices):
    return list(build_recipe(config, (8, 8, 1)).accumulation_steps(devices))


def test_calls_start_with_the_updates_due(tiny):
    config = replace(tiny, path_weight=2.0, path_interval=2, r1_interval=4)
    recipe = build_recipe(config, (8, 8, 1))
    all_due = {updates(True, True), updates(False, True), updates(False, False)}
    assert set(due_in_calls(recipe, every=1)) == all_due
    assert set(due_in_calls(recipe, every=2)) == {updates(True, True), updates(False, True)}
    assert due_in_calls(recipe, every=4) == [updates(True, True)]


def test_no_update_is_compiled_twice(tiny):
    """Three kinds of iteration, made of two updates of each network; a longer call is one program."""
    config = replace(tiny, path_weight=2.0, path_interval=2, r1_interval=4)
    recipe = build_recipe(config, (8, 8, 1))
    programs = {p for due in due_in_calls(recipe, every=1) for p in programs_of_call(due, 1)}
    names = ("discriminator", "generator")
    assert programs == {Program((Update(name, lazy),)) for name in names for lazy in (False, True)}
    assert programs_of_call(updates(True, True), 4) == [Program(updates(True, True), 4)]


def test_the_first_step_waits_for_its_own_programs_only(tiny, monkeypatch):
    """The others compile meanwhile; calls that need them wait."""
    config, release = replace(tiny, r1_interval=2, total_nimg=64), threading.Event()
    compiled = []

    class Slow:
        def __init__(self, program):
            self.program = program

        def compile(self):
            if self.program == Program((Update("discriminator"),)):
                assert release.wait(60)
            compiled.append(self.program)
            return self

        def memory_analysis(self):
            return None

    monkeypatch.setattr(Dispatcher, "_lower", lambda self, program, steps: Slow(program))
    recipe = build_recipe(config, (8, 8, 1))
    dispatch = Dispatcher(recipe, make_mesh(devices=jax.devices()[:1])).ready(nimg=0)
    first = [Program((update,)) for update in recipe.due(0)]
    assert list(dispatch.programs) == compiled == first
    release.set()
    later = dispatch.programs_of(recipe.due(recipe.batch_size), 1)
    assert [slow.program for slow in later] == [Program((Update("discriminator"),)), first[1]]


def test_what_is_cancelled_is_neither_traced_nor_compiled(tiny, monkeypatch):
    started, release, traced = threading.Event(), threading.Event(), []

    def lower(self, program, steps):
        traced.append(program)
        started.set()
        assert release.wait(60)
        raise RuntimeError("must not be compiled")

    monkeypatch.setattr(Dispatcher, "_lower", lower)
    dispatch = Dispatcher(build_recipe(tiny, (8, 8, 1)), make_mesh(devices=jax.devices()[:1]))
    assert started.wait(60)
    dispatch.cancel()
    release.set()
    concurrent.futures.wait(dispatch._lowering)
    assert len(traced) == 1


def dense(config, **fields):
    return Adversarial(replace(config, r1_interval=1, **fields), DenseFamily())


def test_runs_of_other_lengths_and_seeds_share_programs(tiny):
    mesh = make_mesh(devices=jax.devices()[:1])
    other = dense(tiny, seed=7, total_nimg=640, snapshot_nimg=8, best_by="distance", preset="other")
    assert other != dense(tiny)
    first, second = (Dispatcher(recipe, mesh).ready().programs for recipe in (dense(tiny), other))
    assert len(first) == 2
    for program, compiled in first.items():
        assert compiled.runtime_executable() is second[program].runtime_executable()


def test_runs_share_no_programs_that_read_what_differs(tiny):
    """A schedule reads its length, by default that of the run."""
    for fields in ({"r1_gamma": 2.0}, {"learning_rate": 0.1}, {"symmetries": "mirror"}, {"sharding": "fsdp"}):
        assert dense(tiny).traced != dense(tiny, **fields).traced
    scheduled = {"r1_gamma_final": 0.1}
    assert dense(tiny, **scheduled).traced != dense(tiny, total_nimg=640, **scheduled).traced
    scheduled["schedule_nimg"] = 24
    assert dense(tiny, **scheduled).traced == dense(tiny, total_nimg=640, **scheduled).traced


def test_programs_are_those_of_the_whole_config(tiny):
    recipe, mesh = dense(tiny, r1_gamma_final=0.1, style_mixing=0.5), make_mesh(devices=jax.devices()[:1])
    batch = jax.ShapeDtypeStruct((1, recipe.batch_size, *recipe.shape), np.uint8)
    for update in recipe.due(0):
        texts = [
            jit_update(each, mesh, update=update).lower(abstract_state(recipe, mesh), batch, None).as_text()
            for each in (recipe, recipe.traced)
        ]
        assert texts[0] == texts[1]


@pytest.mark.parametrize(
    ("batch", "devices", "group", "expected"),
    [(32, 1, 4, [1, 2, 4, 8]), (32, 4, 4, [1, 2]), (6, 1, 4, [1, 3])],
)
def test_accumulation_steps_keep_groups_whole(tiny, batch, devices, group, expected):
    network = dataclasses.replace(tiny.network, minibatch_group=group)
    config = replace(tiny, batch_size=batch, network=network, accumulate="auto")
    assert accumulation_steps(config, devices) == expected
    with pytest.raises(InputError, match="--accumulate 7"):
        accumulation_steps(replace(config, accumulate=7), devices)


def test_strided_groups_take_one_step(tiny):
    """In two steps item 0 of 8 would be grouped with 2, not with 4."""
    network = dataclasses.replace(tiny.network, minibatch_group=2, minibatch_order="strided")
    config = replace(tiny, batch_size=8, network=network, accumulate="auto")
    for devices in (1, 2):
        assert accumulation_steps(config, devices) == [1]
        assert accumulation_steps(replace(config, accumulate=1), devices) == [1]
        with pytest.raises(InputError, match=r"--accumulate 2: .* --minibatch-order"):
            accumulation_steps(replace(config, accumulate=2), devices)


@pytest.mark.slow
def test_what_does_not_fit_is_a_sentence_with_the_batch_that_would(tiny, monkeypatch):
    network = dataclasses.replace(tiny.network, channel_base=512)
    config = dataclasses.replace(tiny, batch_size=64, network=network)
    needed = make(config, size=32).needed_bytes
    monkeypatch.setattr(compiled_steps, "available_bytes", lambda device: needed * 0.5)
    with pytest.raises(InputError, match=r"batch-size 64: .*--batch-size \d+ should fit") as error:
        make(config, size=32)
    fitting = int(str(error.value).split("--batch-size ")[2].split()[0])
    assert 16 <= fitting < 34
    assert make(dataclasses.replace(config, batch_size=fitting), size=32).accumulation_steps == 1
    automatic = make(replace(config, accumulate="auto"), size=32)
    assert automatic.accumulation_steps in (2, 4)
    assert automatic.needed_bytes <= needed * 0.5


@pytest.mark.slow
def test_a_state_too_large_asks_for_smaller_networks(tiny, monkeypatch):
    monkeypatch.setattr(compiled_steps, "available_bytes", lambda device: 1000.0)
    with pytest.raises(InputError, match=r"at any batch size; set a smaller --channel-base"):
        make(replace(tiny, r1_interval=1))
