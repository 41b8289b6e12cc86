"""Checkpoints: believed only when whole."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from data_prep.errors import WorkError
from gan.devices.sharding import make_mesh, replicated
from gan.runs.checkpoint import Checkpoints, removable


def state(value):
    return {"w": jnp.full((64, 64), float(value)), "key": jax.random.key(value), "nimg": jnp.int32(value)}


def abstract():
    where = replicated(make_mesh(devices=jax.devices()[:1]))
    return jax.tree.map(lambda a: jax.ShapeDtypeStruct(a.shape, a.dtype, sharding=where), state(0))


def open_checkpoints(run, keep_latest=3, keep_every_nimg=0):
    return Checkpoints(run, keep_latest=keep_latest, keep_every_nimg=keep_every_nimg)


@pytest.fixture
def saved(tmp_path):
    with open_checkpoints(tmp_path) as checkpoints:
        for nimg in (10, 20):
            checkpoints.save(state(nimg), nimg)
    return tmp_path


def test_round_trip_of_the_newest(saved):
    restored, nimg, rejected = open_checkpoints(saved).restore(abstract())
    assert (nimg, rejected) == (20, [])
    np.testing.assert_array_equal(restored["w"], state(20)["w"])
    assert (jax.random.key_data(restored["key"]) == jax.random.key_data(state(20)["key"])).all()


def test_nothing_there(tmp_path):
    assert open_checkpoints(tmp_path).restore(abstract()) is None


def flip(folder):
    biggest = max((p for p in folder.rglob("*") if p.is_file()), key=lambda p: p.stat().st_size)
    data = bytearray(biggest.read_bytes())
    data[len(data) // 2] ^= 1
    biggest.write_bytes(bytes(data))


def remove_manifest(folder):
    folder.with_name(f"{folder.name}.crc.json").unlink()


def cut(folder):
    biggest = max((p for p in folder.rglob("*") if p.is_file()), key=lambda p: p.stat().st_size)
    biggest.write_bytes(biggest.read_bytes()[:-1])


def lose_a_file(folder):
    next(p for p in folder.rglob("*") if p.is_file()).unlink()


@pytest.mark.parametrize(
    ("harm", "told"),
    [(flip, True), (cut, True), (lose_a_file, True), (remove_manifest, False)],
)
def test_a_harmed_one_is_passed_over_and_may_be_saved_again(saved, harm, told):
    harm(saved / "checkpoints" / "20")
    with open_checkpoints(saved) as checkpoints:
        restored, nimg, damaged = checkpoints.restore(abstract())
        assert (nimg, damaged) == (10, ["checkpoints/20"] if told else [])
        assert (restored["w"] == 10).all()
        checkpoints.clean()
        checkpoints.save(state(20), 20)
    assert open_checkpoints(saved).restore(abstract())[1] == 20


def test_a_damaged_one_does_not_push_out_a_good_one(saved):
    """Of two kept, one is damaged: the next two saves keep themselves, not the damaged one."""
    flip(saved / "checkpoints" / "20")
    with open_checkpoints(saved, keep_latest=1) as checkpoints:
        checkpoints.restore(abstract())
        checkpoints.clean()
        checkpoints.save(state(15), 15)
    assert open_checkpoints(saved).restore(abstract())[1] == 15


def test_when_all_are_damaged_nothing_starts_over_unasked(saved):
    for nimg in (10, 20):
        flip(saved / "checkpoints" / str(nimg))
    with pytest.raises(WorkError, match=r"every checkpoint in .* is damaged"):
        open_checkpoints(saved).restore(abstract())


def test_leftovers_of_a_kill_are_removed(saved):
    leftover = saved / "checkpoints" / "30.orbax-checkpoint-tmp"
    leftover.mkdir()
    remove_manifest(saved / "checkpoints" / "20")
    open_checkpoints(saved).clean()
    assert sorted(p.name for p in (saved / "checkpoints").iterdir()) == ["10", "10.crc.json"]


@pytest.mark.parametrize(
    ("keep_latest", "keep_every_nimg", "gone"),
    [(2, 0, [10, 20, 30]), (1, 20, [10, 30]), (5, 0, []), (9, 0, [])],
)
def test_which_are_removable(keep_latest, keep_every_nimg, gone):
    assert removable([30, 10, 20, 50, 40], keep_latest=keep_latest, keep_every_nimg=keep_every_nimg) == gone


def test_old_ones_are_removed_with_their_manifests(tmp_path):
    with open_checkpoints(tmp_path, keep_latest=2, keep_every_nimg=20) as checkpoints:
        for nimg in range(10, 60, 10):
            checkpoints.save(state(nimg), nimg)
    names = {p.name for p in (tmp_path / "checkpoints").iterdir()}
    assert names == {name for n in (20, 40, 50) for name in (str(n), f"{n}.crc.json")}


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # Orbax leaves futures behind
def test_another_shape_is_told(saved):
    other = abstract() | {"w": jax.ShapeDtypeStruct((3, 3), jnp.float32, sharding=abstract()["w"].sharding)}
    with pytest.raises(WorkError, match="does not fit this run's networks"):
        open_checkpoints(saved).restore(other)


def test_a_save_that_fails_is_told_and_the_earlier_one_stays(saved, monkeypatch):
    import gan.runs.checkpoint

    def full(path, value):
        raise OSError(28, "No space left on device")

    checkpoints = open_checkpoints(saved)
    monkeypatch.setattr(gan.runs.checkpoint, "write_json", full)
    checkpoints.save(state(30), 30)
    with pytest.raises(WorkError, match=r"checkpoint 30 .*No space left.*last good one is checkpoints/20"):
        checkpoints.wait()
    monkeypatch.undo()
    assert open_checkpoints(saved).restore(abstract())[1] == 20


def test_restores_onto_other_devices(saved):
    where = replicated(make_mesh())
    wanted = jax.tree.map(lambda a: jax.ShapeDtypeStruct(a.shape, a.dtype, sharding=where), state(0))
    restored, _, _ = open_checkpoints(saved).restore(wanted)
    assert len(restored["w"].sharding.device_set) == 8


def test_later_checkpoints_are_discarded(saved):
    """Those of `nimg` itself stay; a folder that was left without manifest goes too."""
    checkpoints = open_checkpoints(saved)
    checkpoints.save(state(30), 30)
    checkpoints.wait()
    remove_manifest(saved / "checkpoints" / "30")
    checkpoints.discard_after(10)
    assert checkpoints.finished() == {10}
    assert sorted(path.name for path in (saved / "checkpoints").iterdir()) == ["10", "10.crc.json"]
    checkpoints.discard_after(0)
    assert checkpoints.restore(abstract()) is None
