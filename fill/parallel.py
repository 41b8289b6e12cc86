"""Run a compiled program on all CPU cores: a few threads each take part of the rows of a batch.

A `lax.map` program keeps one core busy. Rows are independent, so the split does not change their bits.
Accelerators take the whole batch. Also: reuse of freed memory, and a clear out-of-memory message.
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


def reuse_freed_memory() -> None:
    """Make glibc keep freed memory for later arrays. Process-wide, so called by commands only.

    By default the operating system maps each large array page by page on first write: a third of the time of
    a video at 1024 px. Does nothing with another C library.
    """
    if platform.libc_ver()[0] != "glibc":
        return
    mallopt = ctypes.CDLL(None).mallopt
    mallopt(M_MMAP_MAX, 0)
    mallopt(M_TRIM_THRESHOLD, NEVER)
    mallopt(M_ARENA_MAX, 1)  # memory freed by one thread is reused by another


@contextlib.contextmanager
def explain_out_of_memory(batch: int) -> Iterator[None]:
    """Turn an out-of-memory error of the device or the host into a WorkError that names --batch."""
    try:
        yield
    except (MemoryError, jax.errors.JaxRuntimeError) as error:
        if not isinstance(error, MemoryError) and "RESOURCE_EXHAUSTED" not in str(error):
            raise
        raise WorkError(f"{batch} images do not fit in memory together; try a smaller --batch") from error


T = TypeVar("T")

LEAST_PX = 1 << 17  # pixels per thread, at least: half a millisecond of work
CARRIED = ("enable_x64", "numpy_dtype_promotion", "numpy_rank_promotion", "default_matmul_precision")
"""Thread-local settings of JAX (`with jax.NAME(value)`) that change what is computed."""


def over_cores(
    function: Callable[..., T], *batch: Any, shared: tuple[Any, ...] = (), parts: int | None = None
) -> T:
    """function(*shared, *batch), split over CPU cores if the batch is large; else called directly.

    Thread-local JAX settings of the caller, see CARRIED, apply in all threads.

    Args:
        function: jitted; maps arrays [B, ...], or tuples of them, to the same; row i of the result must
            depend on row i of the input only.
        batch: the arrays, images or label maps first: [B, H, W, ...].
        shared: arrays passed whole to every part. Traced values must be here or in `batch`, not captured.
        parts: number of parts; None: by cores and pixels.
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
    """Number of parts with enough work each; 1 if the batch must not be split."""
    arrays = [array for array in jax.tree.leaves((batch, shared)) if isinstance(array, jax.Array)]
    if jax.default_backend() != "cpu" or any(isinstance(array, jax.core.Tracer) for array in arrays):
        return 1
    if any(len(array.sharding.device_set) > 1 for array in arrays):
        return 1
    count, *rest = batch[0].shape
    pixels = count * rest[0] * rest[1]
    return max(1, min(default_workers(), count, pixels // LEAST_PX))


def _rows(array: Any, start: int, rows: int) -> Any:
    """Slice [rows, ...]; the last row repeats in the last part, so that one program serves all."""
    part = array[start : start + rows]
    missing = rows - len(part)
    if not missing:
        return part
    join = jnp if isinstance(array, jax.Array) else np
    return join.concatenate([part, *[part[-1:]] * missing])


def _settings() -> dict[str, Any]:
    return {name: getattr(jax.config, f"jax_{name}") for name in CARRIED}


def _set_as(settings: dict[str, Any]) -> contextlib.ExitStack:
    """Apply these settings in this thread while the stack is open; skips equal ones."""
    stack, own = contextlib.ExitStack(), _settings()
    for name, value in settings.items():
        if value != own[name]:
            stack.enter_context(getattr(jax, name)(value))
    return stack


@functools.cache
def _threads() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(default_workers(), thread_name_prefix="fill")
