"""Configs of paths and videos. Imports no jax, so that help texts load quickly.

A path is a curve x(u), u in [0, 1], in latent space. A closed path has x(1) = x(0) and is sampled at
u = i / T, an open one at u = i / (T - 1), for frames i = 0 .. T - 1.
"""

import dataclasses
import math
from pathlib import Path
from typing import Literal

import tyro

from data_prep.errors import InputError
from data_prep.outputs import check_place
from data_prep.video.export import Encoding
from fill import config as fill_config
from gan.config.draw import Where

DEFAULT_SEC = 60.0
CYCLES = (1, 2, 3, 4, 5, 6, 10, 12, 15, 20, 30, 60)
FRAMES_PER_CYCLE = 8  # fewer would alias
MAX_CYCLE_RATIO = 4  # frequencies of a noise loop over its `cycles`: exp(-4^2 / 2) is 0.0003


def check_seed(seed: int) -> None:
    """Raise InputError unless the seed is a uint32."""
    if not 0 <= seed < 2**32:
        raise InputError(f"--seed {seed}: must be 0 to {2**32 - 1}")


def check_path_name(path: Path, *, flag: str = "--save-path") -> None:
    """Raise InputError unless a path file can have this name and be written there."""
    if path.suffix.lower() != ".npz":
        raise InputError(f"{flag} {path}: a path file's name must end in .npz")
    check_place(path, flag=flag)


def check_fill(
    fill: str | None,
    palette: fill_config.PaletteConfig,
    config: fill_config.VideoConfig,
    *,
    flatten: fill_config.Choice = "auto",
) -> None:
    """Validate the colouring flags; raises InputError naming the flag that needs --fill."""
    if fill is None and flatten != "auto":
        raise InputError("--flatten requires --fill PALETTE")
    for part, default in ((palette, fill_config.PaletteConfig()), (config, fill_config.VideoConfig())):
        part.check()
        if fill is None and part != default:
            fields, unset = dataclasses.asdict(part).items(), dataclasses.asdict(default)
            flag = next(name for name, value in fields if value != unset[name]).replace("_", "-")
            raise InputError(f"--{flag} requires --fill PALETTE")


@dataclasses.dataclass(frozen=True)
class PathConfig:
    """Settings of every path: length, speed, amplitude."""

    frames: int | None = None
    """Length of the whole clip in frames."""
    seconds: float | None = None
    """Length of the whole clip in seconds; default: 60."""
    fps: float = 30.0
    """Frames per second."""
    amplitude: float = 1.0
    """Scale of the path; 1 matches the distribution of the training latents."""
    space: Literal["z", "w"] = "z"
    """Space of the path: z, the network's input, or w, the output of the mapping network. Paths in w have the
    mean and covariance of w."""
    constant_speed: bool = False
    """Retime the path to constant perceptual speed, measured on thumbnails (renders up to 8 per frame, up to
    4 above 1,800 frames)."""
    latent_size: tyro.conf.Suppress[int] = 64  # set to the generator's

    def check(self) -> None:
        """Validate; raises InputError naming the flag."""
        if not (math.isfinite(self.fps) and self.fps > 0):
            raise InputError(f"--fps {self.fps:g}: must be above 0")
        if not (math.isfinite(self.amplitude) and self.amplitude > 0):
            raise InputError(f"--amplitude {self.amplitude:g}: must be above 0")
        if self.latent_size < 1:
            raise InputError(f"--latent-size {self.latent_size}: must be at least 1")
        if self.seconds is not None and not math.isfinite(self.seconds):
            raise InputError(f"--seconds {self.seconds:g}: must be finite")
        if self.frames is not None and self.seconds is not None:
            raise InputError(f"--frames {self.frames} and --seconds {self.seconds:g}: pass one of them")
        if self.frame_count < 2:
            raise InputError(f"{self._length_flags()}: {self.frame_count} frames; must be at least 2")

    @property
    def frame_count(self) -> int:
        """T, the length of the whole clip in frames."""
        if self.frames is not None:
            return self.frames
        return round((DEFAULT_SEC if self.seconds is None else self.seconds) * self.fps)

    @property
    def closed(self) -> bool:
        """Whether frame T would equal frame 0."""
        return True

    def _length_flags(self) -> str:
        """The flags that set the length, with their values."""
        if self.frames is not None:
            return f"--frames {self.frames}"
        return f"--seconds {DEFAULT_SEC if self.seconds is None else self.seconds:g} at --fps {self.fps:g}"


