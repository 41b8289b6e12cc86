import itertools

import numpy as np
import pytest

from fill.strokes.pen_order import order_strokes, pen_up_length


def strokes(seed, count):
    rng = np.random.default_rng(seed)
    starts = rng.uniform(0, 100, (count, 2))
    return starts, starts + rng.normal(0, 10, (count, 2))


def length(starts, ends, order, backwards):
    begin = np.where(np.asarray(backwards)[:, None], ends[order], starts[order])
    finish = np.where(np.asarray(backwards)[:, None], starts[order], ends[order])
    return pen_up_length(begin, finish)


@pytest.mark.parametrize("count", [1, 2, 57])
def test_every_stroke_is_drawn_once(count):
    starts, ends = strokes(0, count)
    order, backwards = order_strokes(starts, ends)
    assert sorted(order.tolist()) == list(range(count))
    assert backwards.shape == (count,)
    assert backwards.dtype == bool


@pytest.mark.parametrize("seed", range(4))
def test_few_strokes_are_within_a_quarter_of_the_shortest_order(seed):
    starts, ends = strokes(seed, 5)
    best = min(
        length(starts, ends, list(order), backwards)
        for order in itertools.permutations(range(5))
        for backwards in itertools.product([False, True], repeat=5)
    )
    assert length(starts, ends, *order_strokes(starts, ends)) <= 1.25 * best


def test_the_way_is_much_shorter_than_in_random_order():
    starts, ends = strokes(3, 300)
    plain = length(starts, ends, np.arange(300), np.zeros(300, bool))
    assert length(starts, ends, *order_strokes(starts, ends)) < 0.15 * plain


def test_a_reversed_neighbour_is_drawn_backwards():
    starts, ends = np.array([[1.0, 0], [20, 0]]), np.array([[10.0, 0], [11, 0]])
    order, backwards = order_strokes(starts, ends)
    assert order.tolist() == [0, 1]
    assert backwards.tolist() == [False, True]


def test_no_strokes():
    order, backwards = order_strokes(np.zeros((0, 2)), np.zeros((0, 2)))
    assert len(order) == len(backwards) == 0
    assert pen_up_length(np.zeros((0, 2)), np.zeros((0, 2))) == 0
