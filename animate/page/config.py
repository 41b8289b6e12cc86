"""Settings with which an exported page starts. Imports no jax."""

import dataclasses
import math
import re
from typing import Literal

from data_prep.errors import InputError

MAX_SEED = 2**31 - 1  # of the page's random numbers


@dataclasses.dataclass(frozen=True)
class PageConfig:
    """What a page shows first; visitors can change all of it."""

    style: Literal["seeds", "bezier", "phase", "period", "circle"] = "seeds"
    """Path of the animation: through drawings from a seed on, or as `inkloop animate STYLE`.
    With a path file, the page starts with that."""
    seed: int = 0
    """Seed of the path; at the start of style seeds is the drawing of `inkloop gan sample` of this seed."""
    seconds: float = 60.0
    """Duration of the loop."""
    truncation: float = 1.0
    """Truncation psi: 1 = off, 0 = mean image."""
    ink: str = "#000000"
    """Colour of black, as #rrggbb."""
    paper: str = "#ffffff"
    """Colour of white, and around the drawing, as #rrggbb."""
    title: str | None = None
    """Title of the page; default: the name of the run."""

    def check(self) -> None:
        """Validate; raises InputError naming the flag."""
        if not 0 <= self.seed <= MAX_SEED:
            raise InputError(f"--seed {self.seed}: must be 0 to {MAX_SEED}")
        if not (math.isfinite(self.seconds) and self.seconds >= 1):
            raise InputError(f"--seconds {self.seconds:g}: must be at least 1")
        if not 0 <= self.truncation <= 1.5:
            raise InputError(f"--truncation {self.truncation:g}: must be from 0 to 1.5")
        for name in ("ink", "paper"):
            if not re.fullmatch("#[0-9a-fA-F]{6}", getattr(self, name)):
                raise InputError(f"--{name} {getattr(self, name)}: must be #rrggbb, such as #1b2a49")
