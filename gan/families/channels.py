"""How wide networks are at each size: shared by all families."""

from typing import Protocol

from gan.config_fields import Auto, number


class Widths(Protocol):
    """The fields of a network's config that decide its widths."""

    @property
    def channel_base(self) -> int | Auto: ...

    @property
    def channel_max(self) -> int: ...


def widths(config: Widths, shape: tuple[int, int, int]) -> tuple[int, ...]:
    """Channels from the base up, one number for each size of `shape` (H, W, C)."""
    sizes = (4 << level for level in range(levels(shape) + 1))
    return tuple(max(1, min(number(config.channel_base) // px, config.channel_max)) for px in sizes)


def levels(shape: tuple[int, int, int]) -> int:
    """Doublings from the base to `shape` (H, W, C): the short side is 4 * 2^levels."""
    return (min(shape[:2]) // 4).bit_length() - 1
