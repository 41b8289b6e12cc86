"""Family stylegan2: its parameters, its noise, its styles, its classes."""

import dataclasses
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax.traverse_util import flatten_dict, unflatten_dict

from gan import latents
from gan.config import Stylegan2Config
from gan.families.stylegan2 import Stylegan2
from gan.losses import path_lengths

CONFIG = Stylegan2Config(z_dim=12, w_dim=10, channel_base=128, channel_max=8, minibatch_group=2)


@pytest.fixture(scope="module")
def made():
    family = Stylegan2(CONFIG, (8, 8, 3), jnp.float32)
    g = jax.jit(family.init_generator)(jax.random.key(0))
    strong = jax.tree.map_with_path(lambda path, a: a + 1 if "noise_strength" in str(path) else a, g)
    z = latents.from_seeds(range(4), z_dim=12)
    return family, strong, jax.jit(family.map)(strong, z)


def test_parameters_counted_by_hand():
    """Widths 512 to 64 px and 256 at 128 px: the sizes that the published networks of this width have."""
    family = Stylegan2(Stylegan2Config(channel_base=32768, minibatch_group=4), (128, 128, 3), jnp.float32)
    g = jax.eval_shape(family.init_generator, jax.random.key(0))
    d = jax.eval_shape(family.init_discriminator, jax.random.key(0))
    dense = lambda i, o: i * o + o  # noqa: E731

    def layer(i, o, side):
        return dense(512, i) + 9 * i * o + o + 1 + side * side

    rgb = lambda i: dense(512, i) + 3 * i + 3  # noqa: E731
    synthesis = 16 * 512 + layer(512, 512, 4) + rgb(512)
    for side in (8, 16, 32, 64):
        synthesis += 2 * layer(512, 512, side) + rgb(512)
    synthesis += layer(512, 256, 128) + layer(256, 256, 128) + rgb(256)
    assert count(g) == 2 * dense(512, 512) + synthesis + 512
    conv = lambda i, o, k=3: k * k * i * o + o  # noqa: E731
    blocks = conv(256, 256) + conv(256, 512) + 256 * 512 + 4 * (2 * conv(512, 512) + 512 * 512)
    assert count(d) == conv(3, 256, 1) + blocks + conv(513, 512) + dense(16 * 512, 512) + dense(512, 1)


def count(tree):
    return sum(int(np.prod(leaf.shape)) for leaf in jax.tree.leaves(tree))


def test_each_style_steers_its_own_layers(made):
    """Changing style i changes the image; only the last one leaves everything but the last to-RGB alone."""
    family, g, w = made
    synthesize = jax.jit(lambda w: family.synthesize(g, w, noise="none"))
    base = synthesize(w)
    for i in range(family.num_ws):
        assert float(jnp.abs(synthesize(w.at[:, i].add(1.0)) - base).max()) > 1e-3, i


