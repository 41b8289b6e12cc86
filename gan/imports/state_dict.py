"""Read weights by name from files of PyTorch or safetensors, without PyTorch and without executing pickles.

PyTorch has two formats; both store names and numbers separately: a zip of stored entries (data.pkl,
data/0, data/1, ...), and before version 1.6 five pickles followed by the storages. Every size is checked
against the file before reading.

Source: the documentation of `torch.save` (serialization semantics).
"""

import mmap
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load_file

from data_prep.errors import InputError
from gan.imports.byte_stream import ByteStream
from gan.imports.file_kind import SAFETENSORS, file_kind
from gan.imports.pickles import display
from gan.imports.tensors import LEGACY_START, Storage, Tensor, cut, read_legacy, read_tensors

ZIP_START = b"PK\x03\x04"


def read_state_dict(path: Path) -> dict[str, np.ndarray]:
    """Name -> array, read-only, of a state dict written by `torch.save` (either format) or as safetensors.

    Raises:
        InputError: no such file; none of these formats; a pickle with anything but tensors; sizes that
            exceed the file. One line, naming the file.
    """
    if not path.is_file():
        raise InputError(f"no weights file {path}; name a state dict with --weights")
    try:
        with path.open("rb") as file:
            start = file.read(len(LEGACY_START))
        if start.startswith(ZIP_START):
            return _read_zip(path)
        if start == LEGACY_START:
            return _read_legacy(path)
        if (kind := file_kind(path)) and kind != SAFETENSORS:
            raise ValueError(f"it is {kind}")
        return load_file(path)
    except (ValueError, KeyError, TypeError, OSError, zipfile.BadZipFile, SafetensorError) as error:
        reason = " ".join(str(error).split())
        raise InputError(f"{path} is not a complete state dict of PyTorch or safetensors: {reason}") from None


def _read_zip(path: Path) -> dict[str, np.ndarray]:
    with zipfile.ZipFile(path) as archive:
        entries = {info.filename: info for info in archive.infolist()}
        pickles = [name for name in entries if name.count("/") == 1 and name.endswith("/data.pkl")]
        if len(pickles) != 1:
            raise ValueError("it must contain one ARCHIVE/data.pkl")
        root, file_bytes = pickles[0].removesuffix("data.pkl"), path.stat().st_size

        def entry(name: str, *, size: int | None = None) -> bytes:
            if name not in entries:
                raise ValueError(f"{display(name)[1:-1]} is missing")
            info = entries[name]
            if info.compress_type != zipfile.ZIP_STORED or info.file_size > file_bytes:
                raise ValueError(f"{display(name)[1:-1]} is compressed")
            if size not in (None, info.file_size):
                raise ValueError(f"{display(name)[1:-1]} has {info.file_size} bytes, its tensors need {size}")
            return archive.read(info)  # checks the CRC

        if f"{root}byteorder" in entries and entry(f"{root}byteorder") != b"little":
            raise ValueError("its byte order is not little-endian")
        found: dict[str, Storage] = {}
        tensors = _tensors(read_tensors(ByteStream(entry(pickles[0])), found))
        storages = {tensor.storage for tensor in tensors.values()}
        data = {s: entry(f"{root}data/{s.key}", size=s.length * s.dtype.itemsize) for s in storages}
    return {name: cut(display(name)[1:-1], tensor, data[tensor.storage]) for name, tensor in tensors.items()}


def _read_legacy(path: Path) -> dict[str, np.ndarray]:
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as mapped:
        value, begins = read_legacy(mapped)
        tensors = _tensors(value)
        data = {s: mapped[begin : begin + s.length * s.dtype.itemsize] for s, begin in begins.items()}
    return {name: cut(display(name)[1:-1], tensor, data[tensor.storage]) for name, tensor in tensors.items()}


def _tensors(value: Any) -> dict[str, Tensor]:
    if not isinstance(value, dict):
        raise ValueError("it contains no dictionary of tensors")
    for name, tensor in value.items():
        if not isinstance(name, str) or not isinstance(tensor, Tensor):
            raise ValueError(
                f"its entry {display(name)} is not a tensor; save the network's state_dict() by itself"
            )
    return value
