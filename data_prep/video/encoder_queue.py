"""Two sides at once: one thread makes items while others consume them."""

import queue
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Generic, TypeVar

from data_prep.video.throughput import Pace

Item = TypeVar("Item")
Lot = TypeVar("Lot")
Result = TypeVar("Result")

_POLL_SEC = 0.1  # how soon one side notices that the other has given up


class _Aborted(Exception):
    """Raised in the consumer when no more items will come, since their maker failed."""


class Taker(Generic[Item]):
    """A thread that consumes what is put before it.

    Args:
        consume: gets the items in order as an iterator, and should use it up.
        depth: how many items may wait.
        pace: is told who waits; a taker that is one of several tells its share.
    """

    def __init__(
        self,
        consume: Callable[[Iterator[Item]], object],
        *,
        depth: int,
        pace: Pace | None = None,
        share: float = 1.0,
    ) -> None:
        self._waiting: queue.Queue[tuple[bool, Any]] = queue.Queue(depth)
        self._aborted, self.finished = threading.Event(), threading.Event()
        self._consume, self._pace, self._share = consume, pace, share
        self._outcome: dict[str, Any] = {}
        self._thread = threading.Thread(target=self._work, name="consumer", daemon=True)
        self._thread.start()

    def put(self, item: Item) -> bool:
        """Hand over an item, waiting for room; False: the consumer has finished before."""
        return self._put(True, item)

    def end(self) -> None:
        """Say that no more items will come."""
        self._put(False, None)

    def result(self) -> Any:
        """Wait for the consumer's end: what it returned. Raises: what it raised."""
        self.finished.wait()
        self._thread.join()
        if "error" in self._outcome:
            raise self._outcome["error"]
        return self._outcome["result"]

    def call_off(self) -> None:
        """Have the iterator raise inside the consumer."""
        self._aborted.set()

    def abort(self) -> None:
        """Call off, and wait until the consumer has cleaned up."""
        self.call_off()
        self._thread.join()

    def _put(self, more: bool, item: Any) -> bool:
        begun = time.monotonic()
        while not self.finished.is_set():
            try:
                self._waiting.put((more, item), timeout=_POLL_SEC)
            except queue.Full:
                continue
            if self._pace is not None and more:
                self._pace.waited("maker", time.monotonic() - begun)
            return True
        return False

    def _received(self) -> Iterator[Item]:
        begun = time.monotonic()
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
            if self._pace is not None:
                self._pace.waited("taker", self._share * (time.monotonic() - begun))
            yield item
            begun = time.monotonic()

    def _work(self) -> None:
        try:
            self._outcome["result"] = self._consume(self._received())
        except BaseException as error:
            self._outcome["error"] = error
        finally:
            self.finished.set()


def hand_over(
    items: Iterable[Item],
    consume: Callable[[Iterator[Item]], Result],
    *,
    depth: int = 2,
    pace: Pace | None = None,
) -> Result:
    """Run `consume(items)` in a thread of its own, while this thread draws the items.

    Args:
        items: drawn here, so that Ctrl-C reaches their maker.
        consume: gets the items in order as an iterator, and should use it up.
        depth: how many items may wait between the two.
        pace: is told who waits for whom.

    Returns: what `consume` returned.
    Raises: whatever either side raised. If the items fail, the iterator raises inside `consume`, which can
        so clean up before this function leaves.
    """
    taker = Taker(consume, depth=depth, pace=pace)
    try:
        for item in items:
            if not taker.put(item) or taker.finished.is_set():
                break
        taker.end()
        result: Result = taker.result()
        return result
    except BaseException:
        taker.abort()
        raise


def deal_out(
    items: Iterable[tuple[Lot, Item, bool]],
    consume: Callable[[Lot, Iterator[Item]], object],
    *,
    lanes: int,
    depth: int = 2,
    pace: Pace | None = None,
) -> None:
    """Run `consume(lot, its items)` in a thread for each lot, at most `lanes` at once, while items are drawn.

    Args:
        items: (lot, item, whether it is the lot's last), drawn here; at most `lanes` lots are open at once.
        consume: gets a lot's items in order as an iterator, and should use it up.
        lanes: how many lots are worked on at once.
        depth: how many items of a lot may wait.
        pace: is told who waits for whom.

    Raises: whatever either side raised, after all others have cleaned up.
    """
    takers: dict[Lot, Taker[Item]] = {}
    ended: list[Lot] = []
    try:
        for lot, item, is_last in items:
            if lot not in takers:
                while len(takers) >= lanes:
                    begun = time.monotonic()
                    takers[ended[0]].result()
                    del takers[ended.pop(0)]
                    if pace is not None:
                        pace.waited("maker", time.monotonic() - begun)
                consume_lot = _bound(consume, lot)
                takers[lot] = Taker(consume_lot, depth=depth, pace=pace, share=1 / lanes)
            if not takers[lot].put(item):
                takers[lot].result()
            if is_last:
                takers[lot].end()
                ended.append(lot)
        for lot in list(takers):
            takers[lot].result()
    except BaseException:
        for taker in takers.values():  # all clean up at once
            taker.call_off()
        for taker in takers.values():
            taker.abort()
        raise


def _bound(consume: Callable[[Lot, Iterator[Item]], object], lot: Lot) -> Callable[[Iterator[Item]], object]:
    return lambda items: consume(lot, items)
