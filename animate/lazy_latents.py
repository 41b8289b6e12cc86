"""A path that is made where it is looked at, a block of frames at a time.

Memory does not grow with the rows that are made; what they are made of, such as a drawn walk [T, Z] that is
steered in w, is held by who makes them.
"""

from collections import OrderedDict
from collections.abc import Callable, Iterator
from typing import Any, Protocol

import numpy as np

FRAMES = 256  # of a block
KEPT = 4  # blocks: two pieces of a film may be made by turns, each across the edge of two


class Latents(Protocol):
    """float32 [T, Z] in z or [T, L, W] in w: an array, or what makes such rows when they are asked for."""

    @property
    def shape(self) -> tuple[int, ...]: ...
    @property
    def ndim(self) -> int: ...
    def __len__(self) -> int: ...
    def __getitem__(self, rows: Any, /) -> Any: ...


class Blocks:
    """Latents that a function makes of their numbers.

    A frame is always made together with the same others, those of its block; so its bits do not depend on
    which frames are asked for, nor in which order.

    Args:
        count: T, how many there are.
        make: first and last + 1 of a block, as a slice -> its rows, float32 [n, ...].
    """

    def __init__(self, count: int, make: Callable[[slice], np.ndarray]) -> None:
        self._count, self._make = count, make
        self._kept: OrderedDict[int, np.ndarray] = OrderedDict()
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
        owners = numbers // FRAMES
        for owner in dict.fromkeys(owners.tolist()):
            own = owners == owner
            found[own] = self._block(owner)[numbers[own] - owner * FRAMES]
        return found

    def _block(self, number: int) -> np.ndarray:
        if number not in self._kept:
            start = number * FRAMES
            self._kept[number] = self._make(slice(start, min(start + FRAMES, self._count)))
            if len(self._kept) > KEPT:
                self._kept.popitem(last=False)
        self._kept.move_to_end(number)
        return self._kept[number]


def chunks(latents: Latents) -> Iterator[np.ndarray]:
    """All rows in order, a block at a time."""
    return (latents[start : start + FRAMES] for start in range(0, len(latents), FRAMES))
