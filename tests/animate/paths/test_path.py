"""LatentPath: its header, digest and seed, and drawing a style with or without a generator."""

import dataclasses
import hashlib
import json

import numpy as np
import pytest

from animate import curves
from animate.lazy_latents import BLOCK_FRAMES, LazyLatents
from animate.paths import PATHS
from animate.paths.path import draw_path, make_path, retime_style, transformed
from configs.animate import TINY
from data_prep.errors import InputError
from gan import latents


def test_a_header_is_json_and_has_cuts_only_where_they_are_known(curve):
    header = json.loads(json.dumps(curve.header()))
    assert header == curve.header()
    assert (header["space"], header["style"], header["seed"]) == ("z", "bezier", 3)
    assert "latents" not in header
    assert "cuts" not in header
    assert dataclasses.replace(curve, cuts=(4, 7)).header()["cuts"] == [4, 7]
    assert dataclasses.replace(curve, cuts=()).header()["cuts"] == []


def test_the_space_is_that_of_the_latents(curve):
    assert curve.space == "z"
    assert dataclasses.replace(curve, latents=np.zeros((4, 2, 6), np.float32)).space == "w"


def test_a_digest_is_of_all_bytes_however_they_are_computed(curve):
    rows = np.random.default_rng(0).normal(size=(2 * BLOCK_FRAMES + 3, 6)).astype(np.float32)
    lazy = LazyLatents(len(rows), lambda block: rows[block])
    plain = hashlib.sha256(rows.tobytes()).hexdigest()[:16]
    assert [dataclasses.replace(curve, latents=x).digest() for x in (rows, lazy)] == [plain] * 2
    rows[-1, -1] += 1
    assert dataclasses.replace(curve, latents=rows).digest() != plain


def test_a_seed_and_settings_make_a_path():
    config = TINY["zigzag"]
    first, again, other = (make_path("zigzag", config, seed=seed) for seed in (1, 1, 2))
    assert first.digest() == again.digest() != other.digest()
    assert (first.fps, first.closed, first.truncation) == (config.fps, config.closed, 1.0)
    assert first.config == json.loads(json.dumps(dataclasses.asdict(config)))


def test_positions_choose_points_of_the_curve_and_a_transform_sees_their_times():
    config = TINY["circle"]
    whole = make_path("circle", config, seed=1)
    at = curves.positions(config.frame_count, closed=True)[[5, 2]]
    seen = []

    def transform(rows, u):
        seen.append(u)
        return rows + np.float32(1)

    some = make_path("circle", config, seed=1, at=at, transform=transform)
    np.testing.assert_allclose(some.latents[:], whole.latents[[5, 2]] + 1, atol=1e-6)
    np.testing.assert_array_equal(seen[0], at)


def test_a_transform_is_evaluated_block_by_block():
    rows = np.zeros((BLOCK_FRAMES + 10, 6), np.float32)
    u, sizes = np.linspace(0, 1, len(rows)), []

    def transform(block, times):
        sizes.append(len(block))
        return np.repeat(times.astype(np.float32)[:, None], 3, axis=1)

    made = transformed(rows, u, transform)
    np.testing.assert_allclose(made[-3:], np.tile(u[-3:, None], (1, 3)), rtol=1e-6)
    assert made.shape == (len(rows), 3)
    assert sorted(sizes) == [10, BLOCK_FRAMES]  # each block once


@pytest.mark.parametrize("style", PATHS)
@pytest.mark.slow_cases("period", "bitloop")
def test_styles_are_drawn_at_the_latent_size_without_a_generator(style):
    drawn = draw_path(style, TINY[style], latent_size=9, seed=4)
    assert drawn.latents.shape == (TINY[style].frame_count, 9)
    assert (drawn.style, drawn.seed, drawn.generator) == (style, 4, None)


def test_keyframes_from_a_file_are_loaded(tmp_path, curve):
    from animate.paths.path_file import write_path

    write_path(tmp_path / "path.npz", curve)
    keys = ("17", f"{tmp_path}/path.npz[3]")
    config = dataclasses.replace(TINY["keyframes"], keys=keys, frames=8)
    drawn = draw_path("keyframes", config, latent_size=6, seed=0).latents
    np.testing.assert_allclose(drawn[0], latents.from_seeds([17], z_dim=6)[0], atol=2e-6)
    np.testing.assert_allclose(drawn[4], curve.latents[3], atol=2e-6)


@pytest.mark.parametrize(
    ("changes", "seed", "flag"),
    [
        ({"space": "w"}, 0, "--space w"),
        ({"constant_speed": True}, 0, "--constant-speed"),
        ({"frames": 1}, 0, "--frames 1"),
        ({}, -1, "--seed -1"),
    ],
)
def test_settings_that_need_a_generator_or_are_invalid_are_refused(changes, seed, flag):
    with pytest.raises(InputError, match=flag):
        draw_path("bezier", dataclasses.replace(TINY["bezier"], **changes), latent_size=6, seed=seed)


def test_independent_latents_have_no_speed():
    with pytest.raises(InputError, match="--constant-speed: random is not a curve"):
        retime_style("random", TINY["random"], lambda *_: None, seed=0)
