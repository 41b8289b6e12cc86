"""Run jobs in several processes, with results in order and few of them in memory."""

import collections
import contextlib
import multiprocessing
import os
import queue
import signal
import threading
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from typing import Any, TypeVar

from data_prep.errors import InputError, WorkError

Job = TypeVar("Job")
Result = TypeVar("Result")


def map_in_order(function: Callable[[Job], Result], jobs: Iterable[Job], *, workers: int) -> Iterator[Result]:
    """Like map, in `workers` processes (1: in this process); jobs are read a few ahead of the results.

    Args:
        function: picklable, e.g. a top-level function of a module.
        jobs: picklable items.
        workers: number of processes.

    Raises:
        InputError: fewer than one worker. WorkError: a worker died. Whatever `function` raises.
    """
    check_workers(workers)
    if workers == 1:
        yield from map(function, jobs)
        return
    # Spawn, not fork: this process may have threads and a GPU.
    context = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(workers, mp_context=context, initializer=_prepare)
    running: collections.deque[Future[Result]] = collections.deque()
    try:
        for job in jobs:
            running.append(pool.submit(function, job))
            if len(running) >= 2 * workers:
                yield running.popleft().result()
        while running:
            yield running.popleft().result()
    except BrokenProcessPool:
        raise WorkError("a worker process was killed; too little memory? try fewer --workers") from None
    finally:
        pool.shutdown(cancel_futures=True)


def ahead(items: Iterable[Job], *, count: int) -> Generator[Job, None, None]:
    """Iterate over `items` in a thread, up to `count` items ahead of the consumer.

    Useful if producing and consuming both release the GIL, e.g. decoding and compressing. Close the
    generator to stop the thread early.

    Raises: whatever `items` raises, in its place.
    """
    ready: queue.Queue[tuple[bool, Any]] = queue.Queue(count)  # (True, item), then (False, exception or None)
    left = threading.Event()

    def put(entry: tuple[bool, Any]) -> bool:
        while not left.is_set():
            with contextlib.suppress(queue.Full):
                ready.put(entry, timeout=0.1)
                return True
        return False

    def make() -> None:
        ending = None
        iterator = iter(items)
        try:
            for item in iterator:
                if not put((True, item)):
                    break
        except BaseException as error:
            ending = error
        finally:
            if isinstance(iterator, Generator):
                iterator.close()
        put((False, ending))

    thread = threading.Thread(target=make, daemon=True)
    thread.start()
    try:
        while True:
            more, entry = ready.get()
            if not more:
                break
            yield entry
    finally:
        left.set()
        thread.join()
    if entry is not None:
        raise entry


def check_workers(workers: int) -> None:
    """Raise InputError if the number of processes is invalid."""
    if workers < 1:
        raise InputError(f"--workers {workers}: must be at least 1")


def chosen_workers(workers: int | None) -> int:
    """Value of --workers, checked; None: one per core. Raises InputError if it is invalid."""
    count = default_workers() if workers is None else workers
    check_workers(count)
    return count


def default_workers() -> int:
    """Number of cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _prepare() -> None:
    """Initialise a worker: ignore Ctrl-C, exit with the parent, and limit OpenCV to one thread."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.environ.setdefault("OPENCV_FOR_THREADS_NUM", "1")  # read when OpenCV first runs anything
    parent = multiprocessing.parent_process()
    assert parent is not None

    def follow() -> None:
        parent.join()
        os._exit(1)

    threading.Thread(target=follow, daemon=True).start()