@pytest.mark.slow
def test_noise_is_fixed_absent_or_each_items_own(made):
    family, g, w = made
    const, again, none = (family.synthesize(g, w, noise=n) for n in ("const", "const", "none"))
    np.testing.assert_array_equal(const, again)
    assert float(jnp.abs(const - none).max()) > 1e-2
    keys = latents.item_keys(jax.random.key(5), latents.numbered(0, 4))
    fresh = family.synthesize(g, w, noise=keys)
    np.testing.assert_allclose(fresh[2:], family.synthesize(g, w[2:], noise=keys[2:]), rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(fresh, family.synthesize(g, w, noise=jax.random.key(5)), rtol=1e-4, atol=1e-4)
    same = family.synthesize(g, jnp.repeat(w[:1], 4, 0), noise=keys)
    assert float(jnp.abs(same[0] - same[1]).max()) > 1e-2


@pytest.mark.slow
def test_a_new_networks_noise_has_no_strength():
    family = Stylegan2(CONFIG, (4, 4, 1), jnp.float32)
    g = jax.jit(family.init_generator)(jax.random.key(0))

    @jax.jit
    def draw(g, z):
        w = family.map(g, z)
        return [family.synthesize(g, w, noise=n) for n in (jax.random.key(0), "none")]

    fresh, none = draw(g, latents.from_seeds([1], z_dim=12))
    np.testing.assert_array_equal(fresh, none)


def variant(shape=(4, 4, 1), **changed):
    """A family with other fields, and initial parameters of its generator by path."""
    family = Stylegan2(dataclasses.replace(CONFIG, **changed), shape, jnp.float32)
    return family, flatten_dict(jax.jit(family.init_generator)(jax.random.key(0)), sep="/")


@pytest.mark.parametrize(
    ("noise", "layers"),
    [
        ("all", {"conv_0", "up_1", "conv_1", "up_2", "conv_2"}),
        ("none", set()),
        (4, {"up_1", "conv_1", "up_2", "conv_2"}),
        (8, {"up_2", "conv_2"}),
        (16, set()),
    ],
)
def test_layers_without_noise_have_no_noise_parameters(noise, layers):
    """Sizes are those of the short side: 4, 8 and 16 px."""
    family = Stylegan2(dataclasses.replace(CONFIG, noise=noise), (16, 32, 1), jnp.float32)
    shapes = flatten_dict(jax.eval_shape(family.init_generator, jax.random.key(0)), sep="/")
    for name in ("noise_strength", "noise_const"):
        assert {path.split("/")[1] for path in shapes if path.endswith(name)} == layers


@pytest.mark.slow
def test_noise_does_not_change_an_image_without_noise_inputs():
    family, flat = variant(noise="none", base="latent")
    w = jax.random.normal(jax.random.key(1), (2, family.num_ws, family.w_dim))
    params = unflatten_dict(flat, sep="/")
    draw = jax.jit(lambda w: [family.synthesize(params, w, noise=n) for n in (jax.random.key(0), "none")])
    np.testing.assert_array_equal(*draw(w))


@pytest.mark.slow
def test_a_base_of_the_latent_is_a_dense_layer_of_the_first_style():
    """The image is that of a network whose constant is set to w_0 K / sqrt(W) + b."""
    latent, flat = variant(base="latent")
    const = Stylegan2(CONFIG, (4, 4, 1), jnp.float32)
    assert "synthesis/const" not in flat
    w = jax.random.normal(jax.random.key(1), (2, latent.num_ws, latent.w_dim))
    flat["synthesis/base/bias"] += 0.3
    kernel, bias = (flat.pop(f"synthesis/base/{name}") for name in ("kernel", "bias"))
    bases = (w[:, 0] @ kernel / latent.w_dim**0.5 + bias[None]).reshape(2, 4, 4, -1)

    def with_base(arrays):
        return unflatten_dict(flat | {f"synthesis/{name}": a for name, a in arrays.items()}, sep="/")

    draw = jax.jit(lambda base, w: const.synthesize(with_base({"const": base}), w[None])[0])
    plain = [draw(base, row) for base, row in zip(bases, w, strict=True)]
    images = jax.jit(latent.synthesize)(with_base({"base/kernel": kernel, "base/bias": bias}), w)
    np.testing.assert_allclose(images, jnp.stack(plain), atol=1e-5)


@pytest.mark.slow
def test_to_rgb_kernels_start_with_their_standard_deviation():
    _, flat = variant(rgb_init_std=1e-3)
    small = {name for name, leaf in flat.items() if 0 < float(jnp.abs(leaf).max()) < 0.01}
    assert small == {"synthesis/rgb_0/kernel"}


@pytest.mark.slow
def test_a_base_of_the_latent_takes_mixed_and_truncated_styles_and_the_path_penalty():
    family, flat = variant(base="latent", noise="none")
    params, items = unflatten_dict(flat, sep="/"), latents.numbered(0, 2)
    mixed = jax.random.normal(jax.random.key(1), (2, family.num_ws, family.w_dim))

    @jax.jit
    def gradient_and_images(params, mean):
        def penalty(params):
            lengths = path_lengths(jax.random.key(2), partial(family.synthesize, params), mixed, items=items)
            return jnp.square(lengths).mean()

        return jax.grad(penalty)(params), family.synthesize(params, mean)

    mean = family.map(params, latents.from_seeds(range(2), z_dim=12), truncation=0.0)
    gradient, images = gradient_and_images(params, mean)
    assert float(jnp.abs(gradient["synthesis"]["base"]["kernel"]).max()) > 1e-6
    np.testing.assert_allclose(images[0], images[1], atol=1e-6)  # the mean image


@pytest.mark.slow
def test_mean_w_is_tracked_and_truncation_draws_towards_it(made):
    family, g, w = made
    track = jax.jit(family.track)
    moved = track(g, w[:, 0])
    np.testing.assert_allclose(
        moved["w_mean"], (1 - CONFIG.w_mean_decay) * w[:, 0].mean(0), rtol=1e-5, atol=1e-7
    )
    for _ in range(2000):
        moved = track(moved, w[:, 0])
    np.testing.assert_allclose(moved["w_mean"], w[:, 0].mean(0), rtol=1e-3, atol=1e-4)
    z = latents.from_seeds(range(4), z_dim=12)
    np.testing.assert_allclose(
        family.map(moved, z, truncation=0.0)[:, 0], np.tile(moved["w_mean"], (4, 1)), rtol=1e-6
    )


def test_no_gradient_touches_what_is_not_trained(made):
    family, g, _ = made
    z = latents.from_seeds(range(4), z_dim=12)

    def loss(params):
        w = family.map(params, z, labels=None, truncation=1.0)
        return jnp.square(family.synthesize(params, w, noise=jax.random.key(0))).sum()

    flat = jax.tree_util.tree_leaves_with_path(jax.jit(jax.grad(loss))(g))
    for path, leaf in flat:
        untrained = any(name in str(path) for name in ("w_mean", "noise_const"))
        assert (float(jnp.abs(leaf).max()) == 0) == untrained, path


@pytest.mark.slow
def test_classes_change_image_and_judgement():
    family = Stylegan2(CONFIG, (4, 4, 1), jnp.float32, num_classes=3)
    g = jax.jit(family.init_generator)(jax.random.key(0))
    d = jax.jit(family.init_discriminator)(jax.random.key(1))
    z = jnp.repeat(latents.from_seeds([1], z_dim=12), 3, 0)
    labels = jnp.arange(3, dtype=jnp.int32)

    @jax.jit
    def judge(g, d, z):
        w = family.map(g, z, labels=labels)
        image = family.synthesize(g, w[:1], noise="none")
        return w, family.discriminate(d, jnp.repeat(image, 3, 0), labels=labels)

    w, logits = judge(g, d, z)
    assert float(jnp.abs(w[0] - w[1]).max()) > 1e-2
    assert logits.shape == (3,)
    assert len(set(np.asarray(logits).round(5).tolist())) == 3
