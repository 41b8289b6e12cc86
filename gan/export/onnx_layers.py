"""The layers of `gan.layers` as ONNX operators, on activations [N, C, H, W].

Run-time scales of kernels and the gain of the nonlinearity are multiplied into the weights: a leaky ReLU
commutes with positive factors. The blur is a depthwise convolution and x2 up a depthwise transposed one: in
onnxruntime these are several times faster than shifted slices.
"""

import math
from typing import Any

import numpy as np

from gan.export.onnx_graph import Graph
from gan.ops.activation import GAIN
from gan.ops.modulated_conv import EPSILON
from gan.ops.resample import TAPS

SLOPE = 0.2
Weights = dict[str, Any]  # of a layer, or of a network by layer


def normalized(g: Graph, x: str) -> str:
    """`gan.latents.normalize` over the last axis."""
    mean = g.node("ReduceMean", g.node("Mul", x, x), g.integers([-1]), keepdims=1)
    return g.node("Div", x, g.node("Sqrt", g.node("Add", mean, g.scalar(1e-8))))


def leaky_relu(g: Graph, x: str) -> str:
    """Leaky ReLU without its gain, which is part of the weights before it."""
    return g.node("LeakyRelu", x, alpha=SLOPE)


def clamped(g: Graph, x: str, limit: float | None) -> str:
    """Clip to [-limit, limit]; None: identity."""
    return x if limit is None else g.node("Clip", x, g.scalar(-limit), g.scalar(limit))


def per_channel(g: Graph, x: str) -> str:
    """[N, C] -> [N, C, 1, 1]."""
    return g.node("Unsqueeze", x, g.integers([2, 3]))


def dense(g: Graph, name: str, layer: Weights, x: str, *, rate: float = 1.0, gain: float = 1.0) -> str:
    """`gan.layers.Dense`: [N, I] -> [N, O], times `gain`; `rate` is its learning-rate multiplier."""
    kernel, bias = np.asarray(layer["kernel"]), np.asarray(layer["bias"])
    scaled = kernel * (gain * rate / math.sqrt(kernel.shape[0]))
    return g.node(
        "Gemm", x, g.weight(f"{name}.kernel", scaled), g.weight(f"{name}.bias", bias * (gain * rate))
    )


def dense_map(g: Graph, name: str, layer: Weights, x: str, shape: tuple[int, int, int], gain: float) -> str:
    """A dense layer whose output is an activation of `shape` (h, w, C): [N, I] -> [N, C, h, w]."""
    kernel, (h, w, channels) = np.asarray(layer["kernel"]), shape
    turned = {
        "kernel": kernel.reshape(-1, h, w, channels).transpose(0, 3, 1, 2).reshape(len(kernel), -1),
        "bias": np.asarray(layer["bias"]).reshape(h, w, channels).transpose(2, 0, 1).reshape(-1),
    }
    return g.reshape(dense(g, name, turned, x, gain=gain), [-1, channels, h, w])


def conv(g: Graph, name: str, layer: Weights, x: str, *, gain: float = GAIN, periodic: bool = False) -> str:
    """`gan.layers.Conv` at stride 1, times `gain`: [N, I, H, W] -> [N, O, H, W]."""
    kernel = np.asarray(layer["kernel"])
    k, _, channels, _ = kernel.shape
    scale, bias = gain / math.sqrt(k * k * channels), np.asarray(layer["bias"]) * gain
    return convolution(g, name, kernel * scale, x, bias=bias, periodic=periodic)


