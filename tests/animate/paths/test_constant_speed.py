"""Retiming paths: measured on images whose speed is known, and through the network."""

import dataclasses

import numpy as np
import pytest

from animate.paths import PATHS, path
from animate.paths.constant_speed import even_positions, thumbnails
from configs.animate import TINY
from data_prep.errors import InputError
from tests.slow_cases import slow, slow_rows

MOVING = ["bezier", "bitloop"]
MOVING += slow(*(style for style in PATHS if style not in ("random", *MOVING)))


def steps(images, *, closed):
    ends = np.concatenate([images, images[:1]]) if closed else images
    return np.linalg.norm(np.diff(ends.reshape(len(ends), -1).astype(float), axis=0), axis=1)


@pytest.mark.parametrize("closed", [True, False])
@pytest.mark.parametrize("frames", [60, 1500])
def test_uneven_curves_become_even(closed, frames):
    """A circle, or half of it, traversed at a speed that varies by a factor of nine."""

    def curve(u):
        angle = 2 * np.pi * (u - 0.8 * np.sin(2 * np.pi * u) / (2 * np.pi)) * (1.0 if closed else 0.5)
        return np.stack([np.cos(angle), np.sin(angle)], axis=1)

    even = even_positions(curve, lambda latents: 100 * latents, frames=frames, closed=closed)
    assert even.before > 1.7
    assert even.after < 1.05
    taken = steps(curve(even.at), closed=closed)
    assert taken.max() / np.median(taken) < 1.05  # the seam as well
    assert even.at[0] == 0
    assert (np.diff(even.at) > 0).all()
    assert len(even.at) == frames
    assert closed or even.at[-1] == 1


def test_a_pause_is_pathed_over():
    """A curve that stands still for a third of its way."""
    even = even_positions(
        lambda u: np.clip(3 * u - 1, 0, 1)[:, None], lambda latents: 100 * latents, frames=90, closed=False
    )
    taken = steps(np.clip(3 * even.at - 1, 0, 1)[:, None], closed=False)
    assert (taken < 0.1 * np.median(taken)).sum() < 8


def test_constant_images_are_refused():
    with pytest.raises(InputError, match="--constant-speed: all images"):
        even_positions(lambda u: u[:, None], np.zeros_like, frames=20, closed=True)


@pytest.mark.parametrize("style", MOVING)
def test_every_moving_style_is_made_more_even_and_still_closes(style, generator):
    config = dataclasses.replace(TINY[style], latent_size=generator.z_dim, frames=96)
    measure = thumbnails(generator)
    even = path.retime_style(style, config, measure, seed=5)
    again = path.retime_style(style, config, measure, seed=5)
    np.testing.assert_array_equal(even.at, again.at)
    assert even.after <= even.before
    made = path.make_path(style, config, seed=5, at=even.at)
    taken = steps(measure(made.latents), closed=config.closed)
    assert taken.max() / np.median(taken) == pytest.approx(even.after, rel=1e-6)  # as drawn, seam and all
    assert even.after <= 1.15


def test_long_clips_are_even_between_measured_frames():
    """A zigzag of 40 lines in the plane, traversed at a speed that varies by a factor of four."""
    turns = np.cumsum(np.random.default_rng(0).uniform(-2, 2, 41))
    corners = np.cumsum([np.cos(turns), np.sin(turns)], axis=1).T

    def curve(u):
        on = 40 * (u - 0.6 * np.sin(2 * np.pi * 5 * u) / (2 * np.pi * 5))
        return np.stack([np.interp(on, np.arange(41), axis) for axis in corners.T], axis=1)

    for frames in (1800, 5000):
        even = even_positions(curve, lambda latents: 100 * latents, frames=frames, closed=False)
        taken = steps(curve(even.at), closed=False)
        assert taken.max() / np.median(taken) == pytest.approx(even.after, rel=1e-3)
        assert even.after < 1.15 < 1.5 < even.before


def test_a_clip_that_cannot_be_more_even_is_unchanged():
    """Two images alternating."""

    def curve(u):
        return (np.rint(2000 * u) % 2)[:, None]

    even = even_positions(curve, lambda latents: 100 * latents, frames=2001, closed=False)
    np.testing.assert_array_equal(even.at, np.linspace(0, 1, 2001))
    assert "unchanged" in str(even)


def test_a_step_over_a_cut_counts_as_its_neighbours_do():
    """Two circles far apart: half of the way each, and no frame between them."""
    cut = 0.3

    def curve(u):
        angle = 2 * np.pi * np.where(u < cut, u / cut, (u - cut) / (1 - cut))
        return np.stack([np.cos(angle) + 50 * (u >= cut), np.sin(angle)], axis=1)

    even = even_positions(curve, lambda latents: 100 * latents, frames=100, closed=False, cuts=[cut])
    assert even.before > 1.5
    assert even.after < 1.02
    taken = steps(curve(even.at), closed=False)
    assert (taken > 20).sum() == 1
    assert (curve(even.at)[:, 0] < 25).sum() == 50
    rest = np.sort(taken)[:-1]
    assert rest.max() / np.median(rest) < 1.02


@pytest.mark.parametrize(("segments", "frames"), [(6, 600), *slow_rows((20, 1800), (220, 20_000))])
def test_beziers_of_64_dimensions_are_even_within_a_seventh(segments, frames):
    """Measured in the latents themselves, whose speed has a ratio of two and more, from frame to frame."""
    config = dataclasses.replace(PATHS["bezier"][0](), segments=segments, frames=frames)
    measured = []

    def measure(latents):
        measured.append(len(latents))
        return 50 * latents

    even = path.retime_style("bezier", config, measure, seed=0)
    assert sum(measured) <= (3.6 if frames > 1800 else 8.1) * frames
    plain, made = (path.make_path("bezier", config, seed=0, at=at).latents for at in (None, even.at))
    before, after = (steps(latents, closed=True) for latents in (plain, made))
    assert before.max() / np.median(before) == pytest.approx(even.before, rel=1e-3)
    assert even.before > 1.8
    assert after.max() / np.median(after) == pytest.approx(even.after, rel=1e-3)
    assert even.after <= 1.15


def test_random_is_refused(generator):
    with pytest.raises(InputError, match="random is not a curve"):
        path.retime_style("random", TINY["random"], thumbnails(generator), seed=0)
