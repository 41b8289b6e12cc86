"""The FID network against a plain NumPy twin that reads the state dict by its published names."""

import math

import jax
import numpy as np
import pytest
from numpy.lib.stride_tricks import sliding_window_view

from gan.metrics import inception
from tests.gan.metrics.inception_state import random_state


@pytest.fixture(scope="module")
def state() -> dict[str, np.ndarray]:
    return random_state()


def conv(state, name, x, *, stride=1, pad=(0, 0)):
    """[C, H, W] -> [O, h, w] float64: cross-correlation, batch normalisation, ReLU, written out."""
    w = state[f"{name}.conv.weight"].astype(np.float64)
    x = np.pad(x, ((0, 0), (pad[0], pad[0]), (pad[1], pad[1])))
    windows = sliding_window_view(x, w.shape[2:], axis=(1, 2))[:, ::stride, ::stride]
    y = np.einsum("ihwkl,oikl->ohw", windows, w, optimize=True)
    g, b, m, v = (
        state[f"{name}.bn.{p}"].astype(np.float64) for p in ("weight", "bias", "running_mean", "running_var")
    )
    return np.maximum(
        (y - m[:, None, None]) / np.sqrt(v + 0.001)[:, None, None] * g[:, None, None] + b[:, None, None], 0
    )


def pool(x, reduce, *, stride=1, fill=None):
    """3x3 windows; with `fill` the image is padded by one, NaN where nothing is to be counted."""
    if fill is not None:
        x = np.pad(x, ((0, 0), (1, 1), (1, 1)), constant_values=fill)
    return reduce(sliding_window_view(x, (3, 3), axis=(1, 2))[:, ::stride, ::stride], axis=(3, 4))


def plain_features(state, x):
    """[3, H, W] -> [2048]: the network as its description lists it."""
    average = lambda x: pool(x, np.nanmean, fill=np.nan)  # noqa: E731
    largest = lambda x: pool(x, np.max, fill=-np.inf)  # noqa: E731
    halve = lambda x: pool(x, np.max, stride=2)  # noqa: E731

    def run(x, block, *layers):
        for name, options in layers:
            x = conv(state, f"{block}.{name}", x, **options)
        return x

    p, row, column, down = {"pad": (1, 1)}, {"pad": (0, 3)}, {"pad": (3, 0)}, {"stride": 2}
    x = conv(state, "Conv2d_1a_3x3", x, stride=2)
    x = conv(state, "Conv2d_2a_3x3", x)
    x = halve(conv(state, "Conv2d_2b_3x3", x, pad=(1, 1)))
    x = conv(state, "Conv2d_3b_1x1", x)
    x = halve(conv(state, "Conv2d_4a_3x3", x))
    for b in ("Mixed_5b", "Mixed_5c", "Mixed_5d"):
        x = np.concatenate([
            run(x, b, ("branch1x1", {})),
            run(x, b, ("branch5x5_1", {}), ("branch5x5_2", {"pad": (2, 2)})),
            run(x, b, ("branch3x3dbl_1", {}), ("branch3x3dbl_2", p), ("branch3x3dbl_3", p)),
            run(average(x), b, ("branch_pool", {})),
        ])  # fmt: skip
    b = "Mixed_6a"
    x = np.concatenate([
        run(x, b, ("branch3x3", down)),
        run(x, b, ("branch3x3dbl_1", {}), ("branch3x3dbl_2", p), ("branch3x3dbl_3", down)),
        halve(x),
    ])  # fmt: skip
    for b in ("Mixed_6b", "Mixed_6c", "Mixed_6d", "Mixed_6e"):
        double = [("branch7x7dbl_1", {}), ("branch7x7dbl_2", column), ("branch7x7dbl_3", row)]
        x = np.concatenate([
            run(x, b, ("branch1x1", {})),
            run(x, b, ("branch7x7_1", {}), ("branch7x7_2", row), ("branch7x7_3", column)),
            run(x, b, *double, ("branch7x7dbl_4", column), ("branch7x7dbl_5", row)),
            run(average(x), b, ("branch_pool", {})),
        ])  # fmt: skip
    b = "Mixed_7a"
    long = [("branch7x7x3_1", {}), ("branch7x7x3_2", row), ("branch7x7x3_3", column), ("branch7x7x3_4", down)]
    x = np.concatenate([run(x, b, ("branch3x3_1", {}), ("branch3x3_2", down)), run(x, b, *long), halve(x)])
    for b, pooling in (("Mixed_7b", average), ("Mixed_7c", largest)):
        single = run(x, b, ("branch3x3_1", {}))
        twice = run(x, b, ("branch3x3dbl_1", {}), ("branch3x3dbl_2", p))
        x = np.concatenate([
            run(x, b, ("branch1x1", {})),
            run(single, b, ("branch3x3_2a", {"pad": (0, 1)})),
            run(single, b, ("branch3x3_2b", {"pad": (1, 0)})),
            run(twice, b, ("branch3x3dbl_3a", {"pad": (0, 1)})),
            run(twice, b, ("branch3x3dbl_3b", {"pad": (1, 0)})),
            run(pooling(x), b, ("branch_pool", {})),
        ])  # fmt: skip
    return x.mean(axis=(1, 2))


