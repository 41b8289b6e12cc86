"""Options of composed videos, as given on a command line. Imports no jax, so that help loads quickly."""

import dataclasses
from typing import Literal


@dataclasses.dataclass(frozen=True)
class InkConfig:
    """Colours of the drawing."""

    ink: str | None = None
    """Draw in this colour (#rrggbb) on a transparent ground: white becomes clear, black opaque."""
    white: int | Literal["auto"] | None = None
    """White point, 1 to 255: values from here on become white, so that off-white paper leaves no haze; auto:
    the paper of the first frame. Applied after --invert."""
    tint: str | None = None
    """Draw in this colour on --paper."""
    paper: str = "#ffffff"
    """Colour of the paper, with --tint."""
    invert: bool = False
    """Invert the frames first."""
    min_value: int = 0
    """Darkest value of the result, 0 to 255: of black, or with --invert of white."""
    one_bit: bool = False
    """Reduce frames to two values, --min-value and 255, after --invert and --white. PNG files of a folder
    then have 1 bit per pixel."""


@dataclasses.dataclass(frozen=True)
class BackgroundConfig:
    """Background under the ink."""

    background: str | None = None
    """Colour (#rrggbb), image, video or folder of frames under the ink."""
    background_ends: Literal["loop", "end"] = "loop"
    """A shorter background repeats, or ends the video."""
    background_fit: Literal["cover", "stretch"] = "cover"
    """Crop a background of other proportions to cover the frames, or stretch it."""


@dataclasses.dataclass(frozen=True)
class SizeConfig:
    """Size and rate of the result."""

    width: int | None = None
    """Width of the result in px; with one of width and height the proportions are preserved."""
    height: int | None = None
    """Height of the result in px."""
    fps: float | None = None
    """Frames per second of the result; default: the source's, 30 for a folder. Frames of a video are repeated
    or dropped, so that its duration stays."""


@dataclasses.dataclass(frozen=True)
class TimesConfig:
    """Part and speed of the source, and its sound."""

    start: str = "0"
    """Time in the source at which the result starts, e.g. 90, 1m30s or 1:30."""
    end: str | None = None
    """Time in the source at which the result ends; default: its end."""
    retime: bool = False
    """With --fps: show each frame once, so that the speed changes. Without sound."""
    audio: bool = True
    """Copy the sound of a video, where the output stores it."""
