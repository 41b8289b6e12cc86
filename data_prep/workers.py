"""Work in several processes, with results in the order of the jobs and never many of them in memory."""

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
    """Like map, in `workers` processes (1: in this one); jobs are drawn a few ahead of the results.

    Args:
        function: of a module's top level.
        jobs: picklable.
        workers: number of processes.

    Raises:
        InputError: fewer than one worker. WorkError: a worker died. Whatever `function` raises.
    """
    check_workers(workers)
    if workers == 1:
        yield from map(function, jobs)
        return
    # Spawned, not forked: this process may hold threads and a GPU.
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
    """The same items in their order, made in a thread up to `count` before they are used.

    Pays where making an item and using it both leave Python, as decoding and compressing do. Close it to
    end the thread early.

    Raises: whatever making an item raises, in its place.
    """
    ready: queue.Queue[tuple[bool, Any]] = queue.Queue(count)  # (True, item), and last (False, how it ended)
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
    """Raise InputError unless work can be done by so many processes."""
    if workers < 1:
        raise InputError(f"--workers is {workers}; it should be 1 or more")


def default_workers() -> int:
    """One per core that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _prepare() -> None:
    """Leave Ctrl-C to the parent, do not outlive it, and share the cores with the other workers."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.environ.setdefault("OPENCV_FOR_THREADS_NUM", "1")  # read when OpenCV first runs anything
    parent = multiprocessing.parent_process()
    assert parent is not None

    def follow() -> None:
        parent.join()
        os._exit(1)

    threading.Thread(target=follow, daemon=True).start()
