"""One thread that owns the device: calls run one after another, and of one name the latest wins."""

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from concurrent.futures import Future
from typing import Any

from studio.versions import Conflict


class Superseded(Conflict):
    """A newer call of the same name replaced this one before it ran."""


class DeviceThread:
    """Runs calls in one thread, which starts with the first call.

    JAX compiles and runs there only, so that two requests never compete for the device's memory.
    """

    def __init__(self) -> None:
        self._waiting: OrderedDict[Hashable, tuple[Callable[[], Any], Future[Any]]] = OrderedDict()
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None
        self._is_closed = False

    def run(self, name: Hashable, function: Callable[[], Any]) -> Any:
        """Run `function` in the thread and return its result.

        Args:
            name: of a stream of calls, e.g. ("explore", tab): a call that still waits when the next one of
                its name arrives raises Superseded.
            function: called without arguments.

        Raises: Superseded. Whatever `function` raises.
        """
        future: Future[Any] = Future()
        with self._changed:
            if self._is_closed:
                raise Superseded("the studio is closing")
            older = self._waiting.pop(name, None)
            self._waiting[name] = (function, future)
            if self._thread is None:
                self._thread = threading.Thread(target=self._work, name="device", daemon=True)
                self._thread.start()
            self._changed.notify()
        if older is not None:
            older[1].set_exception(Superseded("a newer request replaced this one"))
        return future.result()

    def close(self) -> None:
        """Reject waiting calls; the running one ends with the process."""
        with self._changed:
            self._is_closed = True
            waiting = [future for _, future in self._waiting.values()]
            self._waiting.clear()
            self._changed.notify()
        for future in waiting:
            future.set_exception(Superseded("the studio is closing"))

    def _work(self) -> None:
        while True:
            with self._changed:
                while not self._waiting and not self._is_closed:
                    self._changed.wait()
                if self._is_closed:
                    return
                _, (function, future) = self._waiting.popitem(last=False)
            try:
                future.set_result(function())
            except BaseException as error:
                future.set_exception(error)
