"""What can be said about a path and about a film. No jax here, so that the door opens at once.

A path is a curve x(u) over u in [0, 1] with values in the latent space. A closed one has x(1) = x(0) and
is sampled at u = i / T, an open one at u = i / (T - 1), for frames i = 0 .. T - 1.
"""

import dataclasses
import math
from pathlib import Path
from typing import Literal

import tyro

from data_prep.errors import InputError
from data_prep.video.export import Encoding
from fill import config as fill_config

SECONDS = 60.0  # where nothing else says how long a clip is
CYCLES = (1, 2, 3, 4, 5, 6, 10, 12, 15, 20, 30, 60)
FRAMES_PER_CYCLE = 8  # fewer would show a wave as jitter
HIGHEST_SHARE = 4  # of a noise-loop's cycles: exp(-4^2 / 2) is 0.0003


@dataclasses.dataclass(frozen=True)
class PathConfig:
    """What every path has: how long, how fast, how far."""

    frames: int | None = None
    """Length of the whole clip in frames."""
    seconds: float | None = None
    """Length of the whole clip in seconds; 60 if nothing else says how long."""
    fps: float = 30.0
    """Frames per second."""
    amplitude: float = 1.0
    """Size of the movement; at 1 the path stays where the network was trained."""
    space: Literal["z", "w"] = "z"
    """Where the path runs: in the latents as they are drawn, or behind the mapping network, where drawn paths
    have the mean and the covariance of its styles."""
    constant_speed: bool = False
    """Walk the path so that pictures change evenly; looks at up to 8 small pictures for each frame first, up
    to 4 where there are more than 1,800."""
    latent_size: tyro.conf.Suppress[int] = 64  # of the generator, which the door asks

    def check(self) -> None:
        """Raise InputError, naming the flag, if this is no path; every style asks before it draws."""
        if not (math.isfinite(self.fps) and self.fps > 0):
            raise InputError(f"--fps {self.fps:g}: it should be above 0")
        if not (math.isfinite(self.amplitude) and self.amplitude > 0):
            raise InputError(f"--amplitude {self.amplitude:g}: it should be above 0")
        if self.latent_size < 1:
            raise InputError(f"a latent size of {self.latent_size}: it should be at least 1")
        if self.seconds is not None and not math.isfinite(self.seconds):
            raise InputError(f"--seconds {self.seconds:g}: it should be a number")
        if self.frames is not None and self.seconds is not None:
            raise InputError(f"--frames {self.frames} and --seconds {self.seconds:g}: give one of them")
        if self.frame_count < 2:
            raise InputError(f"{self._length_flags()}: {self.frame_count} frames; a clip has at least 2")

    @property
    def frame_count(self) -> int:
        """T, the length of the whole clip in frames."""
        if self.frames is not None:
            return self.frames
        return round((SECONDS if self.seconds is None else self.seconds) * self.fps)

    @property
    def closed(self) -> bool:
        """Whether frame T would be frame 0 again."""
        return True

    def _length_flags(self) -> str:
        """The flags that decided the length, as given."""
        if self.frames is not None:
            return f"--frames {self.frames}"
        return f"--seconds {SECONDS if self.seconds is None else self.seconds:g} at --fps {self.fps:g}"


@dataclasses.dataclass(frozen=True)
class SegmentedConfig(PathConfig):
    """A path of several segments, each taking its equal share of the clip."""

    frames_per_segment: int | None = None
    """Length of one segment in frames, in place of the whole clip's length."""

    def check(self) -> None:
        if self.frames_per_segment is not None:
            if self.frames is not None or self.seconds is not None:
                other = "--seconds" if self.frames is None else "--frames"
                raise InputError(f"--frames-per-segment and {other}: give one of them")
            if self.frames_per_segment < 1:
                raise InputError(f"--frames-per-segment {self.frames_per_segment}: it should be at least 1")
        super().check()

    @property
    def segment_count(self) -> int:
        """S, how many segments the clip has."""
        raise NotImplementedError

    @property
    def frame_count(self) -> int:
        """T; an open path has one more frame, on which its last segment ends."""
        if self.frames_per_segment is None:
            return super().frame_count
        return self.segment_count * self.frames_per_segment + (not self.closed)

    def _length_flags(self) -> str:
        if self.frames_per_segment is None:
            return super()._length_flags()
        return f"--frames-per-segment {self.frames_per_segment}"


@dataclasses.dataclass(frozen=True)
class RandomConfig(PathConfig):
    """Independent random latents: a new picture in every frame. The only style that does not close."""

    @property
    def closed(self) -> bool:
        return False


@dataclasses.dataclass(frozen=True)
class ZigzagConfig(SegmentedConfig):
    """Straight lines through random points: steady, with a turn at each point."""

    segments: int = 20
    """How many random points; a closed path has as many lines."""
    open: bool = False
    """Stop at the last point, without the line back to the first."""

    def check(self) -> None:
        if self.segments < 2:
            raise InputError(f"--segments {self.segments}: a zigzag has at least 2 points")
        super().check()

    @property
    def closed(self) -> bool:
        return not self.open

    @property
    def segment_count(self) -> int:
        return self.segments - self.open


