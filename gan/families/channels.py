"""How wide networks are at each size: shared by all families."""

from typing import Protocol


class Widths(Protocol):
    """The fields of a network's config that decide its widths."""

    @property
    def channel_base(self) -> int: ...

    @property
    def channel_max(self) -> int: ...


def channels(config: Widths, level: int) -> int:
    """Channels at `level` doublings above the base (4 * 2^level px on the short side)."""
    return max(1, min(config.channel_base // (4 << level), config.channel_max))


def levels(shape: tuple[int, int, int]) -> int:
    """Doublings from the base to `shape` (H, W, C): the short side is 4 * 2^levels."""
    return (min(shape[:2]) // 4).bit_length() - 1
