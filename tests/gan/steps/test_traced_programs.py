"""Traced programs in files: the same results, one trace; anything that could change them is another file."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from gan.devices.sharding import make_mesh
from gan.steps import traced_programs
from gan.steps.traced_programs import FOLDER, by_file

TREE = jax.tree.structure({"a": 0, "b": 0})


@dataclasses.dataclass(frozen=True)
class Owner:
    factor: float = 2.0


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv(FOLDER, str(tmp_path / "traces"))
    return tmp_path / "traces"


@pytest.fixture
def mesh():
    return make_mesh(devices=jax.devices()[:1])


def make(owner=Owner(), traces=None):
    """state {a, b}, x, no labels -> (state, {"sum": ..}); `traces` grows by one at each trace."""

    def step(state, x, labels):
        assert labels is None
        if traces is not None:
            traces.append(1)
        new = {"a": state["a"] * owner.factor + x, "b": state["b"] - 1}
        return new, {"sum": new["a"].sum()}

    return step


STATE, X = {"a": jnp.arange(3.0), "b": jnp.int32(5)}, jnp.float32(0.5)


def from_file(mesh, *, owner=Owner(), traces=None, parts=("step",)):
    step = make(owner, traces)
    return by_file(step, (STATE, X, None), tree=TREE, mesh=mesh, owner=owner, parts=parts)


def test_a_second_process_does_not_trace_and_gets_the_same_bits(folder, mesh):
    traces = []
    expected = jax.jit(make())(STATE, X, None)
    for _ in range(2):
        state, metrics = jax.jit(from_file(mesh, traces=traces))(STATE, X, None)
        assert set(state) == {"a", "b"}
        np.testing.assert_array_equal(state["a"], expected[0]["a"])
        assert int(state["b"]) == 4
        np.testing.assert_array_equal(metrics["sum"], expected[1]["sum"])
    assert traces == [1]
    assert len(list(folder.iterdir())) == 1


@pytest.mark.parametrize("changed", ["owner", "parts", "code", "setting"])
def test_what_determines_a_program_determines_its_file(folder, mesh, monkeypatch, changed):
    from_file(mesh)
    traces, options = [], {}
    if changed == "owner":
        options["owner"] = Owner(3.0)
    elif changed == "parts":
        options["parts"] = ("other",)
    elif changed == "code":
        monkeypatch.setattr(traced_programs, "_code", lambda file: "other code")
    with jax.default_matmul_precision("float32" if changed == "setting" else None):
        from_file(mesh, traces=traces, **options)
    assert traces == [1]
    assert len(list(folder.iterdir())) == 2


def test_a_changed_source_file_changes_the_checksum(tmp_path):
    source = tmp_path / "recipe.py"
    found = set()
    for text in ("a = 1", "a = 2"):
        source.write_text(text)
        traced_programs._code.cache_clear()
        found.add(traced_programs._code(str(source)))
    assert len(found) == 2


def test_without_a_folder_or_on_several_devices_the_function_is_unchanged(folder, mesh, monkeypatch):
    step = make()
    several = make_mesh(devices=jax.devices()[:2])
    options = {"tree": TREE, "owner": Owner(), "parts": ()}
    assert by_file(step, (STATE, X, None), mesh=several, **options) is step
    monkeypatch.setenv(FOLDER, "")
    assert by_file(step, (STATE, X, None), mesh=mesh, **options) is step


@pytest.mark.parametrize("value", [object(), np.zeros(3), jnp.zeros(2000)], ids=["object", "numpy", "jax"])
def test_an_owner_whose_values_have_no_text_is_not_cached(folder, mesh, value):
    step = make()
    options = {"tree": TREE, "owner": Owner(value), "parts": ()}
    assert by_file(step, (STATE, X, None), mesh=mesh, **options) is step


def test_a_damaged_file_is_written_again(folder, mesh):
    from_file(mesh)
    (file,) = folder.iterdir()
    whole = file.read_bytes()
    for damaged in (b"", whole[: len(whole) // 2], b"\0" * len(whole)):
        file.write_bytes(damaged)
        traces = []
        for _ in range(2):
            state, _ = jax.jit(from_file(mesh, traces=traces))(STATE, X, None)
            np.testing.assert_array_equal(state["a"], np.arange(3) * 2 + 0.5)
        assert traces == [1]


def test_the_oldest_files_are_deleted(folder, mesh, monkeypatch):
    monkeypatch.setattr(traced_programs, "MOST_FILES", 2)
    for number in range(4):
        from_file(mesh, parts=(number,))
    assert len(list(folder.iterdir())) == 2


def test_a_folder_that_cannot_be_written_is_no_error(tmp_path, monkeypatch, mesh):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv(FOLDER, str(tmp_path / "file" / "traces"))
    state, _ = jax.jit(from_file(mesh))(STATE, X, None)
    np.testing.assert_array_equal(state["a"], np.arange(3) * 2 + 0.5)
