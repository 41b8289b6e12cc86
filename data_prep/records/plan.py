"""Plans of records: lists of items and the function that makes records of them, by position.

`write_dataset` asks a plan for spans of records, so that shards that exist already cost nothing. The
records of a span never depend on the span, the chunk size or the number of workers.
"""

import collections
import dataclasses
import functools
import itertools
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Generic, Protocol, TypeVar

from data_prep.errors import InputError, WorkError
from data_prep.images.notes import Notes
from data_prep.progress import Report, Warn
from data_prep.records.writer import Record
from data_prep.workers import map_in_order

Item = TypeVar("Item")
ItemOut = TypeVar("ItemOut", covariant=True)
Made = TypeVar("Made")


class Items(Protocol[ItemOut]):
    """What a plan is made from: a list, a range, or a source whose slices are read lazily."""

    def __len__(self) -> int: ...

    def __getitem__(self, span: slice, /) -> Iterable[ItemOut]: ...


@dataclasses.dataclass(frozen=True)
class ChunkedPlan(Generic[Item]):
    """One record per item, made in worker processes, `chunk` items at a time."""

    items: Items[Item]  # picklable
    make: Callable[[Item], Record]  # picklable; raises InputError or WorkError: the item is left out
    name: Callable[[Item], str]  # of an item, for `report`
    workers: int
    report: Report
    chunk: int = 1
    notes: Notes = dataclasses.field(default_factory=Notes)  # about the items that were made

    def __len__(self) -> int:
        return len(self.items)

    def __getitem__(self, span: slice) -> Iterator[Record | None]:
        start, stop, _ = span.indices(len(self))
        return (record for _, record in self.made(start, stop))

    def describe_notes(self, warn: Warn) -> None:
        """Call `warn` with one line per kind of note about the items that were made."""
        for line in self.notes.lines():
            warn(line)

    def made(self, start: int, stop: int) -> Iterator[tuple[Item, Record | None]]:
        """The items [start, stop), each with its record; None for those that are left out."""
        made = make_each(
            self.items[start:stop],
            self.make,
            count=stop - start,
            name=self.name,
            workers=self.workers,
            report=self.report,
            chunk=self.chunk,
        )
        for item, record in made:
            if record is not None:
                self.notes.add(self.name(item), record.notes)
            yield item, record


@dataclasses.dataclass(frozen=True)
class GroupedPlan(Generic[Item]):
    """Several records per item: tiles of a page, or symmetric copies of a tile.

    `make` receives the items of a span with the required positions of each, and yields lists of records that
    together are those positions in order; None stands for a record that cannot be made. It decides what is
    cached and which workers run, since items such as pages are expensive to open.
    """

    items: Sequence[Item]
    counts: Sequence[int]  # records of each item
    make: Callable[[Iterable[tuple[Item, range]]], Iterable[Sequence[Record | None]]]

    def __len__(self) -> int:
        return sum(self.counts)

    def __getitem__(self, span: slice) -> Iterator[Record | None]:
        start, stop, _ = span.indices(len(self))
        return itertools.chain.from_iterable(self.make(self._parts(start, stop)))

    def _parts(self, start: int, stop: int) -> Iterator[tuple[Item, range]]:
        """Items that overlap positions [start, stop), each with its own positions there."""
        first = 0
        for item, count in zip(self.items, self.counts, strict=True):
            part = range(max(start - first, 0), min(stop - first, count))
            if part:
                yield item, part
            first += count
            if first >= stop:
                return


def make_each(
    items: Iterable[Item],
    make: Callable[[Item], Made],
    *,
    count: int,
    name: Callable[[Item], str],
    workers: int,
    report: Report,
    chunk: int = 1,
) -> Iterator[tuple[Item, Made | None]]:
    """Apply `make` to every item in worker processes; yield (item, result) in order.

    Args:
        items: picklable; read lazily, a few chunks ahead of the results.
        make: picklable, e.g. `functools.partial` of a top-level function. InputError and WorkError leave
            the item out: it is reported and its result is None.
        count: number of items.
        name: of an item, for `report`.
        workers: number of processes; no more start than there are chunks.
        report: called with the name of each item that is left out, and the reason.
        chunk: items per job.

    Raises: whatever else `make` raises.
    """
    sent: collections.deque[tuple[Item, ...]] = collections.deque()

    def jobs() -> Iterator[tuple[Item, ...]]:
        rest = iter(items)
        while job := tuple(itertools.islice(rest, chunk)):
            sent.append(job)
            yield job

    run = functools.partial(_make_chunk, make)
    workers = workers if workers < 1 else max(1, min(workers, -(-count // chunk)))
    for results in map_in_order(run, jobs(), workers=workers):
        for item, (result, reason) in zip(sent.popleft(), results, strict=True):
            if reason is not None:
                report(name(item), reason)
            yield item, result


def _make_chunk(make: Callable[[Any], Made], chunk: Sequence[Any]) -> list[tuple[Made | None, str | None]]:
    """(result, None) or (None, reason) for each item."""
    results: list[tuple[Made | None, str | None]] = []
    for item in chunk:
        try:
            results.append((make(item), None))
        except (InputError, WorkError) as error:
            results.append((None, str(error)))
    return results
