"""All cores of a CPU for one batch: each of a few threads runs the compiled program on part of the rows.

A program of `lax.map` keeps one core busy. Rows do not depend on one another, so their bits do not depend
on the split either. Accelerators take the batch whole. Also: reuse of freed memory, and a clear message where
memory runs out.
"""

import contextlib
import ctypes
import functools
import platform
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import jax
import jax.numpy as jnp
import numpy as np

from data_prep.errors import WorkError
from data_prep.workers import default_workers

# Of mallopt, glibc's malloc.h.
M_TRIM_THRESHOLD, M_MMAP_MAX, M_ARENA_MAX = -1, -4, -8
NEVER = -1


def keep_pages() -> None:
    """Have glibc keep what arrays give back, for the next ones; for the doors, as it holds for the process.

    Otherwise every large array is new to the operating system, which maps it page by page while it is first
    written: at 1024 px a third of the time of a film. Elsewhere nothing is done.
    """
    if platform.libc_ver()[0] != "glibc":
        return
    mallopt = ctypes.CDLL(None).mallopt
    mallopt(M_MMAP_MAX, 0)
    mallopt(M_TRIM_THRESHOLD, NEVER)
    mallopt(M_ARENA_MAX, 1)  # what one thread gives back another one takes


@contextlib.contextmanager
def told_when_full(batch: int) -> Iterator[None]:
    """Turn a device, or a host, that has no room left into a WorkError that names --batch."""
    try:
        yield
    except (MemoryError, jax.errors.JaxRuntimeError) as error:
        if not isinstance(error, MemoryError) and "RESOURCE_EXHAUSTED" not in str(error):
            raise
        raise WorkError(f"{batch} images do not fit in memory together; try a smaller --batch") from error


T = TypeVar("T")

LEAST_PX = 1 << 17  # pixels that are worth a thread: half a millisecond and more
CARRIED = ("enable_x64", "numpy_dtype_promotion", "numpy_rank_promotion", "default_matmul_precision")
"""Settings of JAX that `with jax.NAME(value)` sets for one thread alone, and that decide what is computed."""


def over_cores(
    function: Callable[..., T], *batch: Any, shared: tuple[Any, ...] = (), parts: int | None = None
) -> T:
    """function(*shared, *batch), on all cores where that pays; under a trace, and on accelerators, just that.

    What the caller has set by `with jax.enable_x64(True)` and the like, see CARRIED, holds in all threads.

    Args:
        function: jitted; of arrays [B, ...], or tuples of them, to such; row i of what it returns must
            depend on row i of what it gets alone.
        batch: the arrays, images or label maps first: [B, H, W, ...].
        shared: arrays that every part gets whole. What is traced has to be here or there, not in `function`.
        parts: into which the batch is split; None: as many as there are cores and pixels for them.
    """
    if parts is None:
        parts = _parts_of(batch, shared)
    count = len(batch[0])
    rows = -(-count // parts)
    if rows >= count:
        return function(*shared, *batch)

    here = _settings()

    def run(start: int) -> T:
        with _set_as(here):
            part = jax.tree.map(lambda array: _rows(array, start, rows), batch)
            return jax.block_until_ready(function(*shared, *part))

    done = list(_threads().map(run, range(0, count, rows)))
    return jax.tree.map(lambda *found: jnp.concatenate(found)[:count], *done)


def _parts_of(batch: tuple[Any, ...], shared: tuple[Any, ...]) -> int:
    """As many as there are cores, if each has enough to do; 1 where the batch must stay whole."""
    arrays = [array for array in jax.tree.leaves((batch, shared)) if isinstance(array, jax.Array)]
    if jax.default_backend() != "cpu" or any(isinstance(array, jax.core.Tracer) for array in arrays):
        return 1
    if any(len(array.sharding.device_set) > 1 for array in arrays):
        return 1
    count, *rest = batch[0].shape
    pixels = count * rest[0] * rest[1]
    return max(1, min(default_workers(), count, pixels // LEAST_PX))


def _rows(array: Any, start: int, rows: int) -> Any:
    """[rows, ...]: of the last part the last row repeats, so that one program does for all."""
    part = array[start : start + rows]
    missing = rows - len(part)
    if not missing:
        return part
    join = jnp if isinstance(array, jax.Array) else np
    return join.concatenate([part, *[part[-1:]] * missing])


def _settings() -> dict[str, Any]:
    return {name: getattr(jax.config, f"jax_{name}") for name in CARRIED}


def _set_as(settings: dict[str, Any]) -> contextlib.ExitStack:
    """These settings, in this thread, while the stack is open; those that are so already are left alone."""
    stack, own = contextlib.ExitStack(), _settings()
    for name, value in settings.items():
        if value != own[name]:
            stack.enter_context(getattr(jax, name)(value))
    return stack


@functools.cache
def _threads() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(default_workers(), thread_name_prefix="fill")
