"""Clips of doodles: variations and doodles that draw themselves."""

import dataclasses

import numpy as np
import pytest

from animate.config import DoodlesConfig
from animate.doodles import doodle_latents, write_doodles, write_drawing
from data_prep.errors import InputError
from data_prep.images import read_image
from gan.config.draw import PostprocessConfig
from gan.draw.glimpses import frame_of, glimpses
from gan.draw.seed_image import SeedImage
from gan.latents import from_seeds
from gan.sample import load_generator, sample_seeds
from tests.gan.draw.doodle_runs import trained

CONFIG = DoodlesConfig(count=4)


@pytest.fixture(scope="module")
def generator(tmp_path_factory):
    return load_generator(trained(tmp_path_factory)[1])


@pytest.fixture(scope="module")
def seed_image(tmp_path_factory):
    ink = np.zeros((8, 8), np.float32)
    ink[2:6, 3] = 1
    return SeedImage(tmp_path_factory.mktemp("seed") / "a.png", ink, "light", (8, 8), False)


def frames(folder):
    return np.stack([read_image(path) for path in sorted(folder.glob("*.png"))])


def test_doodles_of_the_prior_are_those_of_their_seeds(generator, tmp_path):
    clip = write_doodles(generator, tmp_path / "clip", dataclasses.replace(CONFIG, seed=3), scale=1)
    assert (clip.frames, clip.doodles) == (4, 4)
    expected = np.concatenate(list(sample_seeds(generator, [3, 4, 5, 6], label=None, truncation=1.0)))
    np.testing.assert_array_equal(frames(tmp_path / "clip"), expected)
    z = doodle_latents(generator, dataclasses.replace(CONFIG, strength=0.5))
    np.testing.assert_allclose(z, 0.5 * np.asarray(from_seeds(range(4), z_dim=6)))


def test_variations_of_a_seed_image_as_a_gif(generator, seed_image, tmp_path):
    from PIL import Image

    out, post = tmp_path / "clip.gif", PostprocessConfig(antialias=True, invert=True)
    clip = write_doodles(generator, out, CONFIG, seed_image=seed_image, scale=2, post=post)
    assert str(clip).startswith(f"{out}  4 doodles, 4 frames, 0.48 s")
    with Image.open(out) as gif:
        assert (gif.size, gif.n_frames) == ((32, 32), 4)
        assert gif.info["duration"] == 120
    before = out.read_bytes()
    write_doodles(generator, out, CONFIG, seed_image=seed_image, scale=2, post=post)
    assert out.read_bytes() == before
    with pytest.raises(InputError, match="--overwrite"):
        write_doodles(generator, out, CONFIG, scale=2, post=post)


def test_a_drawing_starts_empty_and_ends_at_the_doodle(generator, tmp_path):
    options = {"seconds": 1.0, "hold_sec": 0.5, "fps": 4.0, "scale": 1}
    clip = write_drawing(generator, tmp_path / "clip", CONFIG, **options)
    found = frames(tmp_path / "clip")
    assert clip.frames == len(found) == 6
    assert found.shape[1:] == (16, 16, 1)
    drawn = glimpses(generator.family, generator.params, doodle_latents(generator, CONFIG))
    for frame, position in ((0, 0), (1, 1), (3, 3), (5, 3)):
        np.testing.assert_array_equal(found[frame, :8, :8], frame_of(generator.family, drawn, position)[0])


def test_the_window_is_shown_in_colour(generator, seed_image, tmp_path):
    options = {"seconds": 1.0, "hold_sec": 0.0, "fps": 3.0, "scale": 2}
    write_drawing(generator, tmp_path / "clip", CONFIG, seed_image=seed_image, window="shown", **options)
    assert frames(tmp_path / "clip").shape[-1] == 3


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"count": 0}, "--count 0"),
        ({"strength": -1.0}, "--strength -1"),
        ({"jitter": 1.5}, "--jitter 1.5"),
        ({"seed": -1}, "--seed -1"),
    ],
)
def test_invalid_settings(generator, tmp_path, fields, message):
    with pytest.raises(InputError, match=message):
        write_doodles(generator, tmp_path / "a.gif", dataclasses.replace(CONFIG, **fields))


def test_other_invalid_settings(generator, tmp_path):
    with pytest.raises(InputError, match="--frame-sec 0"):
        write_doodles(generator, tmp_path / "a.gif", CONFIG, frame_sec=0)
    with pytest.raises(InputError, match="--scale 0"):
        write_drawing(generator, tmp_path / "a.gif", CONFIG, scale=0)
    with pytest.raises(InputError, match="--seconds 0"):
        write_drawing(generator, tmp_path / "a.gif", CONFIG, seconds=0)
    with pytest.raises(InputError, match="at most 400"):
        write_drawing(generator, tmp_path / "a.gif", DoodlesConfig(count=500))
