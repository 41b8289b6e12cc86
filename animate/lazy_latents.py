"""Latents computed on access, a block of frames at a time.

Memory does not grow with the number of rows computed; the caller holds what they are computed from, such as
the path [T, Z] of a path in w.
"""

from collections import OrderedDict
from collections.abc import Callable, Iterator
from typing import Any, Protocol

import numpy as np

BLOCK_FRAMES = 256
CACHED_BLOCKS = 4  # two segments of a video may be rendered alternately, each across a block boundary


class Latents(Protocol):
    """float32 [T, Z] in z or [T, L, W] in w: an array, or an object that computes rows on access."""

    @property
    def shape(self) -> tuple[int, ...]: ...
    @property
    def ndim(self) -> int: ...
    def __len__(self) -> int: ...
    def __getitem__(self, rows: Any, /) -> Any: ...


class LazyLatents:
    """Latents that a function computes from their row numbers.

    A row is always computed together with the other rows of its block, so its bits do not depend on which
    rows are accessed or in which order.

    Args:
        count: T, the number of rows.
        make: slice of a block -> its rows, float32 [n, ...].
        block: rows of a block.
        digest: checksum of all rows, where it is known without computing them.
    """

    def __init__(
        self,
        count: int,
        make: Callable[[slice], np.ndarray],
        *,
        block: int = BLOCK_FRAMES,
        digest: str | None = None,
    ) -> None:
        self._count, self._make, self._rows, self.digest = count, make, block, digest
        self._cache: OrderedDict[int, np.ndarray] = OrderedDict()
        self.shape: tuple[int, ...] = (count, *self._block(0).shape[1:])

    @property
    def ndim(self) -> int:
        return len(self.shape)

    def __len__(self) -> int:
        return self._count

    def __getitem__(self, rows: slice | np.ndarray) -> np.ndarray:
        """Rows of a slice, or of numbers [N]: a new array [N, ...]."""
        numbers = np.arange(self._count)[rows]
        found = np.empty((len(numbers), *self.shape[1:]), np.float32)
        owners = numbers // self._rows
        for owner in dict.fromkeys(owners.tolist()):
            own = owners == owner
            found[own] = self._block(owner)[numbers[own] - owner * self._rows]
        return found

    def _block(self, number: int) -> np.ndarray:
        if number not in self._cache:
            start = number * self._rows
            self._cache[number] = self._make(slice(start, min(start + self._rows, self._count)))
            if len(self._cache) > CACHED_BLOCKS:
                self._cache.popitem(last=False)
        self._cache.move_to_end(number)
        return self._cache[number]


def iter_blocks(latents: Latents) -> Iterator[np.ndarray]:
    """All rows in order, a block at a time."""
    return (latents[start : start + BLOCK_FRAMES] for start in range(0, len(latents), BLOCK_FRAMES))
