"""Settings of the fill operations. Free of jax, so that the command line opens at once."""

import dataclasses
from pathlib import Path
from typing import ClassVar, Literal

from data_prep.errors import InputError
from data_prep.images import MAX_MEGAPIXELS

Choice = Literal["auto", "on", "off"]
MAX_GAP_PX = 32
PREVIEW_FRAMES = 600  # that previews of videos track


@dataclasses.dataclass(frozen=True)
class PaletteConfig:
    """How a palette is read."""

    palette_colors: int = 0
    """Reduce the palette image to this many colours (k-means); 0 = off."""

    def check(self) -> None:
        """Validate; raises InputError naming the flag."""
        if self.palette_colors < 0:
            raise InputError(f"--palette-colors {self.palette_colors}: must be at least 0")


@dataclasses.dataclass(frozen=True)
class LightConfig:
    """Polarity and light of a video."""

    invert: Choice = "auto"
    """Invert the frames: chalkboards, white ink; auto: if most of the first ones are light on dark."""
    flatten: Choice = "auto"
    """Divide out uneven light; auto: if in most of the first frames the paper, along the border too, varies
    by more than 10%, or by a third of the contrast of fainter ink."""


@dataclasses.dataclass(frozen=True)
class FolderConfig:
    """Files read and written."""

    out: Path
    """Output folder; files keep their names."""
    seed: int = 0
    """Seed of random colours, which also depend on the file name."""
    batch: int = 8
    """Images of one size filled at once."""
    format: Literal["png", "jpg", "webp"] = "png"
    """File format; jpg and webp are smaller and blur edges slightly."""
    png_level: int = 3
    """zlib level of PNG files, 0 (large, fast) to 9."""
    max_megapixels: float = MAX_MEGAPIXELS
    """Maximum image size in megapixels; larger images are skipped."""
    invert: Choice = "auto"
    """Invert drawings: chalkboards, white ink; auto: those that are light on dark."""
    flatten: Choice = "auto"
    """Divide out uneven light; auto: where the paper, along the border too, varies by more than 10%, or by a
    third of the contrast of fainter ink."""
    overwrite: bool = False
    """Replace an existing result with other settings."""

    def check(self) -> None:
        """Validate; raises InputError naming the flag."""
        if not 0 <= self.seed < 2**32:
            raise InputError(f"--seed {self.seed}: must be between 0 and {2**32 - 1}")
        if self.batch < 1:
            raise InputError(f"--batch {self.batch}: must be at least 1")
        if not 0 <= self.png_level <= 9:
            raise InputError(f"--png-level {self.png_level}: must be between 0 and 9")


@dataclasses.dataclass(frozen=True)
class FillConfig:
    """How regions are found and coloured."""

    standard_threshold: ClassVar[int] = 160  # of black ink on white paper

    threshold: int | Literal["auto"] = "auto"
    """Luminance above which a pixel is paper, 0 to 254; auto: 160, or where ink or paper are gray, from the
    histogram."""
    min_region_px: int = 0
    """Regions of fewer pixels take the colour of the nearest larger region; 0 = off."""
    close_gaps_px: int = 0
    """Close gaps in lines up to this width, so that colour does not leak; 0 = off."""
    overlay: bool = False
    """Colour each region with the mean of the palette image under it instead of a random palette pixel."""
    keep_lines: bool = False
    """Draw the ink over the colours; otherwise line pixels take the colour of the nearest region."""
    blend: bool = False
    """Smooth the edges between colours by a 3 x 3 mean."""

    @property
    def wraps(self) -> bool:
        """Whether opposite edges of an image meet."""
        return False

    @property
    def fixed_threshold(self) -> int:
        """The threshold, or the standard one for "auto"."""
        return self.standard_threshold if self.threshold == "auto" else self.threshold

    def check(self) -> None:
        """Validate; raises InputError naming the flag."""
        if self.threshold != "auto" and not 0 <= self.threshold <= 254:
            raise InputError(f"--threshold {self.threshold}: must be between 0 and 254")
        if self.min_region_px < 0:
            raise InputError(f"--min-region-px {self.min_region_px}: must be at least 0")
        if not 0 <= self.close_gaps_px <= MAX_GAP_PX:
            raise InputError(f"--close-gaps-px {self.close_gaps_px}: must be between 0 and {MAX_GAP_PX}")


@dataclasses.dataclass(frozen=True)
class WebConfig(FillConfig):
    """Fill of drawings that may repeat without a seam."""

    torus: bool = False
    """Regions continue over the edges: for drawings whose opposite edges meet, such as those of
    `inkloop gan sample --tileable`."""

    @property
    def wraps(self) -> bool:
        return self.torus


@dataclasses.dataclass(frozen=True)
class BlobConfig(WebConfig):
    """Fill of a continuous web of lines."""


@dataclasses.dataclass(frozen=True)
class SpecConfig(FillConfig):
    """Fill of a specimen with left-right and top-bottom mirror symmetry."""

    standard_threshold: ClassVar[int] = 208

    threshold: int | Literal["auto"] = "auto"
    """Luminance above which a pixel is paper, 0 to 254; auto: 208, or where ink or paper are gray, from the
    histogram."""
    margin: float = 1 / 64
    """Border treated as paper, as a fraction of the shorter side, 0 to 0.5."""
    max_turn_deg: float = 5.0
    """Largest rotation of the specimen, 0 to 45; its axes are fitted to the ink."""
    center: Literal["auto", "paper", "color"] = "auto"
    """Region at the centre: a hole that stays paper, or coloured; auto: a hole if it is the largest region
    within the specimen, as in a ring."""

    def check(self) -> None:
        """Validate; raises InputError naming the flag."""
        super().check()
        if not 0 <= self.margin <= 0.5:
            raise InputError(f"--margin {self.margin}: must be between 0 and 0.5")
        if not 0 <= self.max_turn_deg <= 45:
            raise InputError(f"--max-turn-deg {self.max_turn_deg}: must be between 0 and 45")


@dataclasses.dataclass(frozen=True)
class VideoConfig(WebConfig):
    """Fill of a video: colours stay with their regions from frame to frame."""

    memory_frames: int = 15
    """Frames that a region may be absent for, e.g. while a line is broken, and get its colour back."""
    new_colors_on_cut: bool = False
    """Draw new colours for all regions at a scene cut; otherwise matching regions keep theirs."""
    loop: Literal["auto", "yes", "no"] = "auto"
    """Treat the video as a loop, which ends with the colours it began with; auto: if the last and the first
    frame are as similar as neighbouring frames."""

    def check(self) -> None:
        """Validate; raises InputError naming the flag."""
        super().check()
        if self.memory_frames < 0:
            raise InputError(f"--memory-frames {self.memory_frames}: must be at least 0")
