"""The generators of `gan.families` as ONNX graphs: twins that compute the same images in float32.

map         z [N, Z], truncation [], with classes also label int64 [N] -> w [N, L, W]
synthesize  w [N, L, W] -> images [N, C, H, W], about [-1, 1], unclipped; noise maps are fixed
canvas      family field: global vectors [1, G], cells [1, h, w, D] -> images [1, C, H, W] of any size
"""

from typing import Any

import numpy as np

from data_prep.errors import InputError
from gan.export import onnx_layers as layers
from gan.export.onnx_graph import Dimension, Graph
from gan.families import GeneratorFamily
from gan.families.channels import levels, widths
from gan.families.field import Field, doublings
from gan.families.progan import Progan
from gan.families.stylegan2 import Stylegan2
from gan.layers import LR_MULTIPLIER
from gan.ops.activation import GAIN

Params = Any  # nested dictionaries of arrays


def check_family(family: GeneratorFamily) -> None:
    """Raise InputError unless there is a twin of this family."""
    if not isinstance(family, Progan | Stylegan2 | Field):
        raise InputError("only generators of families progan, stylegan2 and field can be exported as ONNX")


def map_graph(family: GeneratorFamily, params: Params, *, batch: Dimension, half: bool) -> Graph:
    """Graph of `family.map`."""
    check_family(family)
    g = Graph("map", half=half)
    z, psi = g.input("z", [batch, family.z_dim]), ""
    if isinstance(family, Stylegan2):
        w = _map_styles(g, family, params, z, batch)
        psi, mean = g.input("truncation", []), g.weight("w_mean", np.asarray(params["w_mean"]))
        w = g.node("Add", mean, g.node("Mul", psi, g.node("Sub", w, mean)))
    else:
        w, psi = _normalized(g, family, z), g.input("truncation", [])
        w = g.node("Mul", w, psi)
    w = g.node("Unsqueeze", w, g.integers([1]))
    if family.num_ws > 1:
        w = g.node("Expand", w, g.integers([1, family.num_ws, 1]))
    g.output("w", w, [batch, family.num_ws, family.w_dim])
    return g


def synthesize_graph(family: GeneratorFamily, params: Params, *, batch: Dimension, half: bool) -> Graph:
    """Graph of `family.synthesize` with constant noise."""
    check_family(family)
    g = Graph("synthesize", half=half)
    height, width, channels = family.shape
    w = g.input("w", [batch, family.num_ws, family.w_dim])
    if isinstance(family, Stylegan2):
        images = _stylegan2(g, family, params["synthesis"], w)
    elif isinstance(family, Progan):
        images = _progan(g, family, params, g.node("Squeeze", w, g.integers([1])))
    else:
        assert isinstance(family, Field)
        flat, dim = g.node("Squeeze", w, g.integers([1])), family.config.global_dim
        sizes = g.integers([dim, family.z_dim - dim])
        style, cells = f"{g.name}_style", f"{g.name}_cells"
        g.split(flat, sizes, (style, cells))
        cells = g.reshape(cells, [-1, *family.cells, family.config.local_dim])
        images = _field(g, family, params, style, cells)
    g.output("images", images, [batch, channels, height, width])
    return g


def canvas_graph(family: Field, params: Params, *, half: bool) -> Graph:
    """Graph of `family.canvas`, for maps of any size."""
    g = Graph("canvas", half=half)
    style = g.input("style", [1, family.config.global_dim])
    cells = g.input("cells", [1, "rows", "columns", family.config.local_dim])
    images = _field(g, family, params, style, cells)
    g.output("images", images, [1, family.shape[2], "height", "width"])
    return g


def _normalized(g: Graph, family: GeneratorFamily, z: str) -> str:
    if not isinstance(family, Field):
        return layers.normalized(g, z)
    dim, local = family.config.global_dim, family.config.local_dim
    style, cells = "z_style", "z_cells"
    g.split(z, g.integers([dim, family.z_dim - dim]), (style, cells))
    cells = layers.normalized(g, g.reshape(cells, [0, -1, local]))
    flat = g.reshape(cells, [0, family.z_dim - dim])
    if not (count := family.config.statistics):
        return g.node("Concat", layers.normalized(g, style), flat, axis=1)
    statistics, rest = "z_statistics", "z_rest"
    g.split(style, g.integers([count, dim - count]), (statistics, rest))
    return g.node("Concat", statistics, layers.normalized(g, rest), flat, axis=1)


