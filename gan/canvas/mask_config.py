"""Flags of variation in space. Imports no jax."""

import dataclasses
from pathlib import Path

from data_prep.errors import InputError


@dataclasses.dataclass(frozen=True)
class MaskConfig:
    """A second style or network that is mixed in where a mask is white."""

    mask: Path | None = None
    """Gray image laid over the canvas, resized to it; beyond the canvas it continues mirrored, and repeats
    where opposite edges meet. Black: the drawing as without it; white: that of --mask-seed or --mask-run; in
    between: in between, cell by cell. Transparent parts are white."""
    mask_seed: int | None = None
    """Seed whose global style is mixed in; in a video it moves along a path of its own."""
    mask_run: Path | None = None
    """Run folder of a network that is mixed in by its weights: one trained from RUN with --init-from, or
    RUN from it."""

    def check(self) -> None:
        """Validate; raises InputError naming the flag."""
        if self.mask is None:
            for flag, value in (("--mask-seed", self.mask_seed), ("--mask-run", self.mask_run)):
                if value is not None:
                    raise InputError(f"{flag} {value}: requires --mask IMAGE")
            return
        if self.mask_seed is None and self.mask_run is None:
            raise InputError(
                f"--mask {self.mask}: pass --mask-seed SEED or --mask-run RUN, which it mixes in"
            )
        if self.mask_seed is not None and not 0 <= self.mask_seed < 2**32:
            raise InputError(f"--mask-seed {self.mask_seed}: must be 0 to {2**32 - 1}")
