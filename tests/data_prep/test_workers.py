"""Several processes give what one gives, in order; their errors surface."""

import os
import signal

import pytest

from data_prep.errors import InputError, WorkError
from data_prep.workers import default_workers, map_in_order


def square(value: int) -> int:
    if value == 13:
        raise InputError("thirteen")
    return value * value


def die(value: int) -> int:
    os.kill(os.getpid(), signal.SIGKILL)
    return value


def test_order_is_kept_and_jobs_are_drawn_as_needed():
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


def test_a_killed_worker_is_told():
    with pytest.raises(WorkError, match="fewer --workers"):
        list(map_in_order(die, range(4), workers=2))


def test_no_workers_are_refused():
    with pytest.raises(InputError, match="--workers is 0"):
        list(map_in_order(square, [1], workers=0))
    assert default_workers() >= 1
