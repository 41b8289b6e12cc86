"""Files in PyTorch's two formats, written by hand: pickle opcodes, storages, a zip. No PyTorch."""

import struct
import zipfile
from pathlib import Path

import numpy as np

STORAGE = {"f4": "FloatStorage", "f2": "HalfStorage", "f8": "DoubleStorage", "i8": "LongStorage"}
START, STOP = b"\x80\x02", b"."


def number(value: int) -> bytes:
    """BININT, or LONG1 for what four bytes do not hold."""
    if -(2**31) <= value < 2**31:
        return b"J" + struct.pack("<i", value)
    data = value.to_bytes(10, "little", signed=value < 0)
    return b"\x8a" + bytes([len(data)]) + data


def text(value: str) -> bytes:
    """BINUNICODE."""
    data = value.encode()
    return b"X" + struct.pack("<I", len(data)) + data


def name(module: str, attribute: str) -> bytes:
    """GLOBAL."""
    return f"c{module}\n{attribute}\n".encode()


def numbers(values) -> bytes:
    """A tuple."""
    return b"(" + b"".join(number(int(v)) for v in values) + b"t"


EMPTY_ORDERED_DICT = name("collections", "OrderedDict") + b")R"


def storage_id(kind: str, key: str, count: int, *, legacy: bool) -> bytes:
    """('storage', kind, key, 'cpu', count[, None]) as a persistent id."""
    parts = text("storage") + name("torch", kind) + text(key) + text("cpu") + number(count)
    return b"(" + parts + (b"N" if legacy else b"") + b"tQ"


def tensor(storage: bytes, offset: int, size, stride) -> bytes:
    """torch._utils._rebuild_tensor_v2(storage, offset, size, stride, False, OrderedDict())."""
    rebuild = name("torch._utils", "_rebuild_tensor_v2")
    return (
        rebuild
        + b"("
        + storage
        + number(offset)
        + numbers(size)
        + numbers(stride)
        + b"\x89"
        + EMPTY_ORDERED_DICT
        + b"tR"
    )


def dictionary(entries: dict[str, bytes]) -> bytes:
    """OrderedDict with the _metadata attribute that state dicts carry."""
    items = b"(" + b"".join(text(key) + value for key, value in entries.items()) + b"u"
    attributes = b"}" + text("_metadata") + EMPTY_ORDERED_DICT + b"s"
    return EMPTY_ORDERED_DICT + b"q\x00" + items + attributes + b"b"


def state_dict_pickle(arrays: dict[str, np.ndarray], *, legacy: bool) -> bytes:
    """The pickle of arrays, each in a storage of its own, named 0, 1, ..."""
    entries = {}
    for key, (label, array) in enumerate(arrays.items()):
        kind = STORAGE[array.dtype.str[1:]]
        stride = [int(s) // array.itemsize for s in np.zeros(array.shape, array.dtype).strides]
        identity = storage_id(kind, str(key), array.size, legacy=legacy)
        entries[label] = tensor(identity, 0, array.shape, stride)
    return START + dictionary(entries) + STOP


def write_zip(
    path: Path, pickle: bytes, storages: dict[str, bytes], *, compression=zipfile.ZIP_STORED
) -> None:
    """<archive>/data.pkl, byteorder, version and data/KEY."""
    with zipfile.ZipFile(path, "w", compression) as archive:
        archive.writestr("archive/data.pkl", pickle)
        archive.writestr("archive/byteorder", "little")
        archive.writestr("archive/version", "3\n")
        for key, data in storages.items():
            archive.writestr(f"archive/data/{key}", data)


def save_zip(path: Path, arrays: dict[str, np.ndarray]) -> None:
    """What `torch.save(state_dict, path)` writes since 1.6."""
    storages = {str(key): array.tobytes() for key, array in enumerate(arrays.values())}
    write_zip(path, state_dict_pickle(arrays, legacy=False), storages)


def save_legacy(path: Path, arrays: dict[str, np.ndarray]) -> None:
    """What `torch.save(state_dict, path)` wrote before 1.6."""
    head = START + number(0x1950A86A20F9469CFC6C) + STOP + START + number(1001) + STOP
    system = START + b"}" + text("little_endian") + b"\x88s" + STOP
    keys = START + b"](" + b"".join(text(str(key)) for key in range(len(arrays))) + b"e" + STOP
    data = b"".join(struct.pack("<q", a.size) + a.tobytes() for a in arrays.values())
    path.write_bytes(head + system + state_dict_pickle(arrays, legacy=True) + keys + data)
