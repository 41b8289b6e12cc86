"""Memory: kept where it is used again and again, and in a line where there is none left."""

import contextlib
import ctypes
import platform
from collections.abc import Iterator

import jax

from data_prep.errors import WorkError

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
