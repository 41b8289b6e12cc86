"""Descents: pictures of the network come back, each for itself, in the same bits every time."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from configs.gan.tiny import CONFIG as PROGAN
from data_prep.images import to_uint8
from gan.families import build
from gan.metrics.perceptual import distance_of, of_discriminator
from gan.projection.config import ProjectionConfig
from gan.projection.images import project_images
from gan.projection.optimizer import Projector, candidates, rate
from gan.sample import load_generator

CONFIG = ProjectionConfig(steps=250, clip_steps=40, window=4, candidates=20, batch=2)


@pytest.fixture(scope="module")
def projector(untrained_run):
    generator = load_generator(untrained_run)
    return Projector(
        generator.family,
        generator.params,
        distance_of(untrained_run, None, shape=generator.shape),
        CONFIG,
        per_call=1,
    )


@pytest.fixture(scope="module")
def pictures(projector):
    family, params = projector.family, projector.params
    w = jax.jit(family.map)(params, jax.random.normal(jax.random.key(8), (3, family.z_dim)))
    return np.asarray(to_uint8(projector.images(w)))


@pytest.fixture(scope="module")
def found(projector, pictures):
    return project_images(projector, pictures[:2])


@pytest.mark.slow
def test_projectors_that_differ_in_weights_and_steps_share_programs(projector):
    params = jax.tree.map(lambda leaf: 0.5 * leaf, projector.params)
    distance = of_discriminator(
        projector.family, jax.jit(projector.family.init_discriminator)(jax.random.key(3))
    )
    config = dataclasses.replace(CONFIG, steps=7, clip_steps=9, window=3, batch=5)
    other = Projector(projector.family, params, distance, config, per_call=1)
    assert other._programs is projector._programs
    assert np.abs(other.w - projector.w).max() > 0.1


def test_the_rate_rises_holds_and_falls():
    config = ProjectionConfig(rampup=0.1, rampdown=0.5, learning_rate=2.0)
    rates = [float(rate(jnp.float32(share), config)) for share in (0.05, 0.1, 0.5, 0.75, 1.0)]
    np.testing.assert_allclose(rates, [1, 2, 2, 1, 0], atol=1e-5)


def test_candidates_end_with_the_mean_of_many(projector):
    """However few the candidates are, w's mean and spread are those of many latents."""
    w, space = candidates(projector.family, projector.params, CONFIG, labels=0)
    assert w.shape == (21, projector.family.num_ws, projector.family.w_dim)
    np.testing.assert_array_equal(w[-1, 0], space.mean)
    one, same = candidates(
        projector.family, projector.params, dataclasses.replace(CONFIG, candidates=1), labels=0
    )
    np.testing.assert_allclose(one[0], w[0], atol=1e-6)
    np.testing.assert_allclose(same.std, space.std, rtol=1e-6)
    assert space.std > 0.1


@pytest.mark.slow
def test_a_candidate_is_nearest_to_its_own_picture(projector):
    w = projector.w[jnp.array([3, 11, 20])]
    np.testing.assert_array_equal(projector.best_candidates(projector.see(projector.images(w))), w)


@pytest.mark.slow
def test_pictures_of_the_network_come_back(found, pictures):
    for one, picture in zip(found, pictures, strict=False):
        assert one.results["psnr_db_before"] < 25 < 40 < one.results["psnr_db_after"]
        assert one.results["distance_after"] < one.results["distance_before"] / 10
        assert np.abs(one.image.astype(int) - picture).max() < 6


@pytest.mark.slow
def test_same_bits_again_and_nobody_depends_on_another(projector, pictures):
    short = dataclasses.replace(CONFIG, steps=5)
    brief = Projector(projector.family, projector.params, projector.perceptual, short, per_call=1)
    pair, again = (project_images(brief, pictures[1:]) for _ in range(2))
    for one, other in zip(pair, again, strict=True):
        np.testing.assert_array_equal(one.w, other.w)
        assert one.results["distance_after"] < one.results["distance_before"]
    alone = project_images(brief, pictures[2:], first=1)
    np.testing.assert_allclose(pair[1].w, alone[0].w, atol=1e-4)


@pytest.mark.slow
def test_other_layers_and_free_noise_come_nearer(projector, pictures):
    """A picture whose noise differs from the network's own: w alone cannot reach it."""
    family, params = projector.family, projector.params
    w = family.map(params, jax.random.normal(jax.random.key(8), (2, family.z_dim)))
    noisy = np.asarray(to_uint8(family.synthesize(params, w, noise=jax.random.key(3))))
    after = {}
    for name, change in {"w": {}, "free": {"noise_maps": "free", "space": "w+"}}.items():
        config = dataclasses.replace(CONFIG, steps=60, **change)
        other = Projector(family, params, projector.perceptual, config, per_call=1)
        results = project_images(other, noisy)
        assert results[0].w.shape == (family.num_ws, family.w_dim)
        after[name] = np.mean([one.results["psnr_db_after"] for one in results])
        assert ("psnr_db_in_videos" in results[0].results) == bool(results[0].maps) == (name == "free")
    assert after["free"] > after["w"] + 1


@pytest.mark.slow
@pytest.mark.parametrize(("channels", "width"), [(4, 32)])
def test_other_families_shapes_and_channels(channels, width):
    """Family progan, RGBA, twice as wide as high."""
    family = build(dataclasses.replace(PROGAN, compute_dtype="float32"), (16, width, channels))
    params = jax.jit(family.init_generator)(jax.random.key(0))
    distance = of_discriminator(family, jax.jit(family.init_discriminator)(jax.random.key(1)))
    config = ProjectionConfig(steps=12, candidates=8, batch=2, space="w+")
    other = Projector(family, params, distance, config, per_call=1)
    w = other.w[:2] + 0.3 * other.w[2:4]
    images = np.asarray(to_uint8(other.images(w)))
    for one in project_images(other, images):
        assert one.image.shape == (16, width, channels)
        assert one.w.shape == (1, family.w_dim)
        assert one.results["distance_after"] < one.results["distance_before"]