@pytest.mark.slow
def test_parameters_are_those_of_the_published_network():
    counted = sum(math.prod(shape) for shape in inception.shapes().values())
    assert counted + 1008 * (2048 + 1) == inception.PARAMETERS == 23_885_392
    assert inception.shapes()[("Mixed_7c", "branch3x3dbl_2", "kernel")] == (3, 3, 448, 384)
    assert inception.shapes()[("Mixed_6b", "branch7x7dbl_4", "kernel")] == (7, 1, 128, 128)
    assert inception.shapes()[("Mixed_5d", "branch_pool", "kernel")] == (1, 1, 288, 64)


@pytest.mark.slow
def test_network_equals_its_plain_twin(state):
    """139 px leave 3 x 3 positions in the last blocks: borders count there."""
    image = np.random.default_rng(1).uniform(-1, 1, (139, 139, 3)).astype(np.float32)
    params = inception.from_state_dict(state)
    fast = jax.jit(inception.Inception().apply)({"params": params}, image[None])[0]
    plain = plain_features(state, image.transpose(2, 0, 1).astype(np.float64))
    assert plain.std() > 0.1
    np.testing.assert_allclose(fast, plain, rtol=0, atol=1e-5 * plain.max())


@pytest.mark.parametrize(
    ("size", "half_pixel"), [(64, False), (64, True), (512, False), (512, True), (299, True)]
)
def test_bilinear_reads_where_its_protocol_says(size, half_pixel):
    line = np.random.default_rng(0).normal(size=size)
    expected = []
    for i in range(299):
        at = (i + 0.5) * size / 299 - 0.5 if half_pixel else i * size / 299
        expected.append(np.interp(at, np.arange(size), line))  # clamps at the edges
    np.testing.assert_allclose(
        inception.bilinear(size, 299, half_pixel=half_pixel) @ line, expected, atol=1e-5
    )


@pytest.mark.slow
def test_images_of_any_kind(state):
    """Gray is RGB of equal channels, opaque RGBA is RGB, and both ranges are what their protocol says."""
    params = inception.from_state_dict(state)
    rng = np.random.default_rng(2)
    u = rng.integers(0, 256, (1, 32, 48, 1)).astype(np.float32)
    gray = u / 127.5 - 1
    rgba = np.concatenate([gray] * 3 + [np.ones_like(gray)], axis=-1)
    features = jax.jit(inception.inception_features)
    np.testing.assert_allclose(features(params, gray), features(params, rgba), rtol=1e-4, atol=1e-4)
    for protocol, low in (("tensorflow", (u - 128) / 128), ("pytorch-fid", 2 * (u / 255) - 1)):
        r, c = (inception.bilinear(n, 299, half_pixel=protocol == "pytorch-fid") for n in (32, 48))
        resized = np.einsum("ph,qw,nhwc->npqc", r, c, low).repeat(3, axis=-1)
        plain = jax.jit(inception.Inception().apply)({"params": params}, resized)
        ours = inception.inception_features(params, gray, protocol=protocol)
        np.testing.assert_allclose(ours, plain, rtol=1e-3, atol=1e-3)


@pytest.mark.slow
def test_state_dicts_that_do_not_fit(state):
    name = "Mixed_6c.branch7x7_2.conv.weight"
    cases = [
        ({k: v for k, v in state.items() if k != name}, f"holds no {name}"),
        (state | {name: state[name][:-1]}, rf"{name} has shape \[159, 160, 1, 7\]"),
        (state | {name: state[name].swapaxes(2, 3)}, rf"{name} has shape \[160, 160, 7, 1\]"),
        (state | {"AuxLogits.fc.weight": state["fc.weight"]}, r"AuxLogits\.fc\.weight"),
        (state | {"fc.weight": np.zeros((1000, 2048))}, r"\[1000, 2048\]; that of FID's network"),
    ]
    for wrong, message in cases:
        with pytest.raises(ValueError, match=message):
            inception.from_state_dict(wrong)
