"""Producer and consumer threads: items are made in one thread while others consume them."""

import queue
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Generic, TypeVar

from data_prep.video.throughput import Throughput

Item = TypeVar("Item")
Group = TypeVar("Group")
Result = TypeVar("Result")

_POLL_SEC = 0.1  # how soon one side notices that the other has stopped


class _Aborted(Exception):
    """Raised in a consumer when no more items will come because the producer failed."""


class Consumer(Generic[Item]):
    """A thread that consumes items put into its queue.

    Args:
        consume: called with an iterator over the items in order; should exhaust it.
        depth: queue size.
        throughput: records waiting times.
        fraction: weight of this consumer's waiting time, if it is one of several.
    """

    def __init__(
        self,
        consume: Callable[[Iterator[Item]], object],
        *,
        depth: int,
        throughput: Throughput | None = None,
        fraction: float = 1.0,
    ) -> None:
        self._waiting: queue.Queue[tuple[bool, Any]] = queue.Queue(depth)
        self._aborted, self.finished = threading.Event(), threading.Event()
        self._consume, self._throughput, self._fraction = consume, throughput, fraction
        self._outcome: dict[str, Any] = {}
        self._thread = threading.Thread(target=self._work, name="consumer", daemon=True)
        self._thread.start()

    def put(self, item: Item) -> bool:
        """Put an item, blocking while the queue is full; returns False if the consumer has finished."""
        return self._put(True, item)

    def end(self) -> None:
        """Signal that no more items will come."""
        self._put(False, None)

    def result(self) -> Any:
        """Wait for the consumer and return its result. Raises: what it raised."""
        self.finished.wait()
        self._thread.join()
        if "error" in self._outcome:
            raise self._outcome["error"]
        return self._outcome["result"]

    def cancel(self) -> None:
        """Make the iterator raise inside the consumer."""
        self._aborted.set()

    def abort(self) -> None:
        """Cancel, and wait until the consumer has cleaned up."""
        self.cancel()
        self._thread.join()

    def _put(self, more: bool, item: Any) -> bool:
        started = time.monotonic()
        while not self.finished.is_set():
            try:
                self._waiting.put((more, item), timeout=_POLL_SEC)
            except queue.Full:
                continue
            if self._throughput is not None and more:
                self._throughput.waited("producer", time.monotonic() - started)
            return True
        return False

    def _received(self) -> Iterator[Item]:
        started = time.monotonic()
        while True:
            try:
                more, item = self._waiting.get(timeout=_POLL_SEC)
            except queue.Empty:
                more, item = True, _Aborted
            if self._aborted.is_set():
                raise _Aborted
            if item is _Aborted:
                continue
            if not more:
                return
            if self._throughput is not None:
                self._throughput.waited("consumer", self._fraction * (time.monotonic() - started))
            yield item
            started = time.monotonic()

    def _work(self) -> None:
        try:
            self._outcome["result"] = self._consume(self._received())
        except BaseException as error:
            self._outcome["error"] = error
        finally:
            self.finished.set()


def consume_concurrently(
    items: Iterable[Item],
    consume: Callable[[Iterator[Item]], Result],
    *,
    depth: int = 2,
    throughput: Throughput | None = None,
) -> Result:
    """Run `consume(items)` in another thread while this thread produces the items.

    Args:
        items: iterated in this thread, so that Ctrl-C reaches the producer.
        consume: called with an iterator over the items in order; should exhaust it.
        depth: queue size.
        throughput: records waiting times.

    Returns: what `consume` returned.
    Raises: whatever either side raised. If the producer fails, the iterator raises inside `consume`, which
        can clean up before this function returns.
    """
    consumer = Consumer(consume, depth=depth, throughput=throughput)
    try:
        for item in items:
            if not consumer.put(item) or consumer.finished.is_set():
                break
        consumer.end()
        result: Result = consumer.result()
        return result
    except BaseException:
        consumer.abort()
        raise


def consume_groups(
    items: Iterable[tuple[Group, Item, bool]],
    consume: Callable[[Group, Iterator[Item]], object],
    *,
    lanes: int,
    depth: int = 2,
    throughput: Throughput | None = None,
) -> None:
    """Run `consume(group, its items)` in one thread per group, at most `lanes` at once.

    Args:
        items: (group, item, whether it is the last of the group), iterated in this thread; at most `lanes`
            groups are open at once.
        consume: called with an iterator over the items of a group in order; should exhaust it.
        lanes: groups consumed at once.
        depth: queue size per group.
        throughput: records waiting times.

    Raises: whatever either side raised, after all others have cleaned up.
    """
    consumers: dict[Group, Consumer[Item]] = {}
    ended: list[Group] = []
    try:
        for group, item, is_last in items:
            if group not in consumers:
                while len(consumers) >= lanes:
                    started = time.monotonic()
                    consumers[ended[0]].result()
                    del consumers[ended.pop(0)]
                    if throughput is not None:
                        throughput.waited("producer", time.monotonic() - started)
                consumers[group] = Consumer(
                    _bound(consume, group), depth=depth, throughput=throughput, fraction=1 / lanes
                )
            if not consumers[group].put(item):
                consumers[group].result()
            if is_last:
                consumers[group].end()
                ended.append(group)
        for group in list(consumers):
            consumers[group].result()
    except BaseException:
        for consumer in consumers.values():  # all clean up concurrently
            consumer.cancel()
        for consumer in consumers.values():
            consumer.abort()
        raise


def _bound(
    consume: Callable[[Group, Iterator[Item]], object], group: Group
) -> Callable[[Iterator[Item]], object]:
    return lambda items: consume(group, items)
