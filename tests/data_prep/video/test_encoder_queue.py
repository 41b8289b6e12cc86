import itertools
import queue
import threading
import time

import pytest

from data_prep.video import encoder_queue
from data_prep.video.encoder_queue import Consumer, consume_concurrently, consume_groups
from data_prep.video.throughput import Throughput


def test_items_arrive_in_order_and_the_result_is_returned():
    assert consume_concurrently(range(100), list) == list(range(100))
    assert consume_concurrently([], list) == []


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

    assert consume_concurrently(items(), consume) == [0, 1]


def test_the_producer_is_at_most_depth_plus_one_ahead():
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

    consume_concurrently(items(), consume, depth=2)
    assert max(ahead) <= 4  # one in use, two waiting, one in the maker's hand


def test_a_failing_consumer_stops_an_endless_maker():
    def consume(received):
        next(received)
        raise OSError("no space")

    with pytest.raises(OSError, match="no space"):
        consume_concurrently(itertools.count(), consume)


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
        consume_concurrently(items(), consume)
    assert cleaned
    assert threading.active_count() == 1 or "consumer" not in {t.name for t in threading.enumerate()}


def test_a_consumer_that_has_enough_ends_it():
    assert consume_concurrently(itertools.count(), lambda received: list(itertools.islice(received, 5))) == [
        0,
        1,
        2,
        3,
        4,
    ]


def dealt(order, lasts):
    """(lot, item, is_last) of lots by name: each item is the lot and its number."""
    counts = dict.fromkeys(lasts, 0)
    for lot in order:
        counts[lot] += 1
        yield lot, (lot, counts[lot]), counts[lot] == lasts[lot]


def test_lots_are_consumed_side_by_side_each_in_its_order():
    """The first two lots end only when both have begun; the third begins when one has ended."""
    both, taken, at_once, most = threading.Barrier(2), {}, 0, 0
    lock = threading.Lock()

    def consume(lot, items):
        nonlocal at_once, most
        with lock:
            at_once += 1
            most = max(most, at_once)
        first = next(items)
        if lot in "ab":
            both.wait(10)
        taken[lot] = [first, *items]
        with lock:
            at_once -= 1

    consume_groups(dealt("aabbabccc", {"a": 3, "b": 3, "c": 3}), consume, lanes=2)
    assert taken == {lot: [(lot, i) for i in (1, 2, 3)] for lot in "abc"}
    assert most == 2


@pytest.mark.parametrize("side", ["producer", "consumer"])
def test_a_failure_of_either_side_ends_all_lots(side):
    cleaned = []

    def consume(lot, items):
        try:
            for item in items:
                if side == "consumer" and item == ("b", 3):
                    raise OSError("no space")
        finally:
            cleaned.append(lot)

    def items():
        for count in itertools.count(1):
            if side == "producer" and count == 20:
                raise OSError("no space")
            yield "ab"[count % 2], ("ab"[count % 2], count), False

    with pytest.raises(OSError, match="no space"):
        consume_groups(items(), consume, lanes=2)
    assert sorted(cleaned) == ["a", "b"]
    assert "consumer" not in {t.name for t in threading.enumerate()}


def test_ctrl_c_while_a_lane_is_waited_for_leaves_no_thread(monkeypatch):
    """The lot that is waited for is called off like the others."""
    ended, called_off = threading.Event(), []
    cancel = Consumer.cancel

    def interrupted(taker):
        raise KeyboardInterrupt

    def note(taker):
        cancel(taker)
        called_off.append(taker)
        ended.set()

    def consume(lot, items):
        list(items)
        assert ended.wait(10)

    monkeypatch.setattr(Consumer, "result", interrupted)
    monkeypatch.setattr(Consumer, "cancel", note)
    try:
        with pytest.raises(KeyboardInterrupt):
            consume_groups(dealt("ab", {"a": 1, "b": 1}), consume, lanes=1)
        assert len(set(called_off)) == 1
        assert "consumer" not in {t.name for t in threading.enumerate()}
    finally:
        ended.set()


def test_lots_clean_up_side_by_side():
    """Each waits for the other one to have begun with it: one after the other would never end."""
    both, cleaned = threading.Barrier(2), []

    def consume(lot, items):
        try:
            list(items)
        finally:
            both.wait(5)
            cleaned.append(lot)

    def items():
        yield "a", 1, False
        yield "b", 1, False
        raise OSError("no space")

    with pytest.raises(OSError, match="no space"):
        consume_groups(items(), consume, lanes=2)
    assert sorted(cleaned) == ["a", "b"]


@pytest.fixture
def clocks(monkeypatch):
    """A clock for each thread, which stands still but where the thread itself moves it on."""
    own = threading.local()

    def move(seconds):
        own.now = getattr(own, "now", 100.0) + seconds

    monkeypatch.setattr(encoder_queue.time, "monotonic", lambda: getattr(own, "now", 100.0))
    return move


@pytest.mark.parametrize("slow", ["producer", "consumer"])
def test_the_waiting_side_is_reported(clocks, monkeypatch, slow):
    """A second passes wherever the slow side is waited for, and over each item where the taker is slow."""
    pace = Throughput()

    class Waiting(queue.Queue):
        def put(self, *args, **options):
            super().put(*args, **options)
            clocks(slow == "consumer")

        def get(self, *args, **options):
            item = super().get(*args, **options)
            clocks(slow == "producer")
            return item

    def consume(received):
        for _ in received:
            pace.count()
            clocks(slow == "consumer")

    monkeypatch.setattr(encoder_queue.queue, "Queue", Waiting)
    consume_concurrently(range(12), consume, depth=1, throughput=pace)
    other = {"producer": "consumer", "consumer": "producer"}[slow]
    assert pace.seconds == 11
    assert pace.wait_fraction(other) >= 9 / 11  # but for the first items, before which nothing counts
    assert pace.wait_fraction(slow) == 0
