"""Out of memory, in a line."""

import contextlib
from collections.abc import Iterator

import jax

from data_prep.errors import WorkError


@contextlib.contextmanager
def told_when_full(batch: int) -> Iterator[None]:
    """Turn a device that has no room left into a WorkError that names --batch."""
    try:
        yield
    except jax.errors.JaxRuntimeError as error:
        if "RESOURCE_EXHAUSTED" not in str(error):
            raise
        raise WorkError(f"{batch} images do not fit in memory together; try a smaller --batch") from error
