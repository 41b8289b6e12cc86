"""Directions in w: what they maximise, where they act, and that films can go along them."""

import json

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from PIL import Image

from data_prep.errors import InputError
from gan import latents
from gan.__main__ import main
from gan.explore import directions
from gan.families import build
from gan.runs.latent_files import read_direction
from gan.sample import load_generator, sample_images


def test_principal_directions_are_the_axes_of_an_ellipsoid():
    rng = np.random.default_rng(0)
    axes = np.linalg.qr(rng.normal(size=(6, 6)))[0]
    lengths = np.array([5.0, 4, 3, 2, 1, 0.5])
    drawn = rng.normal(size=(20_000, 6))
    drawn = (drawn - drawn.mean(0)) @ np.linalg.inv(np.linalg.cholesky(np.cov(drawn.T, bias=True))).T
    w = (drawn * lengths) @ axes.T + 7.0
    vectors, variance = directions.principal_directions(w, count=4)
    np.testing.assert_allclose(np.abs(np.diag(vectors @ axes[:, :4])), 1, atol=1e-9)
    np.testing.assert_allclose(vectors @ vectors.T, np.eye(4), atol=1e-12)
    np.testing.assert_allclose(variance, lengths[:4] ** 2)
    np.testing.assert_allclose(directions.spread_along(w, vectors), lengths[:4])
    assert (np.take_along_axis(vectors, np.abs(vectors).argmax(1)[:, None], 1) > 0).all()
    turned = directions.principal_directions(-w, count=4).vectors
    np.testing.assert_allclose(turned, vectors, atol=1e-9)  # the sign says nothing of the data's


def test_factorised_directions_move_the_layers_most():
    rng = np.random.default_rng(1)
    kernels = [rng.normal(size=(8, i)) for i in (3, 5, 2)]

    def moved(n):
        return sum(np.square(n @ kernel).sum(-1) for kernel in kernels)

    vectors, gain = directions.factorised_directions(kernels, count=8)
    np.testing.assert_allclose(moved(vectors), gain, atol=1e-9)
    assert (np.diff(gain) <= 0).all()
    others = rng.normal(size=(1000, 8))
    others /= np.linalg.norm(others, axis=1, keepdims=True)
    assert moved(others).max() <= gain[0]
    across = others - others @ vectors[:1].T * vectors[:1]
    across /= np.linalg.norm(across, axis=1, keepdims=True)
    assert moved(across).max() <= gain[1]


@pytest.fixture(scope="module")
def styles(untrained_run):
    """w -> all that the network's layers make of it."""
    generator = load_generator(untrained_run)

    @jax.jit
    def styles(w):
        _, seen = generator.family._synthesis.apply(
            {"params": generator.params["synthesis"]},
            w,
            "none",
            capture_intermediates=lambda module, _: module.name == "style",
            mutable=["intermediates"],
        )
        return jnp.concatenate([leaf[0] for leaf in jax.tree.leaves(seen)])

    return styles


@pytest.mark.parametrize("layers", [range(6), [0], [1], [2], [5], [3, 4]])
def test_kernels_are_those_of_the_styles_that_the_layers_steer(untrained_run, styles, layers):
    """The network itself says which styles a direction moves in these layers, and how far."""
    generator = load_generator(untrained_run)
    family, params = generator.family, generator.params
    kernels = directions.style_kernels(family, params, layers)
    (n,), (gain,) = directions.factorised_directions(kernels, count=1)
    step = jnp.asarray(directions.in_layers(n[None], layers, count=family.num_ws))
    change = np.asarray(styles(step)) - np.asarray(styles(jnp.zeros_like(step)))
    np.testing.assert_allclose(np.square(change).sum(), gain, rtol=1e-4)


def test_without_styles_the_base_is_factorised(tiny):
    family = build(tiny, (16, 16, 1))
    params = jax.jit(family.init_generator)(jax.random.key(0))
    (kernel,) = directions.style_kernels(family, params, [0])
    assert kernel.shape[0] == family.z_dim
    np.testing.assert_allclose(kernel * np.sqrt(family.z_dim), params["base"]["kernel"], rtol=1e-6)


