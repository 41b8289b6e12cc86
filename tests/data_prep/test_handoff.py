import itertools
import threading
import time

import pytest

from data_prep.handoff import hand_over


def test_items_arrive_in_order_and_the_result_comes_back():
    assert hand_over(range(100), list) == list(range(100))
    assert hand_over([], list) == []


def test_both_sides_run_at_once():
    """Each side waits for the other to have begun: one after the other would never end."""
    taken = threading.Event()

    def items():
        yield 0
        assert taken.wait(10)
        yield 1

    def consume(received):
        first = next(received)
        taken.set()
        return [first, *received]

    assert hand_over(items(), consume) == [0, 1]


def test_the_maker_stays_at_most_depth_and_one_ahead():
    made, ahead = 0, []

    def items():
        nonlocal made
        for item in range(20):
            made += 1
            yield item

    def consume(received):
        for used, _ in enumerate(received):
            time.sleep(0.005)
            ahead.append(made - used)

    hand_over(items(), consume, depth=2)
    assert max(ahead) <= 4  # one in use, two waiting, one in the maker's hand


def test_a_failing_consumer_stops_an_endless_maker():
    def consume(received):
        next(received)
        raise OSError("no space")

    with pytest.raises(OSError, match="no space"):
        hand_over(itertools.count(), consume)


@pytest.mark.parametrize("failure", [RuntimeError("bad batch"), KeyboardInterrupt()])
def test_a_failing_maker_lets_the_consumer_clean_up_first(failure):
    cleaned = []

    def items():
        yield 0
        raise failure

    def consume(received):
        try:
            return list(received)
        finally:
            cleaned.append(True)

    with pytest.raises(type(failure)):
        hand_over(items(), consume)
    assert cleaned
    assert threading.active_count() == 1 or "consumer" not in {t.name for t in threading.enumerate()}


def test_a_consumer_that_has_enough_ends_it():
    assert hand_over(itertools.count(), lambda received: list(itertools.islice(received, 5))) == [
        0,
        1,
        2,
        3,
        4,
    ]
