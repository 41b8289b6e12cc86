"""Blocked neighbours against a full table of distances."""

import numpy as np
import pytest

from gan.metrics import neighbours


@pytest.mark.parametrize("block", [3, 7, 1000])
def test_nearest_equals_a_sort_of_all(monkeypatch, block):
    monkeypatch.setattr(neighbours, "BLOCK", block)
    rng = np.random.default_rng(0)
    queries, rows = rng.normal(size=(11, 4)).astype(np.float32), rng.normal(size=(20, 4)).astype(np.float32)
    table = np.square(queries[:, None].astype(float) - rows[None]).sum(-1)
    squared, index = neighbours.nearest(queries, rows, k=4)
    np.testing.assert_array_equal(index, np.argsort(table, axis=1)[:, :4])
    np.testing.assert_allclose(squared, np.sort(table, axis=1)[:, :4], rtol=1e-10)


def test_blocks_cover_every_pair_once(monkeypatch):
    monkeypatch.setattr(neighbours, "BLOCK", 4)
    rng = np.random.default_rng(1)
    a, b = rng.normal(size=(9, 2)), rng.normal(size=(6, 2))
    table = np.zeros((9, 6))
    for rows, columns, squared in neighbours.blocks(a, b):
        table[rows, columns] += squared
    np.testing.assert_allclose(table, np.square(a[:, None] - b[None]).sum(-1), atol=1e-12)


def test_never_negative_far_from_the_origin():
    rows = 1e3 + np.random.default_rng(2).normal(size=(50, 8))
    squared, index = neighbours.nearest(rows, rows, k=1)
    assert (squared >= 0).all()
    assert squared.max() < 1e-6
    np.testing.assert_array_equal(index[:, 0], np.arange(50))
