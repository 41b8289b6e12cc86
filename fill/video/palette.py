"""What a film is coloured from: a picture, or another film. Free of jax, so that doors may ask first."""

import dataclasses
import zlib
from pathlib import Path
from typing import Any

import numpy as np

from data_prep.errors import InputError
from data_prep.video import sources
from fill.config import FilmConfig


@dataclasses.dataclass(frozen=True)
class FilmPalette:
    """Colours that stay with their regions, or a film under which they move."""

    name: str  # as it was given
    picture: np.ndarray  # uint8 [h, w, 3]; of a film, nothing
    film: Path | None = None

    def settings(self) -> list[Any]:
        """What tells whether it is still the same, JSON-able."""
        if self.film is not None:
            return sources.fingerprint(self.film)
        return [self.name, zlib.crc32(self.picture.tobytes())]

    def check(self, config: FilmConfig) -> None:
        """Raise InputError if the two do not fit: nothing stays with its region under a film."""
        if self.film is None:
            return
        plain = FilmConfig()
        for field in ("memory_frames", "new_colors_on_cut", "loop"):
            if getattr(config, field) != getattr(plain, field):
                flag = field.replace("_", "-")
                raise InputError(
                    f"--{flag} is about colours that stay with their regions; with --overlay and the film "
                    f"{self.name} every frame has its own; leave it out"
                )
