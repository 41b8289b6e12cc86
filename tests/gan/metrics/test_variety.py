"""Figures of variety equal plain NumPy formulas and tell copies and shared layouts from varied sets."""

import numpy as np
import pytest
from scipy.spatial.distance import cdist

from data_prep.images.resize import resize
from gan.metrics.variety import Figures, figures_of, relative, small_size
from tests.gan.conftest import strokes


def plain_figures(images):
    """The definitions, in float64, one after the other."""
    values = images.astype(float)
    mean = values.mean(0)
    layout = np.sqrt(np.mean([mean[..., c].std() ** 2 for c in range(mean.shape[-1])]))
    height, width = small_size(*images.shape[1:3])
    factors = (images.shape[1] // height, images.shape[2] // width)
    small = values.reshape(len(values), height, factors[0], width, factors[1], -1).mean((2, 4))
    rows = small.reshape(len(values), -1)
    distances = cdist(rows, rows) / np.sqrt(rows.shape[1])
    np.fill_diagonal(distances, np.inf)
    gray = values[..., :3].mean(-1)
    if images.shape[-1] == 4:
        gray = 255 + (gray - 255) * values[..., 3] / 255
    return Figures(layout, values.std(0).mean(), distances.min(1).mean(), (gray < 127.5).mean())


def noise(count, shape, *, seed=0):
    return np.random.default_rng(seed).integers(0, 256, (count, *shape)).astype(np.uint8)


@pytest.mark.parametrize("shape", [(64, 64, 1), (32, 48, 3), (8, 12, 1), (16, 16, 4)])
def test_figures_are_those_of_the_plain_formulas(shape):
    images = noise(70, shape)
    np.testing.assert_allclose(figures_of([images]), plain_figures(images), rtol=1e-9)


def test_figures_do_not_depend_on_batches():
    images = noise(150, (16, 16, 1))
    assert figures_of([images]) == figures_of([images[:7], images[7:71], images[71:]])


def test_images_whose_sides_are_no_multiples_of_16_are_reduced_by_area():
    """One pixel of the reduced image covers 1.25 x 1.25 px."""
    images = np.repeat(noise(9, (5, 5, 1)), 4, axis=1).repeat(4, axis=2)  # 20 x 20
    small = np.stack([resize(image, 16, 16) for image in images])
    expected = plain_figures(small).nearest
    assert small_size(20, 20) == (16, 16)
    assert small_size(20, 30) == (16, 24)
    assert small_size(8, 40) == (8, 40)
    assert figures_of([images]).nearest == pytest.approx(expected, rel=5e-3)  # resize rounds to bytes


def test_identical_sets_have_ratios_of_exactly_one():
    figures = figures_of([strokes(40, 32)])
    assert relative(figures, figures)[:3] == (1, 1, 1)
    assert relative(figures, figures).ink_fraction == relative(figures, figures).ink_fraction_reals
    same = figures_of([np.full((6, 16, 16, 1), 9, np.uint8)])
    assert relative(same, same)[:3] == (1, 1, 1)  # 0 / 0


def test_one_image_repeated_has_no_variety_and_much_layout():
    reals = figures_of([shifted(64)])
    copies = figures_of([np.repeat(shifted(64)[:1], 64, axis=0)])
    found = relative(copies, reals)
    assert found.nearest == 0
    assert found.pixel_std == 0
    assert found.layout > 4


def test_shifted_stationary_images_share_no_layout():
    """Two sets of shifted copies; a set of fewer images would have a mean with more structure."""
    found = relative(figures_of([shifted(64, seed=1)]), figures_of([shifted(64, seed=2)]))
    assert found.layout == pytest.approx(1, abs=0.25)
    assert found.pixel_std == pytest.approx(1, abs=0.1)
    assert found.nearest == pytest.approx(1, abs=0.1)


def shifted(count, *, seed=0):
    """One stationary image on a torus, shifted at random by other amounts for each of `count` images."""
    rng = np.random.default_rng(seed)
    wave = np.fft.irfft2(np.fft.rfft2(np.random.default_rng(99).normal(size=(32, 32))) * band(32), (32, 32))
    image = np.where(wave > 0, 240, 20).astype(np.uint8)
    shifts = rng.integers(0, 32, (count, 2))
    return np.stack([np.roll(image, tuple(shift), (0, 1)) for shift in shifts])[..., None]


def band(size):
    """Frequencies of 2 to 6 waves per image."""
    radius = np.hypot(np.fft.fftfreq(size, 1 / size)[:, None], np.fft.rfftfreq(size, 1 / size)[None])
    return (radius > 2) & (radius < 6)


def test_ink_is_what_is_darker_than_mid_grey():
    image = np.full((2, 4, 4, 4), 255, np.uint8)
    image[:, 0, 0] = (0, 0, 0, 255)  # black
    image[:, 0, 1] = (0, 0, 0, 0)  # transparent: white paper
    image[:, 0, 2] = (200, 90, 90, 255)  # mean 126.7
    image[:, 0, 3] = (200, 91, 92, 255)  # mean 127.7
    assert figures_of([image]).ink_fraction == 2 / 16
    assert figures_of([image[..., :3]]).ink_fraction == 3 / 16
