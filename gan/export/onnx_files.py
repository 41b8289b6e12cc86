"""Export a generator as two ONNX networks, for onnxruntime and other programs.

<out>/map.onnx          z [b, Z] float32, truncation [] float32, with classes label [b] int64 -> w [b, L, W]
<out>/synthesize.onnx   w [b, L, W] -> images [b, C, H, W] float32, about [-1, 1], unclipped
<out>/export.json       names, shapes and dtypes of all inputs and outputs

Networks compute in float32, in batches of any size; noise maps are fixed.
"""

import dataclasses
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from data_prep.outputs import replacing, write_json
from gan import latents
from gan.export.onnx_graph import HALF_MAX, IR_VERSION, OPSET, Graph
from gan.export.onnx_networks import canvas_graph, check_family, map_graph, synthesize_graph
from gan.export.stablehlo import DESCRIPTION, ExportResult
from gan.families.field import Field
from gan.sample import Generator

HALF_LIMIT = 2  # of 255 levels: half precision that changes an image by less is not visible
PROBES = 8  # seeds by which half precision is measured


def export_onnx(generator: Generator, folder: Path) -> ExportResult:
    """Write map.onnx, synthesize.onnx and export.json into `folder`.

    Raises: InputError: a family without ONNX networks.
    """
    check_family(generator.family)
    family, params = generator.family, host_params(generator)
    height, width, channels = family.shape
    graphs = {
        "map": map_graph(family, params, batch="b", half=False),
        "synthesize": synthesize_graph(family, params, batch="b", half=False),
    }
    written = [write_graph(folder / f"{name}.onnx", g, generator) for name, g in graphs.items()]
    label = [{"name": "label", "shape": ["b"], "dtype": "int64"}] if family.num_classes else []
    z = {"name": "z", "shape": ["b", family.z_dim], "dtype": "float32"}
    truncation = {"name": "truncation", "shape": [], "dtype": "float32"}
    w = {"name": "w", "shape": ["b", family.num_ws, family.w_dim], "dtype": "float32"}
    images = {"name": "images", "shape": ["b", channels, height, width], "dtype": "float32"}
    described: dict[str, Any] = {
        "schema": 1,
        "format": f"onnx, opset {OPSET}, IR version {IR_VERSION}",
        "generator": generator.identity,
        "images": "NCHW, -1 black to 1 white, to be clipped",
        "classes": list(generator.class_names),
        "networks": {
            "map": {"file": "map.onnx", "inputs": [z, *label, truncation], "outputs": [w]},
            "synthesize": {"file": "synthesize.onnx", "inputs": [w], "outputs": [images]},
        },
    }
    write_json(folder / DESCRIPTION, described)
    return ExportResult((*written, folder / DESCRIPTION))


def write_page_networks(generator: Generator, folder: Path) -> tuple[tuple[Path, ...], bool, float]:
    """Write the networks of a web page, for one image at a time.

    canvas.onnx for family field, else synthesize.onnx, and map.onnx for networks with a mapping network;
    weights in half precision where that changes no image by HALF_LIMIT levels or more.

    Returns: the files, whether weights are in half precision, and by how many levels of 255 that changes
        images.
    Raises: InputError: a family without ONNX networks.
    """
    check_family(generator.family)
    family, params = generator.family, host_params(generator)
    error = half_error(generator)
    half = error < HALF_LIMIT
    if isinstance(family, Field):
        graphs = [canvas_graph(family, params, half=half)]
    else:
        graphs = [synthesize_graph(family, params, batch=1, half=half)]
        graphs += [map_graph(family, params, batch=1, half=half)] if family.num_ws > 1 else []
    files = tuple(write_graph(folder / f"{g.name}.onnx", g, generator) for g in graphs)
    return files, half, error


def half_error(generator: Generator) -> float:
    """Largest change of a pixel, in levels of 255, if weights are rounded to half precision: of the first
    PROBES seeds."""
    w = generator.map(latents.from_seeds(range(PROBES), z_dim=generator.z_dim))
    rounded = dataclasses.replace(generator, params=jax.tree.map(_rounded, generator.params))
    exact, other = (np.clip(np.asarray(one.synthesize(w)), -1, 1) for one in (generator, rounded))
    return float(np.abs(exact - other).max() * 127.5)


def host_params(generator: Generator) -> Any:
    """The generator's parameters as NumPy arrays."""
    return jax.tree.map(np.asarray, generator.params)


def write_graph(path: Path, g: Graph, generator: Generator) -> Path:
    """Write a graph with the identity of its generator, whole or not at all."""
    data = g.bytes(metadata={"inkloop.generator": generator.identity})
    with replacing(path) as partial:
        partial.write_bytes(data)
    return path


def _rounded(a: jax.Array) -> jax.Array:
    """Weights as `Graph.weight` stores them."""
    if a.ndim < 2:
        return a
    return jnp.where(jnp.abs(a).max() < HALF_MAX, a.astype(jnp.float16).astype(a.dtype), a)
