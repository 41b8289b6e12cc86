"""The two LSTMs of DRAW: an encoder that reads an image in glimpses, and a decoder that draws it.

With e_t = x - sigmoid(c_{t-1}), r_t = read(x, e_t, h_dec), h_enc = LSTM([r_t, h_dec]), z_t ~
N(mu_t, sigma_t^2) of h_enc, h_dec = LSTM(z_t), c_t = c_{t-1} + write(h_dec). Initial states and canvas are
trained.

Source: Gregor et al. 2015, equations 3 to 8 and 13 to 18. Classes are an extension: a one-hot vector is part
of the input of both LSTMs.
"""

import math
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax import lax

from gan.config.draw import DrawNetworkConfig
from gan.draw.attention import PARAMETERS, read_patch, window_of, write_patch
from gan.draw.loss import Nats, bernoulli_nats, gaussian_kl

FORGET_BIAS = 1.0  # of the LSTMs, so that they keep their cells at first
Params = dict[str, Any]


class Memory(NamedTuple):
    """State of an LSTM: output and cell, float32 [B, hidden]."""

    output: jax.Array
    cell: jax.Array


class Encoded(NamedTuple):
    """What the encoder made of images.

    Attributes:
        z: float32 [B, T, Z].
        mean, log_std: of the posterior of z, likewise.
        canvas: logits c_T, float32 [B, H, W].
    """

    z: jax.Array
    mean: jax.Array
    log_std: jax.Array
    canvas: jax.Array

    def nats(self, ink: jax.Array) -> Nats:
        """The bound of the images, ink [B, H, W] in [0, 1]: one sample of z."""
        return Nats(bernoulli_nats(self.canvas, ink), gaussian_kl(self.mean, self.log_std))


class Drawn(NamedTuple):
    """Images after each glimpse.

    Attributes:
        canvas: logits c_1 .. c_T, float32 [B, T, H, W].
        window: what `window_of` makes a window of, float32 [B, T, 5]; zeros without attention.
    """

    canvas: jax.Array
    window: jax.Array


def init_params(
    key: jax.Array, config: DrawNetworkConfig, *, shape: tuple[int, int], num_classes: int = 0
) -> Params:
    """Initial parameters, float32: kernels normal with variance 1 / inputs, biases 0 but those of windows.

    Windows span the image, with filters that overlap: sigma is half their distance. With the sigma of 1 px
    that a bias of 0 means, most pixels between the filters have no gradient. The patch is written with
    gamma = 1 / (2 pi sigma^2), so that one of its numbers is one logit.

    Args:
        key: of the kernels.
        config: of the networks.
        shape: (H, W) of the images.
        num_classes: of the labels; 0: none.
    """
    height, width = shape
    pixels, hidden = height * width, config.hidden
    read = 2 * (config.read_size**2 or pixels)
    sizes = {
        "encoder": (read + 2 * hidden + num_classes, 4 * hidden),
        "mean": (hidden, config.glimpse_z),
        "log_std": (hidden, config.glimpse_z),
        "decoder": (config.glimpse_z + hidden + num_classes, 4 * hidden),
        "write": (hidden, config.write_size**2 or pixels),
    }
    if config.read_size:
        sizes["read_window"] = (hidden, PARAMETERS)
    if config.write_size:
        sizes["write_window"] = (hidden, PARAMETERS)
    params: Params = {}
    for i, (name, (inputs, outputs)) in enumerate(sizes.items()):
        kernel = jax.random.normal(jax.random.fold_in(key, i), (inputs, outputs)) / math.sqrt(inputs)
        params[name] = {"kernel": kernel, "bias": jnp.zeros(outputs)}
    for name, grid in (("read_window", config.read_size), ("write_window", config.write_size)):
        if grid:
            params[name]["bias"] = _initial_window(shape, grid, writes=name == "write_window")
    states = ("encoder_output", "encoder_cell", "decoder_output", "decoder_cell")
    params["initial"] = {name: jnp.zeros(hidden) for name in states} | {"canvas": jnp.zeros(shape)}
    return params


def encode_images(
    params: Params,
    ink: jax.Array,
    noise: jax.Array,
    *,
    config: DrawNetworkConfig,
    labels: jax.Array | None = None,
    num_classes: int = 0,
) -> Encoded:
    """Draw images from their own posterior, glimpse by glimpse.

    Args:
        params: see `init_params`.
        ink: images [B, H, W] in [0, 1], 1 is ink.
        noise: standard normal, one sample for each glimpse, [B, T, Z]; zeros: the mean of the posterior.
        config: of the networks.
        labels: int32 [B]; None without classes.
        num_classes: of the labels.
    """
    hot = one_hot(labels, count=len(ink), num_classes=num_classes)

    def glimpse(carry: tuple[Memory, Memory, jax.Array], noise: jax.Array) -> Any:
        encoder, decoder, canvas = carry
        seen = _read(params, ink, ink - jax.nn.sigmoid(canvas), decoder.output, config=config)
        encoder = _lstm(params["encoder"], encoder, [seen, decoder.output, hot])
        mean, log_std = (_dense(params[name], encoder.output) for name in ("mean", "log_std"))
        z = mean + jnp.exp(log_std) * noise
        decoder, canvas, _ = _draw(params, decoder, canvas, z, hot, config=config)
        return (encoder, decoder, canvas), (z, mean, log_std)

    carry = (_initial(params, "encoder", len(ink)), *_initial_drawing(params, len(ink)))
    (_, _, canvas), found = lax.scan(glimpse, carry, noise.swapaxes(0, 1))
    z, mean, log_std = (leaf.swapaxes(0, 1) for leaf in found)
    return Encoded(z, mean, log_std, canvas)


