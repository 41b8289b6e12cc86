"""Plans: any span is the same records, whatever the workers and chunks; items that fail are reported."""

import functools

import numpy as np
import pytest

from data_prep.errors import InputError
from data_prep.records.plan import ChunkedPlan, GroupedPlan, make_each
from data_prep.records.writer import Record


def make(number: int, *, refused: int = -1) -> Record:
    if number == refused:
        raise InputError(f"{number} is refused")
    return Record(np.full((2, 2, 1), number, np.uint8), {"number": number})


def plan(workers: int, *, refused: int = -1, reports: list | None = None, chunk: int = 3) -> ChunkedPlan[int]:
    def report(name, reason):
        assert reports is not None
        reports.append((name, reason))

    make_one = functools.partial(make, refused=refused)
    return ChunkedPlan(range(20), make_one, name=str, workers=workers, report=report, chunk=chunk)


def numbers(records) -> list[int | None]:
    return [None if record is None else record.source["number"] for record in records]


@pytest.mark.parametrize("chunk", [1, 3, 50])
def test_any_span_is_the_same_records(chunk):
    records = plan(1, chunk=chunk)
    assert len(records) == 20
    for start, stop in [(0, 20), (0, 1), (5, 11), (19, 20), (4, 4)]:
        assert numbers(records[start:stop]) == list(range(start, stop))


def test_workers_do_not_change_the_records_nor_the_reports():
    found = []
    for workers in (1, 2):
        reports: list = []
        found.append((numbers(plan(workers, refused=7, reports=reports)[2:12]), reports))
    assert found[0] == found[1]
    assert found[0] == ([2, 3, 4, 5, 6, None, 8, 9, 10, 11], [("7", "7 is refused")])


def test_items_are_read_a_few_chunks_ahead():
    read = []

    def items():
        for number in range(100):
            read.append(number)
            yield number

    made = make_each(items(), make, count=100, name=str, workers=1, report=print, chunk=4)
    assert [item for item, _ in (next(made), next(made))] == [0, 1]
    assert len(read) <= 8


def test_other_errors_are_raised():
    with pytest.raises(ZeroDivisionError):
        list(make_each([0], lambda number: 1 // number, count=1, name=str, workers=1, report=print))


def test_groups_are_cut_at_the_span():
    requested = []

    def make_parts(parts):
        for letter, positions in parts:
            requested.append((letter, positions))
            yield [Record(np.zeros((1, 1, 1), np.uint8), {"number": f"{letter}{i}"}) for i in positions]

    records = GroupedPlan("abcd", [2, 0, 3, 1], make_parts)
    everything = ["a0", "a1", "c0", "c1", "c2", "d0"]
    assert len(records) == 6
    for start in range(7):
        for stop in range(start, 7):
            assert numbers(records[start:stop]) == everything[start:stop]
    requested.clear()
    assert numbers(records[1:3]) == ["a1", "c0"]
    assert requested == [("a", range(1, 2)), ("c", range(0, 1))]
