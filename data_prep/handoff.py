"""Two sides at once: one thread makes items while another one consumes them."""

import queue
import threading
from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")

_POLL_SEC = 0.1  # how soon one side notices that the other has given up


class _Aborted(Exception):
    """Raised in the consumer when no more items will come, since their maker failed."""


def hand_over(
    items: Iterable[Item], consume: Callable[[Iterator[Item]], Result], *, depth: int = 2
) -> Result:
    """Run `consume(items)` in a thread of its own, while this thread draws the items.

    Args:
        items: drawn here, so that Ctrl-C reaches their maker.
        consume: gets the items in order as an iterator, and should use it up.
        depth: how many items may wait between the two.

    Returns: what `consume` returned.
    Raises: whatever either side raised. If the items fail, the iterator raises inside `consume`, which can
        so clean up before this function leaves.
    """
    waiting: queue.Queue[tuple[bool, Any]] = queue.Queue(depth)
    aborted, finished = threading.Event(), threading.Event()
    outcome: dict[str, Any] = {}

    def received() -> Iterator[Item]:
        while True:
            try:
                more, item = waiting.get(timeout=_POLL_SEC)
            except queue.Empty:
                more, item = True, _Aborted
            if aborted.is_set():
                raise _Aborted
            if item is _Aborted:
                continue
            if not more:
                return
            yield item

    def work() -> None:
        try:
            outcome["result"] = consume(received())
        except BaseException as error:
            outcome["error"] = error
        finally:
            finished.set()

    def put(more: bool, item: Any) -> None:
        while not finished.is_set():
            try:
                return waiting.put((more, item), timeout=_POLL_SEC)
            except queue.Full:
                continue

    thread = threading.Thread(target=work, name="consumer", daemon=True)
    thread.start()
    try:
        for item in items:
            put(True, item)
            if finished.is_set():
                break
        put(False, None)
        finished.wait()
    except BaseException:
        aborted.set()
        raise
    finally:
        thread.join()
    if "error" in outcome:
        raise outcome["error"]
    return outcome["result"]
