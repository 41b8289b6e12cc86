"""Imported networks compute what the originals do: a NumPy twin in float64, on the arrays as they were."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from data_prep.errors import InputError
from gan.imports.imported_run import read_networks
from tests.gan.imports import snapshot_files as files
from tests.gan.imports.numpy_twin import Twin
from tests.gan.imports.snapshot_files import Shape
from tests.slow_cases import slow

CASES = {
    "colour": (Shape(), {"protocol": 3}),
    "grey, classes, deep mapping, no clamp, no shortcuts, widths by no rule": (
        Shape(
            critic="orig",
            channels=1,
            classes=3,
            layers=4,
            clamp=None,
            newer=True,
            beta=0.998,
            drawn=(5, 9, 6),
            judged=(8, 3, 7),
        ),
        {"protocol": 4, "numpy_module": "numpy._core.multiarray"},
    ),
    "alpha, classes, narrow, frozen, a clamp that bites": (
        Shape(
            resolution=8, channels=4, classes=2, layers=8, base=24, most=12, clamp=1.5, newer=True, group=2
        ),
        {"protocol": 5, "frozen": 3},
    ),
}


@pytest.fixture(scope="module", params=CASES.values(), ids=CASES)
def case(request, tmp_path_factory):
    """(shape, the networks as written, as imported)."""
    shape, options = request.param
    nets = files.networks(shape)
    path = tmp_path_factory.mktemp("snapshot") / "network.pkl"
    path.write_bytes(files.snapshot(nets, **options))
    return shape, nets, read_networks(path)


def twin(net, shape: Shape) -> Twin:
    return Twin(net.flat(), resolution=shape.resolution, clamp=shape.clamp)


def inputs(shape: Shape, count: int):
    """(z [N, Z], one-hot classes or None, labels or None)."""
    z = np.random.default_rng(9).normal(size=(count, shape.z_dim))
    labels = np.arange(count, dtype=np.int32) % max(shape.classes, 1)
    return (z, np.eye(shape.classes)[labels], jnp.asarray(labels)) if shape.classes else (z, None, None)


@pytest.mark.parametrize("name", ["G_ema", *slow("G")])
@pytest.mark.slow_cases(
    "grey, classes, deep mapping, no clamp, no shortcuts, widths by no rule-G_ema",
    "alpha, classes, narrow, frozen, a clamp that bites-G_ema",
)
def test_styles_and_images(case, name):
    shape, nets, imported = case
    original, family, params = twin(nets[name], shape), imported.family, imported.params[name]
    z, classes, labels = inputs(shape, 2)
    for psi in (1.0, 0.6):
        ours = jax.jit(lambda z, psi=psi: family.map(params, z, labels=labels, truncation=psi))(
            jnp.float32(z)
        )
        theirs = original.map(z, classes, psi=psi)
        np.testing.assert_allclose(ours, np.repeat(theirs[:, None], family.num_ws, 1), atol=1e-5)
    ws = np.random.default_rng(3).normal(size=(2, family.num_ws, shape.w_dim))  # another style for each layer
    for noise in ("const", "none")[: 2 if name == "G_ema" else 1]:
        ours = jax.jit(lambda w, noise=noise: family.synthesize(params, w, noise=noise))(jnp.float32(ws))
        theirs = original.synthesize(ws, noise=noise == "const").transpose(0, 2, 3, 1)
        assert theirs.std() > 0.3
        np.testing.assert_allclose(ours, theirs, atol=1e-3)


def test_logits(case):
    shape, nets, imported = case
    original, family, params = twin(nets["D"], shape), imported.family, imported.params["D"]
    count = 2 * shape.group  # two groups, so that their order shows
    images = np.random.default_rng(4).normal(size=(count, shape.channels, shape.resolution, shape.resolution))
    _, classes, labels = inputs(shape, count)
    judge = jax.jit(lambda images, labels: family.discriminate(params, images, labels=labels))
    theirs = original.judge(images, classes, group=shape.group)
    assert theirs.std() > 1e-2
    ours = judge(jnp.float32(images.transpose(0, 2, 3, 1)), labels)
    np.testing.assert_allclose(ours, theirs, atol=1e-3)


def test_settings_are_taken_over(case):
    shape, _, imported = case
    network = imported.network
    assert imported.shape == (shape.resolution, shape.resolution, shape.channels)
    assert (imported.num_classes, network.mapping_layers) == (shape.classes, shape.layers)
    assert (network.generator_clamp, network.discriminator_clamp) == (shape.clamp, shape.clamp)
    assert (network.w_mean_decay, network.minibatch_group) == (shape.beta, shape.group)
    assert (network.generator_widths, network.discriminator_widths) == (shape.drawn, shape.judged)
    assert (network.base, network.noise, network.rgb_init_std) == ("const", "all", 1.0)


def refused(tmp_path, nets, **options) -> str:
    path = tmp_path / "network.pkl"
    path.write_bytes(files.snapshot(nets, **options))
    with pytest.raises(InputError) as refusal:
        read_networks(path)
    told = str(refusal.value)
    assert len(told.splitlines()) == 1
    assert len(told) < 600
    return told


SMALL = Shape(resolution=8, base=32, most=4)


def changed(path, **settings):
    """Networks one of whose modules, at NETWORK.path, has other settings."""
    nets = files.networks(SMALL)
    name, _, inner = path.partition(".")
    nets[name].at(inner).settings |= settings
    return nets


@pytest.mark.parametrize(
    ("path", "settings", "message"),
    [
        (
            "G_ema.synthesis.b8",
            {"architecture": "resnet"},
            "architecture 'resnet' in synthesis.b8",
        ),
        (
            "D.b8",
            {"architecture": "orig"},
            "architecture 'orig' in b8; only resnet is read",
        ),
        ("D.b4", {"architecture": "skip"}, "architecture 'skip' in b4; only resnet or orig"),
        ("G.synthesis.b8.conv0", {"use_noise": False}, "use_noise False"),
        ("G_ema.mapping.fc1", {"activation": "relu"}, "activation 'relu' in mapping.fc1; only lrelu"),
        ("D.b4.mbstd", {"num_channels": 2}, "num_channels 2"),
        ("D.b4.mbstd", {"group_size": None}, "group_size None"),
        ("D.b8.conv0", {"conv_clamp": 128.0}, "different conv_clamp"),
        ("G_ema", {"img_resolution": 12}, "images have 12 px"),
        ("G_ema", {"img_channels": 2}, "2 channels; 1, 3 and 4"),
        ("G_ema", {"z_dim": 7}, "mapping.fc0.weight of shape (5, 6), not (5, 7)"),
        ("G_ema.synthesis.b8.conv1.affine", {"activation": "relu"}, "'relu' in synthesis.b8.conv1.affine"),
        ("G.synthesis.b4.torgb.affine", {"activation": "lrelu"}, "its G has activation 'lrelu'"),
        ("G.mapping.fc0", {"activation": "relu"}, "its G has activation 'relu' in mapping.fc0"),
        ("D.b4.out", {"activation": "relu"}, "activation 'relu' in b4.out; only linear"),
        ("D.b8.skip", {"activation": "lrelu"}, "activation 'lrelu' in b8.skip; only linear"),
        ("D.b8.conv1", {"down": 1}, "down 1 in b8.conv1; only 2"),
        ("D.b8.conv0", {"up": 2}, "up 2 in b8.conv0; only 1"),
        ("D.b8.conv0", {"up": 10**400}, "up <int> in b8.conv0; only 1"),
        ("D.b8.conv0", {"up": np.ones(3)}, "up <Array> in b8.conv0; only 1"),
        ("D.b8.conv0", {"down": True}, "down True in b8.conv0; only 1"),
        ("D.b8.skip", {"conv_clamp": 256}, "conv_clamp 256 in b8.skip; only None"),
        ("D.b8.skip", {"act_gain": 2.0}, "act_gain 2.0 in b8.skip; only 1"),
        ("D.b8.fromrgb", {"act_gain": 7}, "act_gain 7 in b8.fromrgb; only 1.41421"),
        ("D.b4.conv", {"padding": 0}, "padding 0 in b4.conv; only 1"),
        ("G_ema.synthesis.b8.conv0", {"up": 1}, "up 1 in synthesis.b8.conv0; only 2"),
        ("G_ema.synthesis.b8.conv1", {"act_gain": 7}, "act_gain 7 in synthesis.b8.conv1"),
        ("G.synthesis.b8.conv1", {"padding": 2}, "padding 2 in synthesis.b8.conv1"),
        ("G.synthesis.b8.conv1", {"conv_clamp": 1.0}, "its G has layers of different conv_clamp"),
        ("G", {"c_dim": 5}, "its G has c_dim 5, its G_ema 0"),
        ("D", {"c_dim": 5}, "its D has c_dim 5, its G_ema 0"),
        ("G.mapping", {"c_dim": 5}, "its G has c_dim 5 in mapping; only 0"),
        ("D", {"img_channels": 1}, "its D has img_channels 1, its G_ema 3"),
        ("G.mapping", {"w_avg_beta": 0.5}, "its G has w_avg_beta 0.5, its G_ema 0.995"),
        ("G.mapping", {"num_layers": 1}, "its G has num_layers 1, its G_ema 2"),
        ("G_ema.mapping", {"num_layers": 3}, "has no mapping.fc2"),
        ("G_ema.mapping", {"num_layers": 1}, "unknown arrays: mapping.fc1.bias, mapping.fc1.weight"),
    ],
)
def test_other_networks_are_refused(tmp_path, path, settings, message):
    assert message in refused(tmp_path, changed(path, **settings))


def test_arrays_missing_left_over_or_damaged_are_named(tmp_path):
    nets = files.networks(SMALL)
    del nets["G_ema"].at("synthesis.b4.conv1").buffers["noise_const"]
    assert "its G_ema has no synthesis.b4.conv1.noise_const" in refused(tmp_path, nets)
    nets = files.networks(SMALL)
    nets["D"].at("b4").parameters["extra"] = np.ones(3, np.float32)
    assert "its D has unknown arrays: b4.extra" in refused(tmp_path, nets)
    nets = files.networks(SMALL)
    nets["G"].at("synthesis.b8.torgb").parameters["bias"][1] = np.nan
    assert "not finite" in refused(tmp_path, nets)
    nets = files.networks(SMALL)
    nets["D"].at("b8.conv1").buffers["resample_filter"] = np.full((4, 4), 1 / 16, np.float32)
    assert "another b8.conv1.resample_filter than [1, 3, 3, 1]" in refused(tmp_path, nets)


@pytest.mark.parametrize("path", ["G.synthesis.b8", "G_ema.synthesis.b8.conv0", "D.b8.conv1", "D.b8.skip"])
def test_a_filter_that_is_missing_where_it_is_used_is_named(tmp_path, path):
    nets = files.networks(SMALL)
    name, _, inner = path.partition(".")
    del nets[name].at(inner).buffers["resample_filter"]
    assert f"its {name} has no {inner}.resample_filter" in refused(tmp_path, nets)


def test_generators_of_different_clamp(tmp_path):
    nets = files.networks(SMALL)
    nets["G"] = files.networks(dataclasses.replace(SMALL, clamp=None))["G"]
    assert "its G has conv_clamp None, its G_ema 256.0" in refused(tmp_path, nets)


def test_layers_of_another_class_or_in_another_place(tmp_path):
    nets = files.networks(SMALL)
    nets["G"].at("synthesis.b8.conv1").kind = "SmoothLayer"
    assert "a 'SmoothLayer' at synthesis.b8.conv1; StyleGAN2 has a SynthesisLayer" in refused(tmp_path, nets)
    nets = files.networks(SMALL)
    nets["D"].at("b8").modules["attention"] = files.Net("Conv2dLayer")
    assert "a 'Conv2dLayer' at b8.attention; StyleGAN2 has nothing there" in refused(tmp_path, nets)


def test_arrays_of_other_numbers_are_told_apart(tmp_path):
    nets = files.networks(SMALL)
    nets["D"].at("b4.fc").parameters["bias"] = np.ones(4, np.int64)
    assert "b4.fc.bias in int64; float16, float32 and float64 are read" in refused(tmp_path, nets)


def test_other_kinds_of_snapshot_are_refused(tmp_path):
    nets = files.networks(SMALL)
    nets["G_ema"].at("synthesis").modules["input"] = files.Net("SynthesisInput")
    assert "its G_ema is a StyleGAN3 generator" in refused(tmp_path, nets)
    nets = files.networks(SMALL)
    nets["D"].kind = "ProjectedDiscriminator"
    assert "its D is a 'ProjectedDiscriminator'; only StyleGAN2's" in refused(tmp_path, nets)
    nets = files.networks(SMALL)
    assert "its D is not a network but 3" in refused(tmp_path, nets | {"D": 3})
    assert "no generator, G_ema or G; it holds D, " in refused(tmp_path, {"D": nets["D"]})
    other = files.networks(files.Shape(8, base=32, most=4, z_dim=2, w_dim=2, channels=1))
    for name in ("G", "D"):
        assert f"its {name} has" in refused(tmp_path, nets | {name: other[name]})
