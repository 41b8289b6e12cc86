"""Traced programs in files: a start reads what an earlier one traced and lowered.

Tracing and lowering are Python, and take longer than reading compiled programs from JAX's cache. A traced
program is written as StableHLO by `jax.export`, which is data: nothing in such a file runs when it is read.
"""

import hashlib
import importlib.metadata
import inspect
import os
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any

import jax
from jax import export
from jax.sharding import Mesh

from data_prep.outputs import replacing

FOLDER = "INKLOOP_TRACES"
"""Environment variable: folder of traced programs; unset or empty: none are written or read."""

PACKAGES = ("gan", "data_prep")  # whose code a program may contain
LIBRARIES = ("jax", "jaxlib", "flax", "optax")
SETTINGS = (
    "jax_default_matmul_precision",
    "jax_default_prng_impl",
    "jax_enable_x64",
    "jax_high_dynamic_range_gumbel",
    "jax_numpy_dtype_promotion",
    "jax_remove_size_one_mesh_axis_from_type",
    "jax_softmax_custom_jvp",
    "jax_threefry_gpu_kernel_lowering",
    "jax_threefry_partitionable",
    "jax_use_shardy_partitioner",
)
CHECKSUM = 32  # bytes
NO_VALUE = (" at 0x", "array(", "Array(", "...")  # addresses and shortened arrays do not tell values apart
MOST_FILES = 64  # in the folder; the least recently written are deleted


def by_file(
    function: Callable[..., tuple[Any, Any]],
    args: tuple[Any, ...],
    *,
    tree: Any,
    mesh: Mesh,
    owner: Any,
    parts: tuple[Any, ...],
) -> Callable[..., tuple[Any, Any]]:
    """The same function without its Python, by way of a file; or `function`, if there can be none.

    There is none without a folder, on several devices, and if values of `owner` have no text.

    Args:
        function: args -> (state, others), where others are lists, dicts and tuples of arrays. Pure.
        args: its arguments, or their shapes.
        tree: structure of the state.
        mesh: where to compute.
        owner: dataclass that determines the function with `parts`: values and type are part of the file's
            name.
        parts: other values that determine the function.

    Returns: function to be called with arguments like `args` under jit.
    """
    leaves = [jax.ShapeDtypeStruct(leaf.shape, leaf.dtype) for leaf in jax.tree.leaves(args)]
    device, structure = mesh.devices.flat[0], jax.tree.structure(args)
    folder, name = os.environ.get(FOLDER), f"{owner!r} {parts!r} {leaves!r} {structure}"
    if not folder or mesh.devices.size > 1 or any(word in name for word in NO_VALUE):
        return function
    settings = [f"{s}={value}" for s, value in sorted(jax.config.values.items()) if s in SETTINGS]
    code = _code(inspect.getfile(type(owner)))
    key = "\0".join([name, code, device.platform, device.device_kind, *settings])
    path = Path(folder) / f"{hashlib.sha256(key.encode()).hexdigest()[:32]}.export"

    def flat(leaves: list[Any]) -> tuple[list[Any], Any]:
        state, others = function(*jax.tree.unflatten(structure, leaves))
        return jax.tree.leaves(state), others

    data = _read(path)
    if data is None:
        # JAX calls GPUs "gpu", exports "cuda" or "rocm".
        platform = export.default_export_platform() if device.platform == "gpu" else device.platform
        try:
            data = export.export(jax.jit(flat), platforms=[platform])(leaves).serialize()
        except (NotImplementedError, ValueError):  # an operation has no stable form: traced at every start,
            return function  # which raises whatever else is wrong
        _write(path, data)
    exported = export.deserialize(data)

    def call(*args: Any) -> tuple[Any, Any]:
        leaves, others = exported.call(jax.tree.leaves(args))
        return jax.tree.unflatten(tree, leaves), others

    return call


def _read(path: Path) -> bytearray | None:
    """The bytes of a file; None if there is none, or its checksum, which comes first, differs."""
    try:
        data = path.read_bytes()
    except OSError:
        return None
    checksum, data = data[:CHECKSUM], data[CHECKSUM:]
    return bytearray(data) if hashlib.sha256(data).digest() == checksum else None


def _write(path: Path, data: bytearray) -> None:
    """Write a file and delete the oldest; a folder that cannot be written is no reason to stop."""
    try:
        with replacing(path) as partial:
            partial.write_bytes(hashlib.sha256(data).digest() + data)
        files = sorted(path.parent.glob("*.export"), key=lambda file: file.stat().st_mtime)
        for file in files[:-MOST_FILES]:
            file.unlink(missing_ok=True)
    except OSError:
        return


def _packages() -> bytes:
    """Checksum of all code of inkloop that a program may contain, and of the versions of libraries."""
    digest = hashlib.sha256()
    root = Path(__file__).resolve().parents[2]
    for package in PACKAGES:
        for source in sorted((root / package).rglob("*.py")):
            digest.update(source.read_bytes())
    for library in LIBRARIES:
        digest.update(importlib.metadata.version(library).encode())
    return digest.digest()


IMPORTED = _packages()  # now: files that change later are not the code of this process


@lru_cache(maxsize=8)
def _code(file: str) -> str:
    """Checksum of a file and of `IMPORTED`."""
    return hashlib.sha256(IMPORTED + Path(file).read_bytes()).hexdigest()
