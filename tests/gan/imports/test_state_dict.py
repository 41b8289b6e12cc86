"""Weights files: read as they are, and never run."""

import pickle
import struct
import zipfile

import numpy as np
import pytest
from safetensors.numpy import save_file

from data_prep.errors import InputError
from gan.imports.byte_stream import ByteStream
from gan.imports.pickles import read_pickle
from gan.imports.state_dict import read_state_dict
from gan.imports.tensors import read_tensors
from tests.gan.imports import torch_files as torch

WRITERS = {"zip": torch.save_zip, "legacy": torch.save_legacy, "safetensors": lambda p, a: save_file(a, p)}


def arrays() -> dict[str, np.ndarray]:
    rng = np.random.default_rng(0)
    return {
        "conv.weight": rng.normal(size=(4, 3, 2, 5)).astype(np.float32),
        "conv.half": rng.normal(size=(7,)).astype(np.float16),
        "bn.num_batches_tracked": np.array(3, np.int64),
        "empty": np.zeros((0, 2), np.float32),
    }


@pytest.mark.parametrize("write", WRITERS.values(), ids=WRITERS)
def test_what_was_saved_is_read(tmp_path, write):
    write(tmp_path / "weights", arrays())
    read = read_state_dict(tmp_path / "weights")
    assert set(read) == set(arrays())
    for name, array in arrays().items():
        assert read[name].dtype == array.dtype
        np.testing.assert_array_equal(read[name], array)


def test_views_into_one_storage(tmp_path):
    """A transposed tensor and an offset one share a storage of twelve numbers."""
    data = np.arange(12, dtype=np.float32)
    shared = torch.storage_id("FloatStorage", "0", 12, legacy=False)
    entries = {
        "turned": torch.tensor(shared, 0, (4, 3), (1, 4)),
        "tail": torch.tensor(shared, 10, (2,), (1,)),
    }
    torch.write_zip(
        tmp_path / "w", torch.START + torch.dictionary(entries) + torch.STOP, {"0": data.tobytes()}
    )
    read = read_state_dict(tmp_path / "w")
    np.testing.assert_array_equal(read["turned"], data.reshape(3, 4).T)
    np.testing.assert_array_equal(read["tail"], [10, 11])


class Bomb:
    """Unpickled by Python, it would write a file."""

    def __init__(self, path: str) -> None:
        self.path = path

    def __reduce__(self):
        return open, (self.path, "w")


@pytest.mark.parametrize("legacy", [False, True])
def test_a_pickle_that_acts_is_refused_by_name(tmp_path, legacy):
    bomb = pickle.dumps({"weight": Bomb(str(tmp_path / "written"))}, protocol=2)
    if legacy:
        torch.save_legacy(tmp_path / "w", {})
        whole = (tmp_path / "w").read_bytes()
        (tmp_path / "w").write_bytes(whole.replace(torch.state_dict_pickle({}, legacy=True), bomb))
    else:
        torch.write_zip(tmp_path / "w", bomb, {})
    with pytest.raises(InputError, match=r"refers to (_?io|__builtin__)\.open; only tensors") as refusal:
        read_state_dict(tmp_path / "w")
    assert len(str(refusal.value).splitlines()) == 1
    assert not (tmp_path / "written").exists()


FLOATS = torch.storage_id("FloatStorage", "0", 4, legacy=False)
DAMAGES = {
    "a tensor longer than its storage": ({"w": torch.tensor(FLOATS, 0, (5,), (1,))}, "beyond its storage"),
    "an offset behind the end": ({"w": torch.tensor(FLOATS, 3, (2,), (1,))}, "beyond its storage"),
    "a stride behind the end": ({"w": torch.tensor(FLOATS, 0, (2, 2), (3, 1))}, "beyond its storage"),
    "a repeated number": ({"w": torch.tensor(FLOATS, 0, (2**40,), (0,))}, "beyond its storage"),
    "a negative stride": ({"w": torch.tensor(FLOATS, 3, (2,), (-1,))}, "strides"),
    "a negative offset": ({"w": torch.tensor(FLOATS, -4, (2,), (1,))}, "shape"),
    "more numbers than the file has": (
        {"w": torch.tensor(torch.storage_id("FloatStorage", "0", 2**50, legacy=False), 0, (2,), (1,))},
        "has 16 bytes, its tensors need",
    ),
    "a storage that is not there": (
        {"w": torch.tensor(torch.storage_id("FloatStorage", "7", 4, legacy=False), 0, (2,), (1,))},
        "data/7 is missing",
    ),
    "a storage of an unknown kind": (
        {"w": torch.tensor(torch.storage_id("QInt8Storage", "0", 4, legacy=False), 0, (2,), (1,))},
        r"torch\.QInt8Storage",
    ),
    "no tensor": ({"epoch": torch.number(3)}, "'epoch' is not a tensor"),
}


