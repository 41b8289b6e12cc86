"""Minibatch deviation against a loop over groups."""

import jax
import numpy as np
import pytest

from gan.ops.minibatch_std import minibatch_std


@pytest.mark.parametrize(("n", "group"), [(8, 4), (6, 4), (3, 4), (4, 1)])
def test_equals_a_loop_over_groups(n, group):
    x = np.asarray(jax.random.normal(jax.random.key(n), (n, 3, 5, 2)))
    size = max(g for g in range(1, group + 1) if n % g == 0 and group % g == 0)
    y = np.asarray(minibatch_std(x, group_size=group))
    assert y.shape == (n, 3, 5, 3)
    np.testing.assert_array_equal(y[..., :2], x)
    for start in range(0, n, size):
        deviation = np.sqrt(x[start : start + size].var(0) + 1e-8).mean()
        np.testing.assert_allclose(y[start : start + size, ..., 2], deviation, rtol=1e-5)


def test_strided_groups_are_neighbours_in_another_order():
    x = np.asarray(jax.random.normal(jax.random.key(0), (8, 2, 2, 3)))
    order = [0, 2, 4, 6, 1, 3, 5, 7]  # two groups: even items, odd items
    strided = np.asarray(minibatch_std(x, group_size=4, strided=True))
    np.testing.assert_array_equal(strided[order], minibatch_std(x[order], group_size=4))
    assert len(np.unique(strided[..., -1])) == 2


def test_equal_items_show_no_spread():
    x = np.repeat(np.ones((1, 4, 4, 2), np.float32), 4, axis=0)
    assert np.asarray(minibatch_std(x, group_size=4))[..., -1].max() < 1e-3
