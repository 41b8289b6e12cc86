"""The palette of a coloured video: an image, or another video. Free of jax, for fast argument checks."""

import dataclasses
import zlib
from pathlib import Path
from typing import Any

import numpy as np

from data_prep.errors import InputError
from data_prep.video.sources import fingerprint
from fill.config import VideoConfig
from fill.masked_palette import MaskedPalette


@dataclasses.dataclass(frozen=True)
class VideoPalette:
    """An image whose colours stay with their regions, or a video sampled frame by frame."""

    name: str  # as passed on the command line
    image: np.ndarray  # uint8 [h, w, 3]; empty for a video
    video: Path | None = None
    masked: MaskedPalette | None = None  # a second image

    def settings(self) -> list[Any]:
        """JSON-able values that identify the palette: name and checksum."""
        if self.video is not None:
            return fingerprint(self.video)
        second = [] if self.masked is None else [self.masked.settings()]
        return [self.name, zlib.crc32(self.image.tobytes()), *second]

    def check(self, config: VideoConfig) -> None:
        """Validate against the fill config; raises InputError naming the flag that needs tracked colours."""
        if self.video is None:
            return
        plain = VideoConfig()
        for field in ("memory_frames", "new_colors_on_cut", "loop"):
            if getattr(config, field) != getattr(plain, field):
                flag = field.replace("_", "-")
                raise InputError(
                    f"--{flag}: needs tracked colours, but --overlay with the video {self.name} samples "
                    f"every frame; leave --{flag} out"
                )