@dataclasses.dataclass(frozen=True)
class BezierConfig(SegmentedConfig):
    """A closed chain of quartic Bezier curves: flowing, slow in some places and quick in others."""

    segments: int = 20
    """How many curves; each has three random points of its own."""

    def check(self) -> None:
        if self.segments < 1:
            raise InputError(f"--segments {self.segments}: it should be at least 1")
        super().check()

    @property
    def segment_count(self) -> int:
        return self.segments


@dataclasses.dataclass(frozen=True)
class BitloopConfig(PathConfig):
    """Some latent dimensions swing once to and fro together, the others stand still."""

    bits: str = "10"
    """Which dimensions move: dimension i by bit i of this pattern, repeated; 1 moves, 0 stands."""

    def check(self) -> None:
        super().check()
        if not self.bits or set(self.bits) - set("01"):
            raise InputError(f"--bits {self.bits!r}: it should be a string of 0 and 1, such as 0110")
        if "1" not in self.bits[: self.latent_size]:
            raise InputError(f"--bits {self.bits}: none of the {self.latent_size} dimensions moves; set a 1")


@dataclasses.dataclass(frozen=True)
class PeriodConfig(PathConfig):
    """Every latent dimension swings at its own tempo, in whole cycles per clip."""

    def check(self) -> None:
        super().check()
        if self.frame_count < FRAMES_PER_CYCLE:
            raise InputError(
                f"{self._length_flags()}: {self.frame_count} frames; period takes at least {FRAMES_PER_CYCLE}"
            )

    @property
    def cycles(self) -> tuple[int, ...]:
        """Cycles per clip that a dimension may make: divisors of 60 up to T / 8."""
        return tuple(k for k in CYCLES if k * FRAMES_PER_CYCLE <= self.frame_count)


@dataclasses.dataclass(frozen=True)
class PhaseConfig(PathConfig):
    """Every latent dimension swings once, each with its own start."""


@dataclasses.dataclass(frozen=True)
class CircleConfig(PathConfig):
    """Once round a circle about the origin, in a random plane: even motion through one family of pictures."""

    radius: float | None = None
    """Distance from the origin at amplitude 1; by default that of drawn latents, the root of their size."""

    def check(self) -> None:
        super().check()
        if self.radius is not None and not (math.isfinite(self.radius) and self.radius > 0):
            raise InputError(f"--radius {self.radius:g}: it should be above 0")


@dataclasses.dataclass(frozen=True)
class NoiseLoopConfig(PathConfig):
    """Smooth closed Gaussian noise: every frame as likely as a drawn latent, no tempo, no corners."""

    cycles: float = 8.0
    """How restless: about so many times per clip the picture becomes another one."""

    def check(self) -> None:
        super().check()
        if not (math.isfinite(self.cycles) and self.cycles >= 0.5):
            raise InputError(f"--cycles {self.cycles:g}: it should be at least 0.5")

    @property
    def highest(self) -> int:
        """The fastest sine, in cycles per clip: what would be beyond is less than a thousandth, or jitter."""
        return min(math.ceil(HIGHEST_SHARE * self.cycles), max(1, self.frame_count // FRAMES_PER_CYCLE))


@dataclasses.dataclass(frozen=True)
class FilmConfig:
    """How a path becomes a film."""

    out: Path
    """A film (.mp4, .webm, .mov, .gif, .webp, .apng), or a folder for numbered images. Sides of .mp4 and
    .webm are even: an odd one grows by a pixel that repeats the edge."""
    batch: int | None = None
    """Frames drawn at once; by default what suits their size and the device. Changes no frame."""
    noise: Literal["const", "none"] = "const"
    """The network's own noise: fixed for the whole clip, or left out."""
    scale: int = 1
    """Enlarge the pictures by this whole factor (Lanczos): small networks on large screens."""
    encoding: tyro.conf.OmitArgPrefixes[Encoding] = dataclasses.field(default_factory=Encoding)
    """How it is written."""
    overwrite: bool = False
    """Replace a film that was made in another way, and other files that are written with it."""
    fill: str | None = None
    """Colour the regions between the lines: an image, a named palette, or colours such as
    #1b4d5c,#f2c14e. Colours stay with their regions. With --overlay a film as well. Until the film is made
    its drawings are kept, packed, in the folder of --out, which needs room for them."""
    fill_palette: fill_config.PaletteConfig = dataclasses.field(default_factory=fill_config.PaletteConfig)
    """How the palette is read, as for `inkloop fill film`."""
    fill_with: fill_config.VideoConfig = dataclasses.field(default_factory=fill_config.VideoConfig)
    """How colours are laid on, as for `inkloop fill film`."""

    def check(self) -> None:
        """Raise InputError, naming the flag, if no film can be made so."""
        self.encoding.check(self.out)
        for part, plain in (
            (self.fill_palette, fill_config.PaletteConfig()),
            (self.fill_with, fill_config.VideoConfig()),
        ):
            part.check()
            if self.fill is None and part != plain:
                fields, as_is = dataclasses.asdict(part).items(), dataclasses.asdict(plain)
                flag = next(name for name, value in fields if value != as_is[name]).replace("_", "-")
                raise InputError(f"--{flag} is about colours; give --fill PALETTE too")
        if self.batch is not None and self.batch < 1:
            raise InputError(f"--batch {self.batch}: it should be at least 1")
        if not 1 <= self.scale <= 16:
            raise InputError(f"--scale {self.scale}: it should be 1 to 16")
