"""Options of composed videos, as given on a command line. Imports no jax, so that help loads quickly."""

import dataclasses
from typing import Literal


@dataclasses.dataclass(frozen=True)
class InkConfig:
    """Colours of the drawing."""

    ink: str | None = None
    """Draw in this colour (#rrggbb) on a transparent ground: white becomes clear, black opaque."""
    tint: str | None = None
    """Draw in this colour on --paper."""
    paper: str = "#ffffff"
    """Colour of the paper, with --tint."""
    invert: bool = False
    """Invert the frames first."""
    min_value: int = 0
    """Value of inverted white, 0 to 255."""
    one_bit: bool = False
    """Reduce inverted frames to two values."""


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
    """Frames per second of the result; default: the source's, 30 for a folder."""
