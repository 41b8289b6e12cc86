"""Snapshots of the PyTorch StyleGAN trainers: the modules in them and their arrays, and none of their code.

A snapshot pickles {"G", "D", "G_ema", ...}. Each network and each layer in it is a call of
`torch_utils.persistence._reconstruct_persistent_obj` with its class's name, the source of its Python module
and its attributes. The source is passed over; what is read is the tree of modules, their settings and arrays.
"""

import mmap
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from data_prep.errors import InputError
from gan.imports import arrays
from gan.imports.pickles import ByteStream, ordered_dict, plain_set, read_pickle, told
from gan.imports.tensors import SELF_CONTAINED

NETWORKS = ("G", "D", "G_ema")
BESIDE = frozenset(["augment_pipe", "training_set_kwargs"])  # of their training; not read further
VERSION = 6  # of the layout of persistent objects
DEPTH, MOST = 8, 20_000  # of modules within modules, and of arrays and modules in all
START = b"\x80"  # of pickles since protocol 2
READS = "only networks and their arrays are read"
TENSORFLOW = "dnnlib.tflib"


class Module(NamedTuple):
    """A layer or network: the name of its class, and its attributes by name."""

    kind: str
    state: dict[str, Any]

    @property
    def children(self) -> dict[str, "Module"]:
        """Modules in it, by name."""
        return {k: v for k, v in self._part("_modules").items() if isinstance(v, Module)}

    @property
    def arrays(self) -> dict[str, np.ndarray]:
        """Arrays of its own, trained or not, by name."""
        both = self._part("_parameters") | self._part("_buffers")
        return {k: v for k, v in both.items() if isinstance(v, np.ndarray)}

    def _part(self, name: str) -> dict[str, Any]:
        part = self.state.get(name)
        if not isinstance(part, dict) or not all(isinstance(k, str) for k in part):
            raise ValueError(f"its {told(self.kind)} has no {name}")
        return part


def read_snapshot(path: Path) -> dict[str, Module]:
    """The networks "G", "D" and "G_ema" of a snapshot.

    Raises:
        InputError: no such file; another format; a pickle that asks for anything but networks and arrays, or
            that is damaged. One line, naming the file.
    """
    if not path.is_file():
        raise InputError(f"no file {path}; name a snapshot of StyleGAN2, .pkl")
    try:
        with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as mapped:
            if mapped[:1] != START:
                raise ValueError("it does not begin as a pickle does")
            value = read_pickle(ByteStream(mapped), calls=_CALLS, names=arrays.NAMES, reads=READS)
        return _networks(value)
    except (ValueError, TypeError, OSError, MemoryError) as error:
        reason = " ".join(str(error).split())
        if TENSORFLOW in reason:
            reason += "; this is a pickle of the TensorFlow trainers, convert it to one of PyTorch first"
        raise InputError(f"{path} is no snapshot that can be read: {reason}") from None


def _networks(value: Any) -> dict[str, Module]:
    if not isinstance(value, dict):
        raise ValueError(f"it holds {told(value)}, not a dictionary with {', '.join(NETWORKS)}")
    if unknown := sorted(told(k) for k in value if k not in BESIDE and k not in NETWORKS):
        raise ValueError(f"nobody asked for its {', '.join(unknown[:5])}")
    for name in NETWORKS:
        if not isinstance(value.get(name), Module):
            raise ValueError(f"its {name} is no network; a snapshot has {', '.join(NETWORKS)}")
    return {name: value[name] for name in NETWORKS}


def walk(module: Module, prefix: str = "") -> Iterator[tuple[str, Module]]:
    """(dotted name, module) of every module in `module`, itself first under `prefix`.

    Raises: ValueError: they are nested without end, or too many.
    """
    pending, seen = [(prefix, module, 0)], 0
    while pending:
        name, module, depth = pending.pop()
        seen += 1 + len(module.arrays)
        if depth > DEPTH or seen > MOST:
            raise ValueError("its modules are nested without end")
        yield name, module
        dot = "." if name else ""
        pending += [(f"{name}{dot}{k}", child, depth + 1) for k, child in module.children.items()]


def _module(meta: Any) -> Module:
    """Stands in for torch_utils.persistence._reconstruct_persistent_obj."""
    if not isinstance(meta, dict) or meta.get("type") != "class" or meta.get("version") != VERSION:
        raise ValueError(f"its pickle has an object of another layout than version {VERSION}")
    kind, state = meta.get("class_name"), meta.get("state")
    if not isinstance(kind, str) or not isinstance(state, dict):
        raise ValueError("its pickle has an object without a class or without attributes")
    return Module(kind, state)


_CALLS: dict[str, Callable[..., Any]] = {
    **SELF_CONTAINED,
    **arrays.CALLS,
    "collections.OrderedDict": ordered_dict,
    "dnnlib.util.EasyDict": ordered_dict,
    "builtins.set": plain_set,  # what protocol 3 calls for one
    "torch_utils.persistence._reconstruct_persistent_obj": _module,
}
