import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from animate import curves
from animate.config import (
    BitloopConfig,
    CircleConfig,
    PeriodConfig,
    PhaseConfig,
    RandomConfig,
    ZigzagConfig,
)
from animate.paths import PATHS
from configs.animate import CONFIGS, TINY
from tests.slow_cases import slow

KEY = jax.random.key(3)
CLOSED = [style for style in PATHS if style != "random"]


def draw(style, config, **options):
    return np.asarray(PATHS[style][1](KEY, config, **options))


@pytest.mark.parametrize("style", PATHS)
@pytest.mark.slow_cases("noise-loop", "period")
def test_every_preset_builds_a_minute_of_64_dimensions(style):
    for config in (PATHS[style][0](), CONFIGS[style]):
        path = draw(style, config)
        assert path.shape == (1800, 64)
        assert path.dtype == np.float32
        assert np.isfinite(path).all()


@pytest.mark.parametrize("style", CLOSED)
@pytest.mark.parametrize("frames", [241, *slow(240, 1001)])
def test_seam_step_is_an_ordinary_step(style, frames):
    path = draw(style, dataclasses.replace(TINY[style], frames=frames))
    steps = np.linalg.norm(np.diff(path, axis=0), axis=1)
    seam = np.linalg.norm(path[0] - path[-1])
    assert 0 < steps.min() * 0.97 <= seam <= steps.max() * 1.03


@pytest.mark.parametrize("style", CLOSED)
def test_frame_t_would_be_frame_0(style):
    config = TINY[style]
    first, last = draw(style, config, at=np.array([0.0, 1.0]))
    np.testing.assert_allclose(last, first, atol=2e-6)
    at = np.arange(config.frame_count) / config.frame_count
    np.testing.assert_array_equal(draw(style, config, at=at), draw(style, config))


@pytest.mark.parametrize("style", PATHS)
def test_same_key_same_bits_and_another_key_another_path(style):
    path_type, path = PATHS[style]
    assert isinstance(TINY[style], path_type)
    first, again, other = (np.asarray(path(jax.random.key(s), TINY[style])) for s in (3, 3, 4))
    np.testing.assert_array_equal(first, again)
    assert style == "keyframes" or not np.array_equal(first, other)


@pytest.mark.parametrize("style", PATHS)
def test_length_is_exact_in_frames_and_seconds(style):
    config = dataclasses.replace(TINY[style], frames=None)
    assert len(draw(style, dataclasses.replace(config, frames=37))) == 37
    assert len(draw(style, dataclasses.replace(config, seconds=2.5, fps=24.0))) == 60
    if hasattr(config, "frames_per_segment"):
        assert len(draw(style, dataclasses.replace(config, frames_per_segment=7))) == 21


@pytest.mark.parametrize("style", CLOSED)
def test_amplitude_scales_the_movement(style):
    moves = [
        np.ptp(draw(style, dataclasses.replace(TINY[style], amplitude=amplitude)), axis=0)
        for amplitude in (1.0, 0.25)
    ]
    np.testing.assert_allclose(moves[1], 0.25 * moves[0], rtol=1e-4, atol=1e-6)


def test_random_latents_are_normal_and_independent():
    path = draw("random", RandomConfig(frames=4000, latent_size=8))
    assert abs(path.mean()) < 0.03
    assert abs(path.std() - 1) < 0.03
    assert abs((path[1:] * path[:-1]).mean()) < 0.03


def test_open_zigzag_ends_on_its_last_point():
    closed = draw("zigzag", ZigzagConfig(frames_per_segment=5, segments=4, latent_size=3))
    opened = draw("zigzag", ZigzagConfig(frames_per_segment=5, segments=4, latent_size=3, open=True))
    assert (len(closed), len(opened)) == (20, 16)
    np.testing.assert_allclose(opened, closed[:16], atol=1e-6)


def test_bitloop_moves_the_dimensions_of_its_bits_together():
    config = BitloopConfig(bits="0110", frames=40, latent_size=10, amplitude=2.0)
    path = draw("bitloop", config)
    moving = np.resize([False, True, True, False], 10)
    np.testing.assert_array_equal(np.ptp(path[:, ~moving], axis=0), 0)
    swing = 2 * np.sin(2 * np.pi * np.arange(40) / 40)
    np.testing.assert_allclose(path[:, moving] - path[:1, moving], np.tile(swing, (5, 1)).T, atol=2e-6)


@pytest.mark.parametrize("frames", [8, 1801, *slow(100, 240)])
def test_period_makes_whole_cycles_of_the_listed_tempos(frames):
    path = draw("period", PeriodConfig(frames=frames, latent_size=64))
    spectrum = np.abs(np.fft.rfft(path - path.mean(0), axis=0)) / frames * 2
    cycles = spectrum.argmax(0)
    rest = spectrum.copy()
    rest[cycles, np.arange(64)] = 0
    assert rest.max() < 1e-5
    np.testing.assert_allclose(spectrum.max(0), 1, atol=1e-5)
    allowed = {k for k in (1, 2, 3, 4, 5, 6, 10, 12, 15, 20, 30, 60) if k <= frames / 8}
    assert set(cycles) <= allowed
    assert len(set(cycles)) > len(allowed) / 2


def test_phase_swings_once_from_all_over_the_turn():
    path = draw("phase", PhaseConfig(frames=50, latent_size=200))
    wave = np.fft.rfft(path - path.mean(0), axis=0) / 25
    np.testing.assert_allclose(np.abs(wave[1]), 1, atol=1e-5)
    np.testing.assert_allclose(np.delete(wave, 1, axis=0), 0, atol=1e-5)
    counts, _ = np.histogram(np.angle(wave[1]), bins=4, range=(-np.pi, np.pi))
    assert counts.min() > 25


@pytest.mark.parametrize(("radius", "expected"), [(None, 8.0), (3.0, 3.0)])
def test_circle_is_round_flat_and_even(radius, expected):
    path = draw("circle", CircleConfig(frames=30, latent_size=64, radius=radius))
    np.testing.assert_allclose(np.linalg.norm(path, axis=1), expected, rtol=1e-5)
    assert np.linalg.svd(path, compute_uv=False)[2] < 1e-4
    steps = np.linalg.norm(np.diff(path, axis=0), axis=1)
    np.testing.assert_allclose(steps, 2 * expected * np.sin(np.pi / 30), rtol=1e-4)


def test_bezier_preset_is_the_chain_over_its_normal_points():
    config = TINY["bezier"]
    points = jax.random.normal(KEY, (9, 6), jnp.float32)
    np.testing.assert_array_equal(draw("bezier", config), curves.bezier_loop(points, 8))
