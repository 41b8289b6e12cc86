"""Config of a flight of the camera over an endless drawing. Imports no jax."""

import dataclasses
import math
from typing import Literal

from data_prep.errors import InputError
from gan.canvas.size import parse_size

DEFAULT_PAN = 200.0
ZOOMS = 0.25, 8.0
SIDE_PX = 16, 8192


@dataclasses.dataclass(frozen=True)
class FlightConfig:
    """A camera that flies over an endless drawing: pan, turn and zoom. Family field only."""

    canvas: str = "1280x720"
    """Size of the video in px, WIDTHxHEIGHT; any size."""
    pan: float | None = None
    """Speed of the camera, px of the drawing per second; default: 200, or what --close takes. Without
    --close, a straight flight never ends: frame T follows frame T - 1, and no place is seen twice."""
    heading: float = 0.0
    """Direction of the pan, degrees counter-clockwise from the right."""
    course: Literal["line", "circle"] = "line"
    """Path of the camera: a straight line, or once around a circle, which closes the loop."""
    close: int | None = None
    """Close a straight flight after this many screens: the drawing repeats there. The pan is fitted to it."""
    turn: float = 0.0
    """Largest angle of the camera, degrees: it swings to one side, the other and back, once per clip."""
    zoom: float = 1.0
    """Zoom in the middle of the clip, 0.25 to 8; it starts and ends at 1. Above 1 nearer."""
    motion: Literal["camera", "latents"] = "camera"
    """What a pan moves. camera: the drawing keeps still below it, and frames between pixels are resampled.
    latents: the vectors move through the cells, and are interpolated between these, so that lines change as
    they move; for slow pans, of about a cell per second."""
    truncation: float = 1.0
    """Truncation psi: 1 = off, less makes places more alike."""
    frames: int | None = None
    """Length of the whole clip in frames."""
    seconds: float | None = None
    """Length of the whole clip in seconds; default: 30."""
    fps: float = 30.0
    """Frames per second."""

    def check(self) -> None:
        """Validate; raises InputError naming the flag."""
        _ = self.size_px
        for name in ("fps", "truncation", "heading", "turn"):
            if not math.isfinite(getattr(self, name)):
                raise InputError(f"--{name} {getattr(self, name):g}: must be finite")
        if self.fps <= 0:
            raise InputError(f"--fps {self.fps:g}: must be above 0")
        if self.frames is not None and self.seconds is not None:
            raise InputError(f"--frames {self.frames} and --seconds {self.seconds:g}: pass one of them")
        if self.seconds is not None and not math.isfinite(self.seconds):
            raise InputError(f"--seconds {self.seconds:g}: must be finite")
        if self.frame_count < 2:
            raise InputError(f"{self._length()}: {self.frame_count} frames; must be at least 2")
        if self.pan is not None and not 0 <= self.pan <= 1e5:
            raise InputError(f"--pan {self.pan:g}: must be 0 to 100000 px per second")
        if not ZOOMS[0] <= self.zoom <= ZOOMS[1]:
            raise InputError(f"--zoom {self.zoom:g}: must be {ZOOMS[0]:g} to {ZOOMS[1]:g}")
        if self.close is None:
            return
        if self.course == "circle":
            raise InputError("--close: a circle closes by itself; leave it out, or use --course line")
        if not 1 <= self.close <= 1000:
            raise InputError(f"--close {self.close}: must be 1 to 1000 screens")
        if self.pan == 0:
            raise InputError(f"--pan 0: does not move; leave --close {self.close} out, it returns by itself")
        flown = 0 if self.pan is None else self.pan * self.duration_sec
        if flown > self.loop_px + 0.5:
            raise InputError(
                f"--pan {self.pan:g} for {self.duration_sec:g} s is {flown:.0f} px, but --close {self.close} "
                f"closes after {self.loop_px:.0f} px; use --close {math.ceil(flown / self.screen_px)}, or "
                f"--pan {math.floor(self.loop_px / self.duration_sec)}"
            )

    @property
    def size_px(self) -> tuple[int, int]:
        """(height, width) of the video. Raises: InputError: no valid size."""
        sides, (low, high) = parse_size(self.canvas), SIDE_PX
        if not all(low <= side <= high for side in sides):
            raise InputError(f"--canvas {self.canvas}: must have sides of {low} to {high} px")
        return sides

    @property
    def frame_count(self) -> int:
        """T, the length of the whole clip in frames."""
        if self.frames is not None:
            return self.frames
        return round((30.0 if self.seconds is None else self.seconds) * self.fps)

    @property
    def duration_sec(self) -> float:
        """Length of the clip, seconds."""
        return self.frame_count / self.fps

    @property
    def closed(self) -> bool:
        """Whether frame T would equal frame 0."""
        return self.close is not None or self.course == "circle" or self.pan == 0

    @property
    def direction(self) -> tuple[float, float]:
        """(y, x) of the heading, y down."""
        angle = math.radians(self.heading)
        return -math.sin(angle), math.cos(angle)

    @property
    def screen_px(self) -> float:
        """Extent of the canvas along the heading."""
        return sum(side * abs(part) for side, part in zip(self.size_px, self.direction, strict=True))

    @property
    def loop_px(self) -> float:
        """Distance after which a straight flight closes."""
        return (self.close or 0) * self.screen_px

    @property
    def speed(self) -> float:
        """Speed along the course, px per second."""
        if self.close is not None:
            return self.loop_px / self.duration_sec
        return DEFAULT_PAN if self.pan is None else self.pan

    def _length(self) -> str:
        if self.frames is not None:
            return f"--frames {self.frames}"
        return f"--seconds {30 if self.seconds is None else self.seconds:g} at --fps {self.fps:g}"
