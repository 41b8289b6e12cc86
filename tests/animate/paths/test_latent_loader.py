"""Keys named in words: seeds, files, latents of files, in z and in w."""

import dataclasses
import json

import numpy as np
import pytest

from animate.paths.latent_loader import load_latents
from animate.paths.path_file import write_path
from data_prep.errors import InputError
from gan import latents

RNG = np.random.default_rng(0)


def save(file, array, **header):
    encoded = np.frombuffer(json.dumps(header).encode(), np.uint8)
    np.savez(file, latents=array.astype(np.float32), header=encoded)


def to_w(z, truncation):
    return z if z.ndim == 3 else np.repeat(np.float32(truncation) * z[:, None], 2, axis=1)


def test_seeds_files_and_latents_in_their_order(tmp_path, curve):
    write_path(tmp_path / "curve.npz", curve)
    points = load_latents(
        ["17", "curve.npz[3]", "2-4,9", "curve.npz", "curve.npz[-1]"], z_dim=6, folder=tmp_path
    )
    seeds = np.asarray(latents.from_seeds([17, 2, 3, 4, 9], z_dim=6))
    rest = [curve.latents, curve.latents[-1:]]
    np.testing.assert_array_equal(points, np.concatenate([seeds[:1], curve.latents[3:4], seeds[1:], *rest]))


def test_one_file_in_w_takes_all_to_w(tmp_path, curve):
    projected = RNG.normal(size=(1, 2, 6))
    save(tmp_path / "drawing.npz", projected, space="w", kind="projected")
    write_path(tmp_path / "curve.npz", curve)
    words = ["17", "drawing.npz", "curve.npz[3]"]
    points = load_latents(words, z_dim=6, to_w=to_w, folder=tmp_path)
    assert points.shape == (3, 2, 6)
    np.testing.assert_array_equal(points[1], projected[0].astype(np.float32))
    np.testing.assert_array_equal(points[2], np.stack([curve.latents[3]] * 2))
    assert load_latents(["17"], z_dim=6, to_w=to_w, in_w=True).shape == (1, 2, 6)
    assert load_latents(["drawing.npz", "drawing.npz[0]"], z_dim=6, folder=tmp_path).shape == (2, 2, 6)
    with pytest.raises(InputError, match="mapping network"):
        load_latents(words, z_dim=6, folder=tmp_path)


@pytest.mark.parametrize("word", ["curve.npz", "curve.npz[3]"])
def test_keys_of_a_truncated_file_are_its_images(tmp_path, curve, word):
    write_path(tmp_path / "curve.npz", dataclasses.replace(curve, truncation=0.5))
    points = load_latents([word, "17"], z_dim=6, to_w=to_w, folder=tmp_path)
    expected = curve.latents if word == "curve.npz" else curve.latents[3:4]
    np.testing.assert_array_equal(points[:-1, 1], 0.5 * expected)
    np.testing.assert_array_equal(points[-1, 1], np.asarray(latents.from_seeds([17], z_dim=6))[0])
    with pytest.raises(InputError, match=r"--keys curve.*its truncation is 0\.5, .* keyframes RUN`"):
        load_latents([word], z_dim=6, folder=tmp_path)


@pytest.mark.parametrize(
    ("words", "printed"),
    [
        (["nowhere.npz"], "no such latent file"),
        (["one.npz[1]"], r"one\.npz\[1\]: the file has latents 0 to 0"),
        (["one.npz[-2]"], "the file has latents 0 to 0"),
        (["five.npz"], "five.npz: its latents have size 5, the generator takes 6"),
        (["one.npz", "three.npz"], r"three\.npz: its latents are \[3, 6\], the previous ones \[2, 6\]"),
        (["nospace.npz"], "no usable `space`"),
        (["words.npz"], "no usable `truncation`"),
        (["curve.npz]"], "--keys curve.npz]"),
    ],
)
def test_invalid_keys_are_named(tmp_path, words, printed):
    save(tmp_path / "one.npz", RNG.normal(size=(1, 2, 6)), space="w")
    save(tmp_path / "three.npz", RNG.normal(size=(4, 3, 6)), space="w")
    save(tmp_path / "five.npz", RNG.normal(size=(4, 5)), space="z")
    save(tmp_path / "nospace.npz", RNG.normal(size=(4, 6)))
    save(tmp_path / "words.npz", RNG.normal(size=(4, 6)), space="z", truncation="half")
    with pytest.raises(InputError, match=printed) as refused:
        load_latents(words, z_dim=6, folder=tmp_path)
    assert "\n" not in str(refused.value)
