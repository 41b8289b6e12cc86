"""Keyframes: the curve passes through its latents, and pauses and segments last as configured."""

import dataclasses

import jax
import numpy as np
import pytest

from animate.paths.keyframes import curve_positions, keyframes
from animate.paths.keyframes_config import KeyframesConfig
from gan import latents

KEY = jax.random.key(3)


def draw(config, **options):
    return np.asarray(keyframes(KEY, config, **options))


@pytest.mark.parametrize("opened", [False, True])
@pytest.mark.parametrize("interpolation", ["linear", "spherical", "spline"])
def test_keyframes_pass_through_their_seeds(interpolation, opened):
    seeds = (7, 0, 12345, 7)
    config = KeyframesConfig(
        keys=("7,0", "12345", "7"),
        interpolation=interpolation,
        frames_per_segment=6,
        open=opened,
        latent_size=9,
    )
    path = draw(config)
    assert len(path) == (19 if opened else 24)
    np.testing.assert_allclose(path[::6], latents.from_seeds(seeds, z_dim=9), atol=2e-6)


def test_keyframes_pass_through_given_latents_in_w():
    points = jax.random.normal(KEY, (3, 2, 5))
    config = KeyframesConfig(frames=12, key_count=3, latent_size=5)
    path = draw(config, points=points)
    assert path.shape == (12, 2, 5)
    np.testing.assert_allclose(path[::4], points, atol=2e-6)


@pytest.mark.parametrize("opened", [False, True])
@pytest.mark.parametrize("easing", ["linear", "smooth", "in", "out"])
def test_pauses_and_segments_last_as_configured(easing, opened):
    """At 10 fps: pauses of 0.5, 0 and 0.2 s, segments of 0.4, 0.7 and, closed, 0.3 s."""
    moves, segments = (0.4, 0.7, 0.3), 2 if opened else 3
    config = KeyframesConfig(
        keys=("4-6",),
        fps=10.0,
        hold_sec=(0.5, 0.0, 0.2),
        move_sec=moves[:segments],
        easing=easing,
        interpolation="linear",
        open=opened,
        latent_size=8,
    )
    path, points = draw(config), np.asarray(latents.from_seeds((4, 5, 6), z_dim=8))
    assert len(path) == (19 if opened else 21)
    for point, frames in zip(points, ([0, 1, 2, 3, 4, 5], [9], [16, 17, 18]), strict=True):
        np.testing.assert_allclose(path[frames], np.tile(point, (len(frames), 1)), atol=2e-6)
    t = np.linspace(0, 1, 8)
    eased = {"linear": t, "smooth": (1 - np.cos(np.pi * t)) / 2, "in": t * t, "out": 2 * t - t * t}[easing]
    np.testing.assert_allclose(path[9:17], points[1] + eased[:, None] * (points[2] - points[1]), atol=2e-6)


def test_pauses_are_part_of_the_length():
    """Of 50 frames 3 x 5 are pauses; the three segments get 35."""
    config = KeyframesConfig(keys=("0-2",), frames=50, fps=10.0, hold_sec=(0.5,), latent_size=4)
    path, points = draw(config), np.asarray(latents.from_seeds((0, 1, 2), z_dim=4))
    assert len(path) == 50
    for point, arrives in zip(points, (0, 17, 33), strict=True):
        np.testing.assert_allclose(path[arrives : arrives + 6], np.tile(point, (6, 1)), atol=2e-6)
    each = dataclasses.replace(config, frames=None, frames_per_segment=7)
    np.testing.assert_allclose(draw(each)[[12, 24]], points[1:], atol=2e-6)


def test_spherical_keyframes_have_lengths_between_those_of_their_latents():
    config = KeyframesConfig(keys=("1,2",), interpolation="spherical", frames=40, latent_size=64)
    norms = np.linalg.norm(draw(config), axis=1)
    ends = np.linalg.norm(latents.from_seeds((1, 2), z_dim=64), axis=1)
    assert ends.min() - 1e-4 <= norms.min() <= norms.max() <= ends.max() + 1e-4
    straight = dataclasses.replace(config, interpolation="linear")
    assert np.linalg.norm(draw(straight), axis=1).min() < 0.9 * ends.min()


@pytest.mark.parametrize("opened", [False, True])
@pytest.mark.parametrize("easing", ["linear", "smooth", "in", "out"])
def test_positions_run_from_0_to_1_without_turning_back(opened, easing):
    config = KeyframesConfig(
        keys=("0-3",), fps=10.0, hold_sec=(0.3,), move_sec=(1.0,), easing=easing, open=opened
    )
    positions = curve_positions(np.linspace(0, 1, 501), config)
    np.testing.assert_allclose(positions[[0, -1]], [0, 1], atol=1e-9)
    assert np.diff(positions).min() >= 0
    pauses = 4 * 3 / config.frame_count  # fraction of the time on a latent
    assert abs((np.diff(positions) == 0).mean() - pauses) < 0.03
    plain = KeyframesConfig(keys=("0-3",), open=opened)
    np.testing.assert_array_equal(curve_positions(positions, plain), positions)