def test_styles_are_drawn_by_seed(untrained_run):
    generator = load_generator(untrained_run)
    network = generator.family, generator.params
    a = directions.sample_w(*network, count=100, seed=3)
    assert a.shape == (100, generator.family.w_dim)
    np.testing.assert_array_equal(a, directions.sample_w(*network, count=100, seed=3))
    assert (a != directions.sample_w(*network, count=100, seed=4)).any()


@pytest.fixture(scope="module")
def found(untrained_run, tmp_path_factory):
    """What the command makes of an untrained run in layers 1 and 4."""
    out = tmp_path_factory.mktemp("directions") / "out"
    words = ["directions", str(untrained_run), "--out", str(out), "--count", "3", "--seeds", "5,6"]
    words += ["--layers", "1,4", "--steps", "5", "--samples", "500"]
    assert main(words) == 0
    return out, words


def test_films_can_go_along_them(found, untrained_run):
    out, _ = found
    generator = load_generator(untrained_run)
    family = generator.family
    w = directions.sample_w(family, generator.params, count=500, seed=0)
    with np.load(out / "directions.npz", allow_pickle=False) as file:
        vectors, sigma = file["directions"], file["sigma"]
        header = json.loads(file["header"].tobytes())
    assert (vectors.dtype, vectors.shape) == (np.float32, (3, family.num_ws, family.w_dim))
    assert (header["kind"], header["generator"]) == ("directions", generator.identity)
    assert (header["method"], header["layers"]) == ("pca", [1, 4])
    for k in range(3):
        step = read_direction(out / "directions.npz", k)
        lengths = np.linalg.norm(step, axis=1)
        np.testing.assert_allclose(lengths, np.array([0, 1, 0, 0, 1, 0]) * sigma[k], rtol=1e-5)
        np.testing.assert_array_equal(step[1], step[4])
        np.testing.assert_allclose((w @ vectors[k, 1]).std(), sigma[k], rtol=1e-4)
    with pytest.raises(InputError, match="has directions 0 to 2"):
        read_direction(out / "directions.npz", 3)


def test_strips_have_the_seeds_own_pictures_in_the_middle(found, untrained_run):
    out, _ = found
    generator = load_generator(untrained_run)
    z = latents.from_seeds([5, 6], z_dim=generator.z_dim)
    own = np.concatenate(list(sample_images(generator.family, generator.params, z)))[..., 0].astype(int)
    for k in range(3):
        strip = np.asarray(Image.open(out / f"direction{k:02d}.png")).reshape(2, 16, 5, 16).swapaxes(1, 2)
        assert np.abs(strip[:, 2] - own).max() <= 1
        assert (strip[:, 0] != strip[:, 4]).any()
    assert Image.open(out / "directions.png").size == (5 * 16, 3 * 16)


def test_the_same_again(found, tmp_path, capsys):
    out, words = found
    other = tmp_path / "again"
    assert main([str(other) if word == str(out) else word for word in words]) == 0
    assert (other / "directions.npz").read_bytes() == (out / "directions.npz").read_bytes()
    capsys.readouterr()
    assert main(words) == 0
    assert "already done" in capsys.readouterr().out
    assert main([*words, "--method", "sefa"]) == 2
    assert "--overwrite" in capsys.readouterr().err


def test_refusals(untrained_run, tmp_path, capsys):
    for flags, message in [
        (["--count", "0"], "--count 0: this generator's w has 1 to"),
        (["--count", "9999"], "--count 9999: this generator's w has 1 to"),
        (["--layers", "6"], "has layers 0 to 5"),
        (["--samples", "2"], "--samples 2"),
        (["--steps", "1"], "--steps 1"),
        (["--strength", "nan"], "--strength nan"),
        (["--label", "3"], "knows no classes"),
    ]:
        assert main(["directions", str(untrained_run), "--out", str(tmp_path / "out"), *flags]) == 2
        told = capsys.readouterr().err.strip()
        assert message in told
        assert len(told.splitlines()) == 1
    assert not (tmp_path / "out").exists()
