"""Snapshots that are not what they say: nothing runs, nothing grows, and the refusal is one line."""

import builtins
import io
import os
import pickle
import struct
import tracemalloc
from collections import OrderedDict

import numpy as np
import pytest

from data_prep.errors import InputError
from gan.__main__ import main
from gan.imports import byte_stream
from gan.imports.imported_run import read_networks
from gan.imports.snapshots import read_snapshot
from tests.gan.imports import snapshot_files as files
from tests.gan.imports import torch_files as torch
from tests.gan.imports.snapshot_files import Call, Shape

SMALL = Shape(resolution=8, base=16, most=2, z_dim=2, w_dim=2, channels=1)
FLIPS = 80


@pytest.fixture
def file(tmp_path):
    return tmp_path / "network.pkl"


def refusal(file, data: bytes) -> str:
    """What is said of a file with these bytes; it is one short line, and takes little memory."""
    file.write_bytes(data)
    tracemalloc.start()
    with pytest.raises(InputError) as refused:
        read_networks(file)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    told = str(refused.value)
    assert len(told.splitlines()) == 1
    assert len(told) < 500
    assert told.isascii()
    assert told.isprintable()
    assert peak < 10e6 + 20 * len(data)
    return told


@pytest.mark.parametrize("protocol", [0, 1, 2, 3, 4, 5])
@pytest.mark.parametrize(
    ("function", "argument", "name"),
    [
        (os.system, "touch {}", r"posix.system"),
        (builtins.eval, "open({!r}, 'w')", r"eval"),
        (builtins.exec, "open({!r}, 'w')", r"exec"),
        (getattr, "{}", r"getattr"),
    ],
)
def test_what_acts_is_refused_by_name(file, tmp_path, function, argument, name, protocol):
    bomb = Call(function, argument.format(tmp_path / "done"))
    for whole in (bomb, {"G": bomb}, {"G": [(bomb,)]}):
        told = refusal(file, pickle.dumps(whole, protocol=protocol))
        assert (name if protocol >= 2 else "a text file" if protocol == 0 else "does not start") in told
    assert not (tmp_path / "done").exists()


def test_module_source_is_not_run(file):
    """Every module of the test files would end the process, were its source run."""
    data = files.snapshot(files.networks(SMALL))
    assert b"SystemExit" in data
    file.write_bytes(data)
    assert set(read_snapshot(file).networks) == {"G", "D", "G_ema"}


def test_a_network_that_acts_when_it_is_built_is_refused(file, tmp_path):
    nets = files.networks(SMALL)
    nets["D"].at("b4").settings["init"] = Call(os.system, f"touch {tmp_path / 'done'}")
    assert "posix.system" in refusal(file, files.snapshot(nets))
    assert not (tmp_path / "done").exists()


def within(storage: bytes, size=(4,), stride=(1,)) -> bytes:
    """A snapshot whose G is a tensor of a storage with these bytes."""
    with files.stand_ins() as names:
        tensor = Call(names.tensor, Call(names.load, storage), 0, size, stride, False, OrderedDict())
        return pickle.dumps({"G": tensor}, protocol=4)


GOOD = files.storage_bytes(np.zeros(4, np.float32))


def test_a_persistent_id_outside_a_storage_is_refused(file):
    class Pickler(pickle.Pickler):
        def persistent_id(self, obj):
            return ("storage", "0") if obj == "here" else None

    written = io.BytesIO()
    Pickler(written, protocol=4).dump({"G": "here"})
    assert "persistent id" in refusal(file, written.getvalue())


def test_storages_within_storages_are_refused(file):
    inner = torch.storage_id("FloatStorage", "94123", 4, legacy=True)
    nested = GOOD.replace(torch.text("94123") + torch.text("cpu"), inner + torch.text("cpu"))
    assert nested != GOOD
    assert "names a storage" in refusal(file, within(nested))
    loader = torch.name("torch.storage", "_load_from_bytes")
    assert "torch.storage._load_from_bytes" in refusal(file, within(GOOD.replace(inner, loader)))
    assert "another format" in refusal(file, within(b"PK\x03\x04" + GOOD))


