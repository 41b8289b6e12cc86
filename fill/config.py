"""What a fill can be told. Free of jax, so that the door may show it."""

import dataclasses
from typing import Literal

from data_prep.errors import InputError

MAX_GAP_PX = 32


@dataclasses.dataclass(frozen=True)
class PaletteConfig:
    """How a palette is read."""

    palette_colors: int = 0
    """Reduce the palette's picture to so many colours (k-means); 0 takes it as it is."""

    def check(self) -> None:
        """Raise InputError for what cannot be meant."""
        if self.palette_colors < 0:
            raise InputError(f"--palette-colors {self.palette_colors}: it should be 1 or more, or 0 for all")


@dataclasses.dataclass(frozen=True)
class FillConfig:
    """What regions are, and how their colours are laid on."""

    threshold: int = 160
    """Luminance above which a pixel is paper, 0 to 254."""
    min_region_px: int = 0
    """Regions of fewer pixels take the colour of the region nearest to them; 0 keeps all."""
    close_gaps_px: int = 0
    """Close breaks in lines up to this wide, so that colour does not leak; 0 closes none."""
    overlay: bool = False
    """Colour each region with the mean of the palette under it, not with a pixel drawn at random."""
    keep_lines: bool = False
    """Lay the drawing's ink over the colours; otherwise lines take the colours beside them."""
    blend: bool = False
    """Soften the edges between colours by a 3 x 3 mean."""

    def check(self) -> None:
        """Raise InputError for what cannot be meant."""
        if not 0 <= self.threshold <= 254:
            raise InputError(f"--threshold {self.threshold}: it should be 0 to 254")
        if self.min_region_px < 0:
            raise InputError(f"--min-region-px {self.min_region_px}: it should be 0 or more")
        if not 0 <= self.close_gaps_px <= MAX_GAP_PX:
            raise InputError(f"--close-gaps-px {self.close_gaps_px}: it should be 0 to {MAX_GAP_PX}")


@dataclasses.dataclass(frozen=True)
class BlobConfig(FillConfig):
    """Colour for a continuous web of lines."""


@dataclasses.dataclass(frozen=True)
class SpecConfig(FillConfig):
    """Colour for a specimen that is its own mirror image, left-right and top-bottom."""

    threshold: int = 208
    """Luminance above which a pixel is paper, 0 to 254."""
    margin: float = 1 / 64
    """Share of the shorter side, along the border of the image, that is taken for paper, 0 to 0.5."""
    max_turn_deg: float = 5.0
    """How far a specimen may be turned, 0 to 45; its axes are fitted to its ink."""
    center: Literal["auto", "paper", "color"] = "auto"
    """The region at the centre is a hole and stays paper, or takes a colour; auto: it is a hole where no
    other region within the specimen is as large, as in a ring."""

    def check(self) -> None:
        """Raise InputError for what cannot be meant."""
        super().check()
        if not 0 <= self.margin <= 0.5:
            raise InputError(f"--margin {self.margin}: it should be 0 to 0.5")
        if not 0 <= self.max_turn_deg <= 45:
            raise InputError(f"--max-turn-deg {self.max_turn_deg}: it should be 0 to 45")


@dataclasses.dataclass(frozen=True)
class FilmConfig(FillConfig):
    """Colour for a moving drawing: it stays with its region from frame to frame."""

    memory_frames: int = 15
    """How many frames a region may be gone, as when a line breaks for a moment, and have its colour back."""
    new_colors_on_cut: bool = False
    """At a cut to another scene all regions draw new colours; otherwise they keep what lies over them."""
    loop: Literal["auto", "yes", "no"] = "auto"
    """The last frame leads on to the first, so the film ends with the colours it began with; auto: where
    the two are as alike as neighbours are."""

    def check(self) -> None:
        """Raise InputError for what cannot be meant."""
        super().check()
        if self.memory_frames < 0:
            raise InputError(f"--memory-frames {self.memory_frames}: it should be 0 or more")
