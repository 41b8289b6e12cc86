"""Settings of tracing, of sheets in mm, and of output files. Free of jax and SciPy."""

import dataclasses
from pathlib import Path
from typing import Literal

from data_prep.errors import InputError
from data_prep.images import MAX_MEGAPIXELS, check_max_megapixels
from fill.config import Choice

Regions = Literal["off", "fill", "hatch"]
DEFAULT_DPI = 300.0


@dataclasses.dataclass(frozen=True)
class TraceConfig:
    """How lines are found."""

    threshold: int | Literal["auto"] = "auto"
    """Luminance above which a pixel is paper, 0 to 254; auto: as `fill blob`."""
    tolerance: float = 0.3
    """Largest distance in px between a curve and the centre line of the drawing."""
    spurs: float = 1.0
    """Remove side branches that protrude from a line by less than this multiple of half its width; 0 = keep
    all."""
    max_turn_deg: float = 40.0
    """Lines that meet at a junction are one stroke if they turn by less than this, 0 to 90."""
    min_ink_px: int = 4
    """Ink of fewer connected pixels is left out."""

    def check(self) -> None:
        """Validate; raises InputError naming the flag."""
        if self.threshold != "auto" and not 0 <= self.threshold <= 254:
            raise InputError(f"--threshold {self.threshold}: must be between 0 and 254")
        if not 0.01 <= self.tolerance <= 20:
            raise InputError(f"--tolerance {self.tolerance:g}: must be between 0.01 and 20 px")
        if not 0 <= self.spurs <= 100:
            raise InputError(f"--spurs {self.spurs:g}: must be between 0 and 100")
        if not 0 <= self.max_turn_deg <= 90:
            raise InputError(f"--max-turn-deg {self.max_turn_deg:g}: must be between 0 and 90")
        if self.min_ink_px < 0:
            raise InputError(f"--min-ink-px {self.min_ink_px}: must be at least 0")


@dataclasses.dataclass(frozen=True)
class SheetConfig:
    """What is drawn, and how large."""

    dpi: float | None = None
    """Resolution of the drawings in px per inch; default: that of each file, or 300."""
    width_mm: float | None = None
    """Width of the sheet in mm, in place of --dpi."""
    simplify: float = 0.0
    """Details in mm to leave out: curves may deviate by this, and shorter strokes are dropped; 0 = none."""
    pens: int = 1
    """Number of pens, by colour of the ink; each is a group (a layer in Inkscape)."""
    pen_mm: float | None = None
    """Width of all strokes in mm; default: that of each line."""
    regions: Regions = "off"
    """Regions between the lines: closed filled shapes, or hatching; colours as `fill blob`."""
    hatch_mm: float = 1.0
    """Distance of hatching lines in mm."""
    hatch_deg: float = 45.0
    """Angle of hatching lines, counter-clockwise from horizontal."""

    def check(self) -> None:
        """Validate; raises InputError naming the flag."""
        if self.dpi is not None and self.width_mm is not None:
            raise InputError("--dpi and --width-mm: both set the size; pass one of them")
        if self.dpi is not None and not 1 <= self.dpi <= 10_000:
            raise InputError(f"--dpi {self.dpi:g}: must be between 1 and 10000")
        if self.width_mm is not None and not 1 <= self.width_mm <= 100_000:
            raise InputError(f"--width-mm {self.width_mm:g}: must be between 1 and 100000")
        if not 0 <= self.simplify <= 1000:
            raise InputError(f"--simplify {self.simplify:g}: must be between 0 and 1000 mm")
        if not 1 <= self.pens <= 32:
            raise InputError(f"--pens {self.pens}: must be between 1 and 32")
        if self.pen_mm is not None and not 0.001 <= self.pen_mm <= 100:
            raise InputError(f"--pen-mm {self.pen_mm:g}: must be between 0.001 and 100")
        if not 0.01 <= self.hatch_mm <= 1000:
            raise InputError(f"--hatch-mm {self.hatch_mm:g}: must be between 0.01 and 1000")
        if not -360 <= self.hatch_deg <= 360:
            raise InputError(f"--hatch-deg {self.hatch_deg:g}: must be between -360 and 360")

    def mm_per_px(self, width_px: int, *, file_dpi: float | None) -> float:
        """Size of a pixel of a drawing in mm."""
        if self.width_mm is not None:
            return self.width_mm / width_px
        return 25.4 / (self.dpi or file_dpi or DEFAULT_DPI)


@dataclasses.dataclass(frozen=True)
class OutputConfig:
    """Files read and written."""

    out: Path
    """Output folder; files keep their names, frames of a video are numbered."""
    seed: int = 0
    """Seed of the colours of regions, which also depend on the file name."""
    memory_frames: int = 15
    """Frames of a video that a stroke may be absent for and keep its identity."""
    workers: int | None = None
    """Number of processes; default: one per core. Does not affect the result."""
    max_megapixels: float = MAX_MEGAPIXELS
    """Maximum image size in megapixels; larger images are left out."""
    invert: Choice = "auto"
    """Invert drawings: chalkboards, white ink; auto: those that are light on dark."""
    flatten: Choice = "auto"
    """Divide out uneven light; auto: where the paper varies, as `fill blob`."""
    overwrite: bool = False
    """Replace an existing result with other settings."""

    def check(self) -> None:
        """Validate; raises InputError naming the flag."""
        if not 0 <= self.seed < 2**32:
            raise InputError(f"--seed {self.seed}: must be between 0 and {2**32 - 1}")
        if self.memory_frames < 0:
            raise InputError(f"--memory-frames {self.memory_frames}: must be at least 0")
        check_max_megapixels(self.max_megapixels)
