"""Several processes give what one gives, in order; their errors surface."""

import os
import signal
import threading

import cv2
import pytest

from data_prep.errors import InputError, WorkError
from data_prep.workers import ahead, default_workers, map_in_order


def square(value: int) -> int:
    if value == 13:
        raise InputError("thirteen")
    return value * value


def die(value: int) -> int:
    os.kill(os.getpid(), signal.SIGKILL)
    return value


def opencv_threads(value: int) -> int:
    return cv2.getNumThreads()


def test_results_are_in_order_and_jobs_are_read_as_needed():
    drawn = []

    def jobs():
        for value in range(12):
            drawn.append(value)
            yield value

    results = map_in_order(square, jobs(), workers=2)
    assert next(results) == 0
    assert len(drawn) <= 5
    assert [0, *results] == [value * value for value in range(12)]


@pytest.mark.parametrize("workers", [1, 2])
def test_errors_surface(workers):
    with pytest.raises(InputError, match="thirteen"):
        list(map_in_order(square, range(10, 20), workers=workers))


def test_a_killed_worker_is_reported():
    with pytest.raises(WorkError, match="fewer --workers"):
        list(map_in_order(die, range(4), workers=2))


def test_opencv_has_one_thread_in_workers_and_its_own_in_the_caller(monkeypatch):
    monkeypatch.delenv("OPENCV_FOR_THREADS_NUM", raising=False)
    before = cv2.getNumThreads()
    assert set(map_in_order(opencv_threads, range(3), workers=2)) == {1}
    assert cv2.getNumThreads() == before


def test_no_workers_are_refused():
    with pytest.raises(InputError, match="--workers"):
        list(map_in_order(square, [1], workers=0))
    assert default_workers() >= 1


def test_items_made_ahead_are_the_same_and_never_many():
    made = []

    def items():
        for value in range(50):
            made.append(value)
            yield value

    for used, value in enumerate(ahead(items(), count=3)):
        assert value == used
        assert len(made) <= used + 1 + 3 + 1  # in use, waiting, and in hand
    assert made == list(range(50))


@pytest.mark.parametrize("error", [InputError("thirteen"), KeyboardInterrupt()])
def test_errors_of_items_are_raised_in_their_place(error):
    def items():
        yield 1
        yield 2
        raise error

    stream = ahead(items(), count=5)
    assert [next(stream), next(stream)] == [1, 2]
    with pytest.raises(type(error)):
        next(stream)


def test_closing_early_ends_the_thread_and_its_source():
    closed = threading.Event()

    def items():
        try:
            while True:
                yield 0
        finally:
            closed.set()

    before = threading.active_count()
    stream = ahead(items(), count=2)
    assert next(stream) == 0
    stream.close()
    assert closed.is_set()
    assert threading.active_count() == before
