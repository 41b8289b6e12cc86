"""Orbits: against flips and a count of every pair, and on specimens that are turned, torn and uneven."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from fill import symmetry
from fill.axes import fit_axes
from fill.symmetry import mirror_orbits
from tests.fill import plain
from tests.fill.conftest import draw_specimen
from tests.slow_cases import slow

CAPACITY = 300  # of all tables here: fewer programs


def plain_orbits(labels):
    """Orbit of each label where mirror images fit exactly: united if they cover one another."""
    group = np.arange(labels.max() + 1)
    for flipped in (labels[:, ::-1], labels[::-1]):
        for k in range(1, len(group)):
            under = flipped[labels == k]
            if (
                (under == under[0]).all()
                and under[0] > 0
                and (labels == k).sum() == (flipped == under[0]).sum()
            ):
                group[group == group[under[0]]] = group[k]
    _, rank = np.unique(group[1:], return_inverse=True)
    first = {orbit: k for k, orbit in reversed(list(enumerate(rank)))}
    order = {orbit: i + 1 for i, orbit in enumerate(sorted(first, key=first.get))}
    return np.array([0] + [order[orbit] for orbit in rank])


def test_exact_specimens_in_leading_axes():
    """A batch in one program; rows of the table that are not used hold -1."""
    labels = np.stack([plain.label(~draw_specimen(96, seed=seed)) for seed in range(4)])
    orbits = np.asarray(mirror_orbits(jnp.asarray(labels.reshape(2, 2, 96, 96)), capacity=CAPACITY))
    assert orbits.shape == (2, 2, CAPACITY + 1)
    for image, found in zip(labels, orbits.reshape(4, -1), strict=True):
        count = image.max()
        assert count > 12
        np.testing.assert_array_equal(found[: count + 1], plain_orbits(image))
        assert (found[count + 1 :] == -1).all()
        assert 4 in np.bincount(found[: count + 1])  # whole orbits, not only pairs


@pytest.mark.slow
@pytest.mark.parametrize("turn_deg", [2.3, -4.1])
def test_turned_specimens_have_the_orbits_of_upright_ones(turn_deg):
    """All but specks, which a turn draws and wipes out at random."""

    def sizes(turn_deg):
        ink = draw_specimen(500, center=(240.0, 262.0), turn_deg=turn_deg, line_px=4)
        labels = plain.label(~ink)
        axes = fit_axes(jnp.asarray(ink))
        orbits = np.asarray(mirror_orbits(jnp.asarray(labels), capacity=CAPACITY, axes=axes))
        area = np.bincount(labels.ravel(), minlength=len(orbits))
        large = (area > 30) & (np.arange(len(area)) > 0)
        return sorted(np.unique(orbits[large], return_counts=True)[1])

    assert sizes(turn_deg) == sizes(0.0)


@pytest.mark.slow
def test_small_regions_may_be_two_pixels_off():
    """Dots and hairs that do not touch their mirror images at all; and one that lies too far off."""
    labels = np.zeros((61, 61), np.int32)
    labels[10:12, 10:12] = 1
    labels[10:12, 61 - 12 + 2 : 61 - 10 + 2] = 2  # a dot, 2 px off
    labels[20:50, 15] = 3
    labels[20:50, 61 - 16 + 1] = 4  # a hair, 1 px off
    labels[12:14, 25:27] = 5
    labels[12:14, 61 - 27 + 4 : 61 - 25 + 4] = 6  # a dot, 4 px off
    labels[30, 30] = 7
    orbits = np.asarray(mirror_orbits(jnp.asarray(labels)))
    assert orbits[1] == orbits[2]
    assert orbits[3] == orbits[4]
    assert orbits[5] != orbits[6]
    assert len(set(orbits[[1, 3, 5, 6, 7]])) == 5


def test_empty_images_have_no_orbits():
    np.testing.assert_array_equal(mirror_orbits(jnp.zeros((9, 7), jnp.int32)), [0])


@pytest.mark.slow
def test_many_thin_regions_take_the_large_table(monkeypatch):
    """Dots a pixel off, which do not touch their mirror images: the same orbits with either table."""
    quarter = np.zeros((40, 40), bool)
    quarter[tuple(np.random.default_rng(2).integers(1, 39, (2, 40)))] = True
    whole = np.block([[quarter, quarter[:, ::-1]], [quarter[::-1], quarter[::-1, ::-1]]])
    labels = plain.label(np.roll(whole, 1, axis=1))
    found = []
    for few in (1, 10_000):
        monkeypatch.setattr(symmetry, "FEW_OPEN", few)
        orbits = jax.jit(lambda labels: mirror_orbits(labels, capacity=CAPACITY))(jnp.asarray(labels))
        found.append(np.asarray(orbits)[: labels.max() + 1])
    np.testing.assert_array_equal(*found)
    sizes = np.bincount(found[0])
    assert 4 * (sizes == 4).sum() > 0.7 * labels.max()


@pytest.mark.parametrize("radius", [700, *slow(20)])
def test_centres_of_small_and_of_large_regions(radius):
    y, x = np.indices((2048, 2048)) - 1000.0
    disc = (np.hypot(x, y) < radius).astype(np.int32)
    center = jax.jit(symmetry.region_centers)(jnp.asarray(disc), jnp.asarray([0, disc.sum()], jnp.float32))
    np.testing.assert_allclose(center[1], [1000, 1000], atol=0.1)