def test_sizes_are_held_against_the_bytes_there_are(file):
    many = 2_500_000_000  # ten gigabytes of float32
    whole = GOOD.replace(torch.number(4), torch.number(many))
    whole = whole.replace(struct.pack("<q", 4), struct.pack("<q", many))
    assert "truncated" in refusal(file, within(whole))
    assert "does not match its tensors" in refusal(file, within(GOOD.replace(b"\x04", b"\x05", 1)))
    assert "beyond its storage" in refusal(file, within(GOOD, size=(many,), stride=(0,)))
    assert "beyond its storage" in refusal(file, within(GOOD, size=(2, 2), stride=(3, 1)))
    assert "invalid shape" in refusal(file, within(GOOD, size=(2**70,), stride=(0,)))
    claimed = b"\x80\x04\x8e" + struct.pack("<Q", 10**10) + b"short"
    assert "is not a readable snapshot" in refusal(file, claimed)
    array = b"\x80\x04}X\x01\x00\x00\x00GB" + struct.pack("<I", 2**31) + b"x."
    assert "is not a readable snapshot" in refusal(file, array)


def test_arrays_that_share_one_storage_do_not_multiply(file):
    """One storage under many names: small on disk, and refused before it is copied for each."""
    data = np.zeros((256, 256), np.float32)
    with files.stand_ins() as names:
        storage = Call(names.load, files.storage_bytes(data))
        tensor = Call(names.tensor, storage, 0, data.shape, (256, 1), False, OrderedDict())
        state = {"_parameters": {str(i): tensor for i in range(600)}, "_buffers": {}, "_modules": {}}
        meta = {"type": "class", "version": 6, "class_name": "Generator", "state": state}
        net = Call(names.persistent, meta)
        whole = pickle.dumps({"G": net, "D": net, "G_ema": net}, protocol=4)
    assert "view the same storages" in refusal(file, whole)


@pytest.mark.slow
def test_recursion_ends(file):
    state: dict = {"_parameters": {}, "_buffers": {}, "_modules": {}}
    with files.stand_ins() as names:
        meta = {"type": "class", "version": 6, "class_name": "Generator", "state": state}
        net = Call(names.persistent, meta)
        shell = {"_parameters": {}, "_buffers": {}, "_modules": state["_modules"]}
        for name in "ab":  # two of them: twice as many at each level
            state["_modules"][name] = Call(names.persistent, meta | {"state": shell})
        whole = pickle.dumps({"G": net, "D": net, "G_ema": net}, protocol=4)
    assert "too deeply" in refusal(file, whole)
    cyclic = b"\x80\x04}\x94" + torch.text("G") + b"h\x00s."  # a dictionary that holds itself
    assert "G is not a network" in refusal(file, cyclic)
    deep = 50_000
    assert "is not a readable snapshot" in refusal(file, b"\x80\x04" + b"]" * deep + b"a" * (deep - 1) + b".")
    assert "as a key" in refusal(file, b"\x80\x04})" + b"\x85" * deep + b"Ns.")
    assert "is not a readable snapshot" in refusal(file, b"\x80\x04)" + b"\x85" * deep + b".")


PAIRS = [(f"key {i}", None) for i in range(1000)]


@pytest.mark.parametrize(
    ("function", "items"), [(OrderedDict, PAIRS), (set, [key for key, _ in PAIRS])], ids=["dict", "set"]
)
def test_what_is_handed_on_again_and_again_is_paid_for(file, function, items):
    """A file of 30 KB that constructs 1,000 dictionaries or sets of the same 1,000 items."""
    whole = pickle.dumps([Call(function, items) for _ in range(1000)], protocol=3)
    assert len(whole) < 40_000
    assert "reuses its content too often" in refusal(file, whole)


def test_pickles_within_a_pickle_share_its_budget(file, monkeypatch):
    """One storage of many opcodes, loaded under many names."""
    detour = GOOD.replace(torch.START + b"}", torch.START + b"]" + b"N" * 1000 + b"}", 1)
    with files.stand_ins() as names:
        many = pickle.dumps([Call(names.load, detour) for _ in range(1000)], protocol=4)
    assert "reuses its content too often" in refusal(file, many)
    with files.stand_ins() as names:
        plain = pickle.dumps([Call(names.load, bytes(bytearray(GOOD))) for _ in range(50)], protocol=4)
    monkeypatch.setattr(
        byte_stream, "MOST_OPCODES", 1_500
    )  # the outer pickle alone has 300, each inner one 30
    assert "more than 1500 opcodes" in refusal(file, plain)


def test_shapes_have_few_axes(file):
    """A shape of 30,000 axes: its product alone would take long."""
    axes = (2**31,) * 30_000
    assert "invalid shape" in refusal(file, within(GOOD, size=axes, stride=axes))
    one = pickle.dumps(np.zeros(1, np.float32), protocol=4)
    assert one.count(b"K\x01K\x01\x85") == 1  # version, shape
    whole = one.replace(b"K\x01K\x01\x85", b"K\x01(" + torch.number(2**31) * 30_000 + b"t", 1)
    whole = whole[:2] + whole[11:]  # no frame, whose length would be another
    assert "invalid shape" in refusal(file, whole)


