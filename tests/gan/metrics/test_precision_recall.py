"""Precision and recall against a loop over all pairs, and on sets whose answer is known."""

import numpy as np
import pytest

from gan.metrics import neighbours
from gan.metrics.precision_recall import precision_recall


def plain_covered(points, manifold, k):
    """Share of points within some ball: two loops and a sort."""
    inside = 0
    for p in points:
        for i, center in enumerate(manifold):
            others = sorted(np.linalg.norm(center - q) for j, q in enumerate(manifold) if j != i)
            if np.linalg.norm(p - center) <= others[k - 1]:
                inside += 1
                break
    return inside / len(points)


@pytest.mark.parametrize("k", [1, 3])
def test_equals_brute_force(monkeypatch, k):
    monkeypatch.setattr(neighbours, "BLOCK", 8)
    rng = np.random.default_rng(0)
    reals, fakes = rng.normal(size=(30, 3)), rng.normal(1.0, 1.0, size=(25, 3))
    expected = plain_covered(fakes, reals, k), plain_covered(reals, fakes, k)
    assert 0.1 < min(expected) < max(expected) < 1
    np.testing.assert_allclose(precision_recall(reals, fakes, k=k), expected)


def test_known_sets():
    rng = np.random.default_rng(1)
    reals = rng.normal(size=(300, 4))
    assert precision_recall(reals, reals + 1e-9) == (1, 1)
    assert precision_recall(reals, reals + 100) == (0, 0)
    collapsed = reals[0] + 1e-3 * rng.normal(size=(300, 4))
    precision, recall = precision_recall(reals, collapsed)
    assert precision == 1
    assert recall < 0.02
    scattered = 6 * rng.normal(size=(300, 4))
    precision, recall = precision_recall(reals, scattered)
    assert precision < 0.1
    assert recall > 0.9
