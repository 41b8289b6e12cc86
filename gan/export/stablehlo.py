"""Export a generator as two StableHLO programs with separate weights, for use without this package.

<out>/map.stablehlo          (weights, z [b, Z], truncation []) -> w [b, L, W]; with classes:
                             (weights, z [b, Z], labels int32 [b], truncation [])
<out>/synthesize.stablehlo   (weights, w [b, L, W]) -> images [b, H, W, C], about [-1, 1], unclipped
<out>/*.safetensors          weights of each: a dictionary of arrays
<out>/export.json            names, shapes and order of all arguments

Written by `jax.export` for CPU and CUDA with symbolic batch size b; read by `jax.export.deserialize`. Noise
maps are fixed.
"""

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from flax.traverse_util import flatten_dict, unflatten_dict
from jax import export
from safetensors.numpy import save_file

from data_prep.outputs import replacing, write_json
from gan.sample import Generator

PLATFORMS = ("cpu", "cuda")
DESCRIPTION = "export.json"
Weights = dict[str, Any]


@dataclasses.dataclass(frozen=True)
class ExportResult:
    """Files written by `export_generator`."""

    files: tuple[Path, ...]


def export_generator(generator: Generator, folder: Path) -> ExportResult:
    """Write map, synthesize and export.json into `folder`."""
    family = generator.family
    (b,) = export.symbolic_shape("b")
    spec = jax.ShapeDtypeStruct
    z, truncation = spec((b, family.z_dim), jnp.float32), spec((), jnp.float32)
    w = spec((b, family.num_ws, family.w_dim), jnp.float32)
    labels = {"labels": spec((b,), jnp.int32)} if family.num_classes else {}

    def map_styles(weights: Weights, z: jax.Array, *rest: Any) -> jax.Array:
        *labels, truncation = rest
        params = unflatten_dict(weights, sep="/")
        return family.map(params, z, labels=labels[0] if labels else None, truncation=truncation)

    def synthesize(weights: Weights, w: jax.Array) -> jax.Array:
        return family.synthesize(unflatten_dict(weights, sep="/"), w, noise="const")

    weights = {name: np.asarray(a) for name, a in flatten_dict(generator.params, sep="/").items()}
    written, functions = [], {}
    for name, function, arguments in (
        ("map", map_styles, {"z": z, **labels, "truncation": truncation}),
        ("synthesize", synthesize, {"w": w}),
    ):
        used, exported = _export(function, weights, list(arguments.values()))
        program, numbers = folder / f"{name}.stablehlo", folder / f"{name}.safetensors"
        with replacing(program) as partial_path:
            partial_path.write_bytes(exported.serialize())
        with replacing(numbers) as partial_path:
            save_file(used, partial_path)
        written += [program, numbers]
        functions[name] = {
            "program": program.name,
            "weights": numbers.name,
            "arguments": [{"name": f"weights/{k}", **_described(a)} for k, a in sorted(used.items())]
            + [{"name": k, **_described(a)} for k, a in arguments.items()],
            "results": [_described(a) for a in exported.out_avals],
        }
    described = {
        "schema": 1,
        "format": "stablehlo in the container of jax.export",
        "jax": jax.__version__,
        "platforms": list(PLATFORMS),
        "generator": generator.identity,
        "images": "NHWC, -1 black to 1 white, to be clipped",
        "classes": list(generator.class_names),
        "functions": functions,
    }
    write_json(folder / DESCRIPTION, described)
    return ExportResult((*written, folder / DESCRIPTION))


def _export(
    function: Callable[..., jax.Array], weights: Weights, arguments: list[Any]
) -> tuple[Weights, export.Exported]:
    """The weights that `function` uses, and the exported function of these."""
    traced = jax.make_jaxpr(function)(weights, *arguments).jaxpr
    read = {id(variable) for equation in traced.eqns for variable in equation.invars}
    names = sorted(weights)  # dictionaries are flattened in key order
    used = {name: weights[name] for name, var in zip(names, traced.invars, strict=False) if id(var) in read}
    return used, export.export(jax.jit(function), platforms=PLATFORMS)(used, *arguments)


def _described(array: Any) -> dict[str, Any]:
    shape = [n if isinstance(n, int) else str(n) for n in array.shape]
    return {"shape": shape, "dtype": str(np.dtype(array.dtype))}
