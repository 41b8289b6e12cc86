"""A straight line in w: both ends, even steps, images projected and latents mapped."""

import jax
import numpy as np
import pytest

from animate import lerp
from animate.config import LerpConfig
from animate.controls import w_space
from animate.lerp import lerp_path, line
from data_prep.errors import InputError
from data_prep.images import write_image
from gan.metrics.perceptual import of_pixels
from gan.runs.latent_files import write_latents
from gan.sample import Generator, images_of_w
from tests.gan.dense_family import DenseFamily


def test_a_line_has_both_ends_and_even_steps():
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=(2, 3, 4)).astype(np.float32)
    points = line(a, b, frames=7)
    np.testing.assert_array_equal(points[0], a)
    np.testing.assert_array_equal(points[-1], b)
    np.testing.assert_allclose(np.diff(points, axis=0), np.broadcast_to((b - a) / 6, (6, 3, 4)), atol=1e-6)


def test_there_and_back_closes():
    points = line(np.zeros(1), np.ones(1), frames=8, there_and_back=True)
    assert points[:, 0].tolist() == [0, 0.25, 0.5, 0.75, 1, 0.75, 0.5, 0.25]


def test_seeds_and_latents_of_files_are_ends(generator, tmp_path):
    w = np.random.default_rng(0).normal(size=(3, *w_space.shape_of_w(generator))).astype(np.float32)
    write_latents(tmp_path / "w.npz", w, header={"space": "w"})
    config = LerpConfig(seconds=1, fps=5)
    path = lerp_path(generator, tmp_path, (f"{tmp_path}/w.npz[1]", "7"), config)
    assert path.latents.shape == (5, *w.shape[1:])
    np.testing.assert_array_equal(path.latents[0], w[1])
    from gan import latents

    seed = w_space.to_w(generator, np.asarray(latents.from_seeds([7], z_dim=generator.z_dim)))[0]
    np.testing.assert_allclose(path.latents[-1], seed, atol=1e-6)
    assert (path.closed, path.generator) == (False, generator.identity)
    with pytest.raises(InputError, match=r"3 latents; name one of a file"):
        lerp_path(generator, tmp_path, (f"{tmp_path}/w.npz", "7"), config)


@pytest.mark.slow
def test_an_image_is_projected(tmp_path, monkeypatch):
    monkeypatch.setattr(lerp, "distance_of", lambda *args, **options: of_pixels())
    family = DenseFamily(shape=(8, 8, 1))
    generator = Generator(family, family.init_generator(jax.random.key(0)), "dense", 0)
    (image,) = images_of_w(generator, np.float32([[[0.4, -0.2, 0.3]]]))
    write_image(tmp_path / "a.png", image)
    config = LerpConfig(seconds=1, fps=4, steps=60)
    path = lerp_path(generator, tmp_path, (str(tmp_path / "a.png"), "0"), config)
    found = images_of_w(generator, path.latents[:1])[0]
    assert np.abs(found.astype(int) - image).mean() < 20
    assert np.abs(images_of_w(generator, path.latents[-1:])[0].astype(int) - image).mean() > 20


@pytest.mark.parametrize("fields", [{"seconds": 0.0}, {"fps": -1.0}, {"seconds": 0.01}, {"steps": 0}])
def test_invalid_settings_are_named(fields):
    with pytest.raises(InputError, match=f"^--{next(iter(fields))}"):
        LerpConfig(**fields).check()
