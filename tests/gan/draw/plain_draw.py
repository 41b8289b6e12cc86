"""DRAW in NumPy, one image and one glimpse at a time, written from the paper for tests."""

import numpy as np

from tests.gan.draw.test_attention import plain_filters


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def dense(params, x):
    return x @ np.asarray(params["kernel"], np.float64) + np.asarray(params["bias"], np.float64)


def lstm(params, output, cell, inputs):
    i, f, o, g = np.split(dense(params, np.concatenate([*inputs, output])), 4)
    cell = sigmoid(f + 1) * cell + sigmoid(i) * np.tanh(g)
    return sigmoid(o) * np.tanh(cell), cell


def window_filters(params, output, *, shape, grid):
    height, width = shape
    x, y, log_variance, log_stride, log_intensity = dense(params, output)
    stride = (max(height, width) - 1) / (grid - 1) * np.exp(log_stride)
    size = {"stride": stride, "variance": np.exp(log_variance), "grid": grid}
    f_y = plain_filters((height + 1) / 2 * (y + 1), length=height, **size)
    f_x = plain_filters((width + 1) / 2 * (x + 1), length=width, **size)
    return f_y, f_x, np.exp(log_intensity)


def plain_draw(params, noise, *, config, x=None, shape=None, hot=()):
    """(canvases [T, H, W], z, mean, log_std [T, Z]); without an image x, `noise` is z itself."""
    shape = x.shape if shape is None else shape
    first = {name: np.asarray(leaf, np.float64) for name, leaf in params["initial"].items()}
    encoder = first["encoder_output"], first["encoder_cell"]
    decoder = first["decoder_output"], first["decoder_cell"]
    canvas, canvases, codes = first["canvas"], [], []
    for t in range(len(noise)):
        z, mean, log_std = noise[t], None, None
        if x is not None:
            parts = x, x - sigmoid(canvas)
            if config.read_size:
                f_y, f_x, gamma = window_filters(
                    params["read_window"], decoder[0], shape=shape, grid=config.read_size
                )
                parts = [gamma * f_y @ part @ f_x.T for part in parts]
            read = [part.reshape(-1) for part in parts]
            encoder = lstm(params["encoder"], *encoder, [*read, decoder[0], np.array(hot)])
            mean, log_std = dense(params["mean"], encoder[0]), dense(params["log_std"], encoder[0])
            z = mean + np.exp(log_std) * noise[t]
        decoder = lstm(params["decoder"], *decoder, [z, np.array(hot)])
        written = dense(params["write"], decoder[0])
        if config.write_size:
            n = config.write_size
            f_y, f_x, gamma = window_filters(params["write_window"], decoder[0], shape=shape, grid=n)
            written = f_y.T @ written.reshape(n, n) @ f_x / gamma
        canvas = canvas + written.reshape(shape)
        canvases.append(canvas)
        codes.append((z, mean, log_std))
    z, mean, log_std = zip(*codes, strict=True)
    return np.array(canvases), np.array(z), mean, log_std
