"""Snapshots of the PyTorch StyleGAN trainers: modules and arrays, without executing code.

A snapshot pickles {"G", "D", "G_ema", ...}, or some of them. Each network and each layer in it is a call of
`torch_utils.persistence._reconstruct_persistent_obj` with its class's name, the source of its Python module
and its attributes. The source is skipped; the tree of modules, their settings and arrays are read.
"""

import mmap
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from data_prep.errors import InputError
from gan.imports import arrays
from gan.imports.byte_stream import Budget, ByteStream
from gan.imports.file_kind import file_kind
from gan.imports.pickles import display, ordered_dict, plain_set, read_pickle
from gan.imports.tensors import self_contained

NETWORKS = ("G", "D", "G_ema")
TRAINING = frozenset(["augment_pipe", "training_set_kwargs"])  # state that every snapshot has; not needed
VERSION = 6  # layout version of persistent objects
DEPTH, MOST = 8, 2_000  # limits of module nesting, and of arrays and modules in a network
NAME = re.compile(r"[A-Za-z0-9_]{1,64}")  # of an array or module; dots separate levels
PARTS = {"_parameters": "array", "_buffers": "array", "_modules": "module"}
READS = "only networks and their arrays are read"
EXPECTED = "Snapshots of stylegan2-ada-pytorch and stylegan3 (.pkl) are read"
START = b"\x80"  # first byte of pickles since protocol 2
TENSORFLOW = "dnnlib.tflib"


class Module(NamedTuple):
    """A layer or network: class name and attributes."""

    kind: str
    state: dict[str, Any]

    def parts(self) -> tuple[dict[str, np.ndarray], dict[str, "Module"]]:
        """Its own arrays (parameters and buffers) and child modules, by name.

        Raises: ValueError: an invalid or duplicate name, or a value of another type.
        """
        kind, found = display(self.kind), dict[str, Any]()
        for part, what in PARTS.items():
            for name, value in self.part(part).items():
                if not isinstance(name, str) or not NAME.fullmatch(name):
                    raise ValueError(
                        f"its {kind} has {display(name)} in {part}; 1 to 64 letters, digits and _ are read"
                    )
                if name in found:
                    raise ValueError(f"its {kind} has two entries named {name}")
                if value is not None and not isinstance(value, Module if what == "module" else np.ndarray):
                    raise ValueError(f"its {kind} has {name} in {part}, which is not of type {what}")
                found[name] = value
        arrays = {name: value for name, value in found.items() if isinstance(value, np.ndarray)}
        return arrays, {name: value for name, value in found.items() if isinstance(value, Module)}

    def part(self, name: str) -> dict[Any, Any]:
        """One of PARTS, as pickled."""
        part = self.state.get(name)
        if not isinstance(part, dict):
            raise ValueError(f"its {display(self.kind)} has no {name}")
        return part


class Snapshot(NamedTuple):
    """Networks of a snapshot, "G_ema" and perhaps "G" and "D", and names of entries that are ignored."""

    networks: dict[str, Module]
    ignored: tuple[str, ...]


def read_snapshot(path: Path) -> Snapshot:
    """Read the networks of a snapshot; one of "G_ema" and "G" suffices, and G stands for a missing G_ema.

    Raises:
        InputError: no such file; another format; a damaged pickle, or one with anything but networks and
            arrays. One line, naming the file.
    """
    if not path.is_file():
        raise InputError(f"no file {path}; pass a snapshot of StyleGAN2, .pkl")
    try:
        if kind := file_kind(path):
            raise ValueError(f"it is {kind}. {EXPECTED}")
        with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as mapped:
            if mapped[:1] != START:
                raise ValueError(f"it does not start like a pickle. {EXPECTED}")
            budget = Budget(len(mapped))
            calls = _CALLS | self_contained(budget)
            stream = ByteStream(mapped)
            value = read_pickle(stream, calls=calls, names=arrays.NAMES, reads=READS, budget=budget)
        return _snapshot(value)
    except (ValueError, TypeError, OSError, MemoryError) as error:
        reason = " ".join(str(error).split())
        if TENSORFLOW in reason:
            reason += "; this is a pickle of the TensorFlow trainers, convert it to one of PyTorch first"
        raise InputError(f"{path} is not a readable snapshot: {reason}") from None


def _snapshot(value: Any) -> Snapshot:
    if isinstance(value, Module):  # a network that was pickled by itself
        value = {"G_ema": value}
    if not isinstance(value, dict):
        raise ValueError(f"it holds {display(value)}, not a dictionary with {', '.join(NETWORKS)}")
    found = {name: value[name] for name in NETWORKS if value.get(name) is not None}
    for name, network in found.items():
        if not isinstance(network, Module):
            raise ValueError(f"its {name} is not a network but {display(network)}")
    if "G_ema" not in found and "G" not in found:
        entries = ", ".join(display(name)[1:-1] for name in list(value)[:5]) or "nothing"
        raise ValueError(f"it has no generator, G_ema or G; it holds {entries}")
    found.setdefault("G_ema", found.get("G"))
    ignored = [display(name).strip("'") for name in value if name not in TRAINING and name not in NETWORKS]
    return Snapshot(found, tuple(sorted(ignored)))


def iter_modules(network: Module) -> Iterator[tuple[str, Module, dict[str, np.ndarray]]]:
    """(dotted name, module, its own arrays by name) of every module in a network, itself first under "".

    Raises: ValueError: nested too deeply, or too many; see `Module.parts`.
    """
    pending, count = [("", network, 0)], 0
    while pending:
        path, module, depth = pending.pop()
        count += 1 + sum(len(module.part(name)) for name in PARTS)
        if depth > DEPTH or count > MOST:
            raise ValueError("its modules are nested too deeply, or too many")
        found, children = module.parts()
        yield path, module, found
        pending += [(f"{path}.{name}".lstrip("."), child, depth + 1) for name, child in children.items()]


def _module(meta: Any) -> Module:
    """Replacement of torch_utils.persistence._reconstruct_persistent_obj."""
    if not isinstance(meta, dict) or meta.get("type") != "class" or meta.get("version") != VERSION:
        raise ValueError(f"its pickle has an object of another layout than version {VERSION}")
    kind, state = meta.get("class_name"), meta.get("state")
    if not isinstance(kind, str) or not isinstance(state, dict):
        raise ValueError("its pickle has an object without a class or without attributes")
    return Module(kind, state)


_CALLS: dict[str, Callable[..., Any]] = {
    **arrays.CALLS,
    "collections.OrderedDict": ordered_dict,
    "dnnlib.util.EasyDict": ordered_dict,
    "builtins.set": plain_set,  # called by protocol 3
    "torch_utils.persistence._reconstruct_persistent_obj": _module,
}