@pytest.mark.parametrize(("entries", "message"), DAMAGES.values(), ids=DAMAGES)
def test_sizes_are_held_against_the_file(tmp_path, entries, message):
    torch.write_zip(tmp_path / "w", torch.START + torch.dictionary(entries) + torch.STOP, {"0": bytes(16)})
    with pytest.raises(InputError, match=message):
        read_state_dict(tmp_path / "w")


def test_a_legacy_storage_longer_than_the_file(tmp_path):
    torch.save_legacy(tmp_path / "w", {"w": np.zeros(3, np.float32)})
    whole = (tmp_path / "w").read_bytes()
    (tmp_path / "w").write_bytes(whole[:-1])
    with pytest.raises(InputError, match="truncated"):
        read_state_dict(tmp_path / "w")
    (tmp_path / "w").write_bytes(
        whole.replace(struct.pack("<q", 3) + bytes(12), struct.pack("<q", 2**60) + bytes(12))
    )
    with pytest.raises(InputError, match=f"of {2**60} numbers does not match"):
        read_state_dict(tmp_path / "w")


@pytest.mark.parametrize("write", WRITERS.values(), ids=WRITERS)
def test_every_cut_is_noticed(tmp_path, write):
    """Whatever is left of a file, it is refused in one line, not read in part."""
    write(tmp_path / "whole", arrays())
    whole = (tmp_path / "whole").read_bytes()
    for kept in range(0, len(whole), max(1, len(whole) // 40)):
        (tmp_path / "cut").write_bytes(whole[:kept])
        with pytest.raises(InputError, match="cut is not a complete state dict"):
            read_state_dict(tmp_path / "cut")


def test_a_flipped_byte_of_a_zip_is_noticed(tmp_path):
    torch.save_zip(tmp_path / "w", {"w": np.full(50, 2.5, np.float32)})
    whole = bytearray((tmp_path / "w").read_bytes())
    whole[whole.index(np.full(50, 2.5, np.float32).tobytes()) + 7] ^= 1
    (tmp_path / "w").write_bytes(whole)
    with pytest.raises(InputError, match="CRC"):
        read_state_dict(tmp_path / "w")


def test_a_compressed_entry_is_refused(tmp_path):
    torch.write_zip(
        tmp_path / "w", torch.state_dict_pickle({}, legacy=False), {}, compression=zipfile.ZIP_DEFLATED
    )
    with pytest.raises(InputError, match="compressed"):
        read_state_dict(tmp_path / "w")


def test_other_files(tmp_path):
    (tmp_path / "w").write_text("weights")
    with pytest.raises(InputError, match="is not a complete state dict"):
        read_state_dict(tmp_path / "w")
    with pytest.raises(InputError, match="no weights file"):
        read_state_dict(tmp_path / "none")
    with zipfile.ZipFile(tmp_path / "z", "w") as archive:
        archive.writestr("model/readme.txt", "")
    with pytest.raises(InputError, match=r"data\.pkl"):
        read_state_dict(tmp_path / "z")


def test_plain_values_as_pythons_unpickler_reads_them():
    """The stack machine against its model, on values that need no name; memoised ones too."""
    shared = [1, 2]
    value = {
        "a": (1, (2, 300), (4, 5, 6), ()),
        "b": [shared, shared, None, True, False],
        "c": 2.5,
        "d": 70_000,
    }
    assert read_pickle(ByteStream(pickle.dumps(value, protocol=2))) == value


def test_noise_never_gets_past():
    """Random bytes give a value or a ValueError, nothing else; a pickle is left behind, not what follows."""
    rng = np.random.default_rng(0)
    good = torch.state_dict_pickle(arrays(), legacy=False)
    for _ in range(2000):
        noisy = bytearray(good)
        for place in rng.integers(0, len(good), 3):
            noisy[place] = rng.integers(0, 256)
        try:
            read_tensors(ByteStream(bytes(noisy)), {})
        except ValueError:
            continue
    stream = ByteStream(good + b"rest")
    read_tensors(stream, {})
    assert stream.read(9) == b"rest"


def test_names_are_told_in_a_line(tmp_path):
    entries = {"evil\n\x1b[31m" * 500: torch.tensor(FLOATS, 0, (5,), (1,))}
    torch.write_zip(tmp_path / "w", torch.START + torch.dictionary(entries) + torch.STOP, {"0": bytes(16)})
    with pytest.raises(InputError, match="beyond its storage") as refusal:
        read_state_dict(tmp_path / "w")
    assert len(str(refusal.value)) < 400
    assert str(refusal.value).isprintable()