def test_keys_whose_hashes_coincide_are_refused(file):
    whole = b"\x80\x04}" + torch.number(2**61 - 1) + b"Ns."
    assert "as a key" in refusal(file, whole)


@pytest.mark.parametrize("name", ["x" * 200_000, "x\n\x1b[31m" * 500, "\U0001f58b" * 500, "a.b", "", 7])
def test_names_are_short_and_plain(file, name):
    """A name is part of the path of everything below it, and of messages."""
    for part in ("_modules", "_parameters"):
        nets = files.networks(SMALL)
        inner = nets["G_ema"].at("synthesis")
        if part == "_modules":
            inner.modules[name] = inner.modules.pop("b8")
        else:
            inner.parameters[name] = np.zeros(2, np.float32)
        assert f"in {part}; 1 to 64 letters, digits and _ are read" in refusal(file, files.snapshot(nets))


def test_a_name_stands_for_one_thing(file):
    for where in ("parameters", "modules"):
        nets = files.networks(SMALL)
        layer = nets["D"].at("b8.conv1")
        getattr(layer, where)["resample_filter"] = nets["D"].at("b4.mbstd") if where == "modules" else FLAT
        assert "two entries named resample_filter" in refusal(file, files.snapshot(nets))


FLAT = np.full((4, 4), 1 / 16, np.float32)


def test_entries_that_are_no_arrays_or_modules_are_refused(file):
    for part, what in (("_parameters", "array"), ("_buffers", "array"), ("_modules", "module")):
        nets = files.networks(SMALL)
        nets["D"].at("b4.mbstd").settings[part] = {"lost": [1.0, 2.0]}
        assert f"has lost in {part}, which is not of type {what}" in refusal(file, files.snapshot(nets))


def test_settings_of_the_file_are_told_in_a_line(file):
    nets = files.networks(SMALL)
    nets["D"].at("b4").settings["architecture"] = "evil\n\x1b[31m" * 1000
    assert "has architecture 'evil" in refusal(file, files.snapshot(nets))
    nets["D"].kind = nets["G"].kind = "\U0001f58b" * 500
    assert "StyleGAN2" in refusal(file, files.snapshot(nets))


def test_objects_are_counted(file, monkeypatch):
    monkeypatch.setattr(byte_stream, "MOST_OPCODES", 10_000)
    assert "more than 10000 opcodes" in refusal(file, b"\x80\x04" + b"]" * 20_000)


def test_tensorflow_pickles_are_told_apart(file):
    whole = b"\x80\x02" + torch.name("dnnlib.tflib.network", "Network") + b")\x81."
    told = refusal(file, whole)
    assert "dnnlib.tflib.network.Network" in told
    assert "TensorFlow" in told


def test_every_cut_is_noticed(file):
    whole = files.snapshot(files.networks(SMALL))
    for kept in range(0, len(whole), len(whole) // 8):
        assert "is not a readable snapshot" in refusal(file, whole[:kept])


@pytest.mark.slow
def test_flipped_bits_end_in_a_line_or_in_networks(file):
    """Wherever a bit is flipped: a refusal of one line, or networks of finite numbers; nothing else."""
    whole = files.snapshot(files.networks(SMALL))
    rng, read = np.random.default_rng(0), 0
    for place in rng.integers(0, len(whole), FLIPS):
        flipped = bytearray(whole)
        flipped[place] ^= 1 << int(rng.integers(8))
        file.write_bytes(flipped)
        try:
            networks = read_networks(file)
        except InputError as error:
            told = str(error)
        else:
            told, read = "", read + 1
            assert all(np.isfinite(leaf).all() for leaf in leaves(networks.params))
        assert len(told.splitlines()) == (told != "")
        assert told.isascii()
    assert 0 < read < FLIPS


def leaves(tree):
    if isinstance(tree, dict):
        for value in tree.values():
            yield from leaves(value)
    else:
        yield tree


def test_the_door_says_one_line(file, tmp_path, capsys):
    file.write_bytes(pickle.dumps({"G": Call(os.system, f"touch {tmp_path / 'done'}")}))
    assert main(["import", str(file), "--out", str(tmp_path / "run")]) == 2
    told = capsys.readouterr().err.strip()
    assert len(told.splitlines()) == 1
    assert "posix.system" in told
    assert not (tmp_path / "done").exists()
    assert not (tmp_path / "run").exists()