@dataclasses.dataclass(frozen=True)
class SegmentedConfig(PathConfig):
    """A path of several segments of equal duration."""

    frames_per_segment: int | None = None
    """Length of one segment in frames, instead of the length of the whole clip."""

    def check(self) -> None:
        if self.frames_per_segment is not None:
            if self.frames is not None or self.seconds is not None:
                other = "--seconds" if self.frames is None else "--frames"
                raise InputError(f"--frames-per-segment and {other}: pass one of them")
            if self.frames_per_segment < 1:
                raise InputError(f"--frames-per-segment {self.frames_per_segment}: must be at least 1")
        super().check()

    @property
    def segment_count(self) -> int:
        """S, the number of segments."""
        raise NotImplementedError

    @property
    def frame_count(self) -> int:
        """T; an open path has one more frame, the end of its last segment."""
        if self.frames_per_segment is None:
            return super().frame_count
        return self.segment_count * self.frames_per_segment + (not self.closed)

    def _length_flags(self) -> str:
        if self.frames_per_segment is None:
            return super()._length_flags()
        return f"--frames-per-segment {self.frames_per_segment}"


@dataclasses.dataclass(frozen=True)
class RandomConfig(PathConfig):
    """Independent random latents: a new image in every frame. The only style that is not a closed curve."""

    @property
    def closed(self) -> bool:
        return False


@dataclasses.dataclass(frozen=True)
class ZigzagConfig(SegmentedConfig):
    """Straight lines through random points: constant velocity with a corner at each point."""

    segments: int = 20
    """Number of random points; a closed path has as many lines."""
    open: bool = False
    """End at the last point, without the line back to the first."""

    def check(self) -> None:
        if self.segments < 2:
            raise InputError(f"--segments {self.segments}: must be at least 2")
        super().check()

    @property
    def closed(self) -> bool:
        return not self.open

    @property
    def segment_count(self) -> int:
        return self.segments - self.open


@dataclasses.dataclass(frozen=True)
class BezierConfig(SegmentedConfig):
    """A closed chain of quartic Bezier curves: smooth, with varying speed."""

    segments: int = 20
    """Number of curves; each has three random points of its own."""

    def check(self) -> None:
        if self.segments < 1:
            raise InputError(f"--segments {self.segments}: must be at least 1")
        super().check()

    @property
    def segment_count(self) -> int:
        return self.segments


@dataclasses.dataclass(frozen=True)
class BitloopConfig(PathConfig):
    """One sine cycle in some latent dimensions, the others constant."""

    bits: str = "10"
    """Pattern of moving dimensions, repeated: dimension i moves where bit i is 1."""

    def check(self) -> None:
        super().check()
        if not self.bits or set(self.bits) - set("01"):
            raise InputError(f"--bits {self.bits!r}: must be a string of 0 and 1, such as 0110")
        if "1" not in self.bits[: self.latent_size]:
            raise InputError(f"--bits {self.bits}: must contain a 1 in the first {self.latent_size} bits")


@dataclasses.dataclass(frozen=True)
class PeriodConfig(PathConfig):
    """A sine in every latent dimension, each with its own whole number of cycles per clip."""

    def check(self) -> None:
        super().check()
        if self.frame_count < FRAMES_PER_CYCLE:
            raise InputError(
                f"{self._length_flags()}: {self.frame_count} frames; must be at least {FRAMES_PER_CYCLE}"
            )

    @property
    def cycles(self) -> tuple[int, ...]:
        """Possible cycles per clip: divisors of 60 up to T / 8."""
        return tuple(k for k in CYCLES if k * FRAMES_PER_CYCLE <= self.frame_count)


@dataclasses.dataclass(frozen=True)
class PhaseConfig(PathConfig):
    """One sine cycle in every latent dimension, each with its own phase."""


@dataclasses.dataclass(frozen=True)
class CircleConfig(PathConfig):
    """A circle around the origin in a random plane: the most even motion."""

    radius: float | None = None
    """Distance from the origin at amplitude 1; default: sqrt(latent size), the norm of normal latents."""

    def check(self) -> None:
        super().check()
        if self.radius is not None and not (math.isfinite(self.radius) and self.radius > 0):
            raise InputError(f"--radius {self.radius:g}: must be above 0")


