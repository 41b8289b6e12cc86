"""A second palette that a mask mixes in from place to place. Free of jax, so that commands open at once."""

import dataclasses
import zlib
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from data_prep.errors import InputError


@dataclasses.dataclass(frozen=True)
class MaskedPaletteConfig:
    """A second palette where a mask is white."""

    mask: Path | None = None
    """Gray image stretched over the drawing. Where it is black regions take colours of --palette, where it is
    white of --mask-palette, in between of either, with the gray as the probability of the second."""
    mask_palette: str | None = None
    """The second palette, as --palette; with --overlay an image, which the mask blends with the first."""

    def check(self) -> None:
        """Validate; raises InputError naming the flag."""
        if self.mask is None and self.mask_palette is not None:
            raise InputError(f"--mask-palette {self.mask_palette}: requires --mask IMAGE")
        if self.mask is not None and self.mask_palette is None:
            raise InputError(f"--mask {self.mask}: pass --mask-palette PALETTE, which it mixes in")


class MaskedPalette(NamedTuple):
    """A second palette and its mask.

    Attributes:
        palette: uint8 [h, w, 3].
        mask: uint8 [h, w, 3], of three equal channels; 255: only the second palette.
    """

    palette: Any
    mask: Any

    def settings(self) -> list[Any]:
        """JSON-able checksums of both."""
        return [zlib.crc32(np.asarray(part).tobytes()) for part in self]