def draw_latents(
    params: Params, z: jax.Array, hot: jax.Array, *, config: DrawNetworkConfig
) -> tuple[jax.Array, Drawn]:
    """Draw images of latents: (final logits [B, H, W], those after each glimpse).

    Args:
        params: see `init_params`.
        z: [B, T, Z]; of the prior N(0, I), or of `encode_images`.
        hot: classes as one-hot vectors or mixtures of them, [B, K].
        config: of the networks.
    """

    def glimpse(carry: tuple[Memory, jax.Array], z: jax.Array) -> Any:
        decoder, canvas, window = _draw(params, *carry, z, hot, config=config)
        return (decoder, canvas), (canvas, window)

    (_, canvas), found = lax.scan(glimpse, _initial_drawing(params, len(z)), z.swapaxes(0, 1))
    return canvas, Drawn(*(leaf.swapaxes(0, 1) for leaf in found))


def one_hot(labels: jax.Array | None, *, count: int, num_classes: int) -> jax.Array:
    """Classes [B] as one-hot vectors, float32 [B, K]; the first class without labels."""
    if labels is None:
        labels = jnp.zeros(count, jnp.int32)
    return jax.nn.one_hot(labels, num_classes, dtype=jnp.float32)


def _read(
    params: Params, ink: jax.Array, error: jax.Array, output: jax.Array, *, config: DrawNetworkConfig
) -> jax.Array:
    """r_t [B, ...]: patches of the image and of the error image, or both whole."""
    pair = (ink, error)
    if config.read_size:
        numbers = _dense(params["read_window"], output)
        window = window_of(numbers, shape=(ink.shape[1], ink.shape[2]), grid=config.read_size)
        pair = tuple(read_patch(window, image, grid=config.read_size) for image in pair)  # type: ignore[assignment]
    return jnp.concatenate([image.reshape(len(image), -1) for image in pair], axis=1)


def _draw(
    params: Params,
    decoder: Memory,
    canvas: jax.Array,
    z: jax.Array,
    hot: jax.Array,
    *,
    config: DrawNetworkConfig,
) -> tuple[Memory, jax.Array, jax.Array]:
    """One glimpse of the decoder: its memory, the canvas, and the numbers of the window [B, 5]."""
    decoder = _lstm(params["decoder"], decoder, [z, hot])
    written = _dense(params["write"], decoder.output)
    if not config.write_size:
        return decoder, canvas + written.reshape(canvas.shape), jnp.zeros((len(z), PARAMETERS))
    shape = (canvas.shape[1], canvas.shape[2])
    numbers = _dense(params["write_window"], decoder.output)
    window = window_of(numbers, shape=shape, grid=config.write_size)
    patch = written.reshape(len(z), config.write_size, config.write_size)
    return decoder, canvas + write_patch(window, patch, shape=shape), numbers


def _lstm(params: Any, memory: Memory, inputs: list[jax.Array]) -> Memory:
    """One step of an LSTM on concatenated inputs [B, ...]."""
    gates = _dense(params, jnp.concatenate([*inputs, memory.output], axis=1))
    i, f, o, g = jnp.split(gates, 4, axis=1)
    cell = jax.nn.sigmoid(f + FORGET_BIAS) * memory.cell + jax.nn.sigmoid(i) * jnp.tanh(g)
    return Memory(jax.nn.sigmoid(o) * jnp.tanh(cell), cell)


def _dense(params: Any, x: jax.Array) -> jax.Array:
    return x @ params["kernel"] + params["bias"][None]


def _initial(params: Params, name: str, count: int) -> Memory:
    first = params["initial"]
    parts = (first[f"{name}_output"], first[f"{name}_cell"])
    return Memory(*(jnp.broadcast_to(part, (count, *part.shape)) for part in parts))


def _initial_drawing(params: Params, count: int) -> tuple[Memory, jax.Array]:
    canvas = params["initial"]["canvas"]
    return _initial(params, "decoder", count), jnp.broadcast_to(canvas, (count, *canvas.shape))


def _initial_window(shape: tuple[int, int], grid: int, *, writes: bool) -> jax.Array:
    """Biases [5] of the numbers of a window."""
    variance = max((max(shape) - 1) / max(grid - 1, 1) / 2, 1.0) ** 2
    log_intensity = -math.log(2 * math.pi * variance) if writes else 0.0
    return jnp.array([0.0, 0.0, math.log(variance), 0.0, log_intensity])