def _map_styles(g: Graph, family: Stylegan2, params: Params, z: str, batch: Dimension) -> str:
    mapping = params["mapping"]
    x = layers.normalized(g, z)
    if family.num_classes:
        label, embedding = g.input("label", [batch], dtype=np.int64), mapping["embedding"]
        rows = np.asarray(embedding["kernel"]) / np.sqrt(family.num_classes) + np.asarray(embedding["bias"])
        chosen = g.node("Gather", g.weight("embedding", rows), label, axis=0)
        x = g.node("Concat", x, layers.normalized(g, chosen), axis=1)
    for i in range(family.config.mapping_layers):
        name = f"dense_{i}"
        x = layers.leaky_relu(g, layers.dense(g, name, mapping[name], x, rate=LR_MULTIPLIER, gain=GAIN))
    return x


def _progan(g: Graph, family: Progan, params: Params, w: str) -> str:
    height, width, channels = family.shape
    top, wide = levels(family.shape), widths(family.config, family.shape)
    base = (height >> top, width >> top, wide[0])
    x = layers.leaky_relu(g, layers.dense_map(g, "base", params["base"], w, base, GAIN))
    x = layers.leaky_relu(g, layers.conv(g, "conv_0", params["conv_0"], x))
    image = layers.conv(g, "rgb_0", params["rgb_0"], x, gain=1.0)
    return _doublings(g, params, x, image, count=top, channels=channels, periodic=False)


def _field(g: Graph, family: Field, params: Params, style: str, cells: str) -> str:
    """The global vector is the same in every cell, so that it adds one number to each channel of `base`."""
    config, base = family.config, params["base"]
    kernel, bias = np.asarray(base["kernel"]), np.asarray(base["bias"])
    kernel = kernel * (GAIN / np.sqrt(9.0 * kernel.shape[2]))
    style_kernel, cell_kernel = kernel[:, :, : config.global_dim], kernel[:, :, config.global_dim :]
    everywhere = g.node(
        "Gemm", style, g.weight("base.style", style_kernel.sum((0, 1))), g.weight("base.bias", bias * GAIN)
    )
    x = g.node("Transpose", cells, perm=[0, 3, 1, 2])
    x = layers.convolution(g, "base", cell_kernel, x, periodic=True)
    x = layers.leaky_relu(g, g.node("Add", x, layers.per_channel(g, everywhere)))
    for i in range(config.trunk_layers):
        name = f"trunk_{i}"
        x = layers.leaky_relu(g, layers.conv(g, name, params[name], x, periodic=True))
    image = layers.conv(g, "rgb_0", params["rgb_0"], x, gain=1.0)
    count, channels = doublings(config), family.shape[2]
    return _doublings(g, params, x, image, count=count, channels=channels, periodic=True)


def _doublings(
    g: Graph, params: Params, x: str, image: str, *, count: int, channels: int, periodic: bool
) -> str:
    """The doublings of progan and field: activations and the image so far -> the image."""
    for level in range(1, count + 1):
        up, conv, rgb = f"up_{level}", f"conv_{level}", f"rgb_{level}"
        x = layers.leaky_relu(g, layers.conv_up(g, up, params[up], x, periodic=periodic))
        x = layers.leaky_relu(g, layers.conv(g, conv, params[conv], x, periodic=periodic))
        image = layers.upsample(g, image, channels=channels, periodic=periodic)
        image = g.node("Add", image, layers.conv(g, rgb, params[rgb], x, gain=1.0))
    return image


def _stylegan2(g: Graph, family: Stylegan2, params: Params, w: str) -> str:
    height, width, channels = family.shape
    top, clamp = levels(family.shape), family.config.generator_clamp
    base = (height >> top, width >> top, family.generator_widths[0])
    styles = [g.node("Gather", w, g.index(i), axis=1) for i in range(family.num_ws)]
    if family.config.base == "latent":
        x = layers.dense_map(g, "base", params["base"], styles[0], base, 1.0)
    else:
        x = g.weight("const", np.asarray(params["const"]).transpose(2, 0, 1)[None])
    image = ""
    for level in range(top + 1):
        size, i = (base[0] << level, base[1] << level), 2 * level
        up, conv, rgb = f"up_{level}", f"conv_{level}", f"rgb_{level}"
        if level:
            x = layers.modulated(g, up, params[up], x, styles[i - 1], up_by_2=True, clamp=clamp)
        x = layers.modulated(g, conv, params[conv], x, styles[i], up_by_2=False, clamp=clamp)
        y = layers.to_rgb(g, rgb, params[rgb], x, styles[i + 1], size=size, clamp=clamp)
        image = g.node("Add", layers.upsample(g, image, channels=channels), y) if image else y
    return image