def convolution(
    g: Graph, name: str, kernel: np.ndarray, x: str, *, bias: np.ndarray | None = None, periodic: bool = False
) -> str:
    """Convolve with a kernel [k, k, I, O] of odd size, used as it is; zeros or opposite edges around x."""
    k = kernel.shape[0]
    pad = 0 if periodic else k // 2
    x = wrapped(g, x, before=k // 2, after=k // 2) if periodic and k > 1 else x
    inputs = [x, g.weight(f"{name}.kernel", kernel.transpose(3, 2, 0, 1))]
    inputs += [] if bias is None else [g.weight(f"{name}.bias", bias)]
    return g.node("Conv", *inputs, kernel_shape=[k, k], pads=[pad] * 4)


def conv_up(
    g: Graph, name: str, layer: Weights, x: str, *, gain: float = GAIN, periodic: bool = False
) -> str:
    """`gan.layers.Conv` that doubles the size, times `gain`: [N, I, H, W] -> [N, O, 2H, 2W]."""
    kernel = np.asarray(layer["kernel"])
    scale = gain / math.sqrt(kernel.shape[0] ** 2 * kernel.shape[3])
    bias = np.asarray(layer["bias"]) * gain
    return up(g, name, kernel * scale, x, bias=bias, periodic=periodic)


def up(
    g: Graph, name: str, kernel: np.ndarray, x: str, *, bias: np.ndarray | None = None, periodic: bool = False
) -> str:
    """Transposed convolution with a kernel [3, 3, O, I] at stride 2, then the blur of gain 4 and the bias.

    A periodic input is continued by a pixel on each side, and what depends on its own edges is cut off.
    """
    x = wrapped(g, x, before=1, after=1) if periodic else x
    weight = g.weight(f"{name}.kernel", 4 * kernel.transpose(3, 2, 0, 1))
    x = g.node(
        "ConvTranspose",
        x,
        weight,
        kernel_shape=[3, 3],
        strides=[2, 2],
        pads=[1 if periodic else 0] * 4,
    )
    return blur(g, x, channels=kernel.shape[2], pad=0 if periodic else 1, bias=bias, name=name)


def blur(g: Graph, x: str, *, channels: int, pad: int, bias: np.ndarray | None = None, name: str = "") -> str:
    """`gan.ops.resample.blur`, plus a bias: [N, C, H, W] -> [N, C, H + 2 pad - 3, W + 2 pad - 3]."""
    taps = g.weight(f"blur_{channels}", np.tile(np.outer(TAPS, TAPS), (channels, 1, 1, 1)))
    inputs = [x, taps] + ([] if bias is None else [g.weight(f"{name}.bias", bias)])
    return g.node("Conv", *inputs, kernel_shape=[4, 4], pads=[pad] * 4, group=channels)


def upsample(g: Graph, x: str, *, channels: int, periodic: bool = False) -> str:
    """`gan.ops.resample.upsample`, on a torus if `periodic`: [N, C, H, W] -> [N, C, 2H, 2W]."""
    taps = g.weight(f"upsample_{channels}", np.tile(4 * np.outer(TAPS, TAPS), (channels, 1, 1, 1)))
    x = wrapped(g, x, before=1, after=1) if periodic else x
    pads = [3 if periodic else 1] * 4
    return g.node("ConvTranspose", x, taps, kernel_shape=[4, 4], strides=[2, 2], pads=pads, group=channels)


def wrapped(g: Graph, x: str, *, before: int, after: int) -> str:
    """`gan.ops.circular.wrapped`: continue periodic images on all sides."""
    pads = g.integers([0, 0, before, before, 0, 0, after, after])
    return g.node("Pad", x, pads, mode="wrap")


def modulated(
    g: Graph,
    name: str,
    layer: Weights,
    x: str,
    w: str,
    *,
    up_by_2: bool,
    clamp: float | None,
) -> str:
    """`gan.layers.SynthesisLayer` with its constant noise: [N, I, H, W], w [N, W] -> [N, O, H', W']."""
    kernel = np.asarray(layer["kernel"])
    power = np.square(kernel).sum((0, 1))
    power = power.T if up_by_2 else power
    style = dense(g, f"{name}.style", layer["style"], w)
    squares = g.node("MatMul", g.node("Mul", style, style), g.weight(f"{name}.power", power / GAIN**2))
    shrink = g.node("Sqrt", g.node("Add", squares, g.scalar(EPSILON / GAIN**2)))
    x = g.node("Mul", x, per_channel(g, style))
    x = up(g, name, kernel, x) if up_by_2 else convolution(g, name, kernel, x)
    x = g.node("Div", x, per_channel(g, shrink))
    if "noise_const" in layer and float(layer["noise_strength"]):
        noise = np.asarray(layer["noise_const"]) * (float(layer["noise_strength"]) * GAIN)
        x = g.node("Add", x, g.weight(f"{name}.noise", noise[None, None]))
    bias = np.asarray(layer["bias"]) * GAIN
    x = g.node("Add", x, g.weight(f"{name}.bias", bias[None, :, None, None]))
    return clamped(g, leaky_relu(g, x), clamp)


def to_rgb(
    g: Graph, name: str, layer: Weights, x: str, w: str, *, size: tuple[int, int], clamp: float | None
) -> str:
    """`gan.layers.ToRgb`: [N, I, H, W], w [N, W] -> [N, C, H, W]."""
    kernel, bias = np.asarray(layer["kernel"]), np.asarray(layer["bias"])
    inputs, outputs = kernel.shape
    style = dense(g, f"{name}.style", layer["style"], w, gain=1 / math.sqrt(inputs))
    row = g.node("Unsqueeze", style, g.integers([1]))
    weights = g.node("Mul", g.weight(f"{name}.kernel", kernel.T[None]), row)  # [N, C, I]
    y = g.node("MatMul", weights, g.reshape(x, [0, inputs, -1]))
    y = g.reshape(y, [0, outputs, *size])
    return clamped(g, g.node("Add", y, g.weight(f"{name}.bias", bias[None, :, None, None])), clamp)