@dataclasses.dataclass(frozen=True)
class NoiseLoopConfig(PathConfig):
    """Smooth closed Gaussian noise: every frame is as likely as a random latent; no rhythm, no corners."""

    cycles: float = 8.0
    """About how many different images the clip passes through."""

    def check(self) -> None:
        super().check()
        if not (math.isfinite(self.cycles) and self.cycles >= 0.5):
            raise InputError(f"--cycles {self.cycles:g}: must be at least 0.5")

    @property
    def highest(self) -> int:
        """The highest frequency in cycles per clip; amplitudes beyond are below a thousandth, or alias."""
        return min(math.ceil(MAX_CYCLE_RATIO * self.cycles), max(1, self.frame_count // FRAMES_PER_CYCLE))


@dataclasses.dataclass(frozen=True)
class LerpConfig:
    """A straight line in w."""

    seconds: float = 3.0
    """Length of the video, seconds."""
    fps: float = 30.0
    """Frames per second."""
    there_and_back: bool = False
    """Return to the first end, so that the video loops."""
    steps: int = 500
    """Optimisation steps of an end that is an image."""

    @property
    def frame_count(self) -> int:
        """Number of frames."""
        return round(self.seconds * self.fps)

    def check(self) -> None:
        """Validate; raises InputError naming the flag."""
        for name in ("seconds", "fps"):
            value = getattr(self, name)
            if not (math.isfinite(value) and value > 0):
                raise InputError(f"--{name} {value:g}: must be above 0")
        if self.frame_count < 2:
            raise InputError(f"--seconds {self.seconds:g} at --fps {self.fps:g}: must be at least 2 frames")
        if self.steps < 1:
            raise InputError(f"--steps {self.steps}: must be at least 1")


@dataclasses.dataclass(frozen=True)
class DoodlesConfig:
    """Which doodles are drawn."""

    count: int = 100
    """Number of doodles."""
    strength: float = 1.0
    """With a seed image: multiple of the standard deviation of its posterior; 0: always the same doodle.
    Without: scale of the latents, less than 1 for more typical doodles."""
    jitter: float = 0.0
    """Probability that a pixel of the seed image is changed before it is encoded: set to 1, doubled, halved,
    raised by 0.25 or cleared, each with the probability 1/5."""
    jitter_at: Where = "edges"
    """Pixels that may be changed: those at edges, by the Sobel operator, or anywhere."""
    seed: int = 0
    """Seed of all random numbers."""

    def check(self) -> None:
        """Validate; raises InputError naming the flag."""
        check_seed(self.seed)
        if not 1 <= self.count <= 100_000:
            raise InputError(f"--count {self.count}: must be from 1 to 100000")
        if not (math.isfinite(self.strength) and self.strength >= 0):
            raise InputError(f"--strength {self.strength:g}: must be at least 0")
        if not 0 <= self.jitter <= 1:
            raise InputError(f"--jitter {self.jitter:g}: must be from 0 to 1")


@dataclasses.dataclass(frozen=True)
class OutputConfig:
    """How a video is written and coloured."""

    out: Path
    """Video (.mp4, .webm, .mov, .gif, .webp, .apng), or a folder for numbered images. .mp4 and .webm have
    even sides: an odd one is padded by a pixel that repeats the edge."""
    encoding: tyro.conf.OmitArgPrefixes[Encoding] = dataclasses.field(default_factory=Encoding)
    """Encoder settings."""
    overwrite: bool = False
    """Replace a video with other settings, and the other files written with it."""
    fill: str | None = None
    """Colour the regions between the lines with an image, a named palette, or colours such as
    #1b4d5c,#f2c14e; with --overlay also with a video. Colours stay with their regions. Until the video is
    complete, its frames are cached, compressed, in the folder of --out."""
    fill_palette: fill_config.PaletteConfig = dataclasses.field(default_factory=fill_config.PaletteConfig)
    """Palette settings, as of `inkloop fill film`."""
    fill_with: fill_config.VideoConfig = dataclasses.field(default_factory=fill_config.VideoConfig)
    """Colouring settings, as of `inkloop fill film`."""

    def check(self) -> None:
        """Validate; raises InputError naming the flag."""
        self.encoding.check(self.out)
        check_fill(self.fill, self.fill_palette, self.fill_with)


@dataclasses.dataclass(frozen=True)
class VideoConfig(OutputConfig):
    """Settings of a rendered video."""

    batch: int | None = None
    """Frames rendered per call; default: chosen by frame size and device. Does not change the frames."""
    noise: Literal["const", "none"] = "const"
    """Noise inputs of the network: constant over the clip, or none."""
    scale: int = 1
    """Enlarge the frames by this whole factor (Lanczos)."""
    save_path: Path | None = None
    """Write the path as rendered to this file too (.npz), for `inkloop animate render`."""

    def check(self) -> None:
        super().check()
        if self.save_path is not None:
            check_path_name(self.save_path)
        if self.batch is not None and self.batch < 1:
            raise InputError(f"--batch {self.batch}: must be at least 1")
        if not 1 <= self.scale <= 16:
            raise InputError(f"--scale {self.scale}: must be 1 to 16")
