"""Config of keyframes: their latents, durations and pauses. Imports no jax."""

import dataclasses
import itertools
import math
from collections.abc import Sequence
from typing import Literal

import tyro

from animate.config import SegmentedConfig
from animate.paths.latent_spec import seeds_only
from data_prep.errors import InputError
from data_prep.progress import counted

Easing = Literal["linear", "smooth", "in", "out"]
SLACK = 1e-6  # frames; rounding of seconds to frames


@dataclasses.dataclass(frozen=True)
class KeyframesConfig(SegmentedConfig):
    """A curve through chosen latents, in order, with optional pauses on them."""

    keys: tuple[str, ...] = ("0", "1", "2", "3")
    """Latents: seeds (17, or 3,17,40-49), latent files (path.npz, drawing.npz), or one latent of a file
    ("path.npz[120]")."""
    interpolation: Literal["linear", "spherical", "spline"] = "spline"
    """Straight lines, great-circle arcs, or a smooth curve."""
    open: bool = False
    """End at the last latent, without the segment back to the first."""
    hold_sec: tuple[float, ...] = (0.0,)
    """Pause on a latent in seconds: one number, or one per latent."""
    move_sec: tuple[float, ...] = ()
    """Duration of a segment in seconds: one number, or one per segment; sets the length of the clip."""
    easing: Easing = "linear"
    """Speed within a segment: constant, slow at both ends, accelerating, or decelerating."""
    key_count: tyro.conf.Suppress[int | None] = None  # set when latents are loaded from files

    def check(self) -> None:
        count, seeds = self._count, seeds_only(self.keys, flag="--keys")
        assert seeds is not None or self.key_count is not None, "load the files first"
        if count < 2:
            listed = " ".join(self.keys)
            raise InputError(f"--keys {listed}: {counted(count, 'latent')}; must be at least 2")
        frame_sec = (1 - SLACK) / self.fps if self.fps > 0 else 0.0
        for flag, seconds, least, bound, needed in (
            ("--hold-sec", self.hold_sec, 0.0, "at least 0", count),
            (
                "--move-sec",
                self.move_sec or (frame_sec,),
                frame_sec,
                f"at least one frame at --fps {self.fps:g}",
                self.segment_count,
            ),
        ):
            if len(seconds) not in (1, needed):
                raise InputError(f"{flag}: {len(seconds)} numbers; must be 1 or {needed}")
            if any(not (math.isfinite(value) and value >= least) for value in seconds):
                listed = " ".join(f"{value:g}" for value in seconds)
                raise InputError(f"{flag} {listed}: must be {bound}")
        if self.move_sec and (self.frames, self.seconds, self.frames_per_segment) != (None,) * 3:
            raise InputError("--move-sec sets the length of the clip; leave out other lengths")
        super().check()
        if self.constant_speed and (self.rests or self.move_sec):
            raise InputError(
                "--constant-speed removes pauses: leave it out, or leave out --hold-sec, --move-sec and "
                "--easing; to remove the pauses, save the path with --save-path and render it with "
                "`inkloop animate render PATH RUN --constant-speed`"
            )
        if self.rests and self.frame_count - self.open - sum(self.hold_frames) < self.segment_count:
            raise InputError(
                f"{self._length_flags()}: {sum(self.hold_frames)} of {self.frame_count} frames are pauses, "
                f"too few are left for {self.segment_count} segments; shorten --hold-sec or lengthen the clip"
            )

    @property
    def closed(self) -> bool:
        return not self.open

    @property
    def _count(self) -> int:
        if self.key_count is not None:
            return self.key_count
        return len(seeds_only(self.keys, flag="--keys") or ())

    @property
    def segment_count(self) -> int:
        return self._count - self.open

    @property
    def rests(self) -> bool:
        """Whether it pauses or changes speed."""
        return any(self.hold_frames) or self.easing != "linear"

    @property
    def hold_frames(self) -> tuple[int, ...]:
        """Pause on each latent in frames."""
        return self._durations[::2] if self.move_sec else self._whole_frames(self._holds)

    @property
    def move_frames(self) -> tuple[int, ...]:
        """Duration of each segment in frames; frames that are not pauses are distributed evenly."""
        segments = self.segment_count
        if self.move_sec:
            return self._durations[1::2]
        left = self.frame_count - self.open - sum(self.hold_frames)
        ends = [round(i * left / segments) for i in range(segments + 1)]
        return tuple(b - a for a, b in itertools.pairwise(ends))

    @property
    def frame_count(self) -> int:
        """T, pauses included."""
        if self.move_sec:
            return sum(self.move_frames) + sum(self.hold_frames) + self.open
        length = super().frame_count
        return length if self.frames_per_segment is None else length + sum(self.hold_frames)

    @property
    def _holds(self) -> tuple[float, ...]:
        return self.hold_sec * self._count if len(self.hold_sec) == 1 else self.hold_sec

    @property
    def _durations(self) -> tuple[int, ...]:
        """Frames of pauses and segments, alternating."""
        moves = self.move_sec * self.segment_count if len(self.move_sec) == 1 else self.move_sec
        pairs = itertools.zip_longest(self._holds, moves)
        return self._whole_frames([value for pair in pairs for value in pair if value is not None])

    def _whole_frames(self, seconds: Sequence[float]) -> tuple[int, ...]:
        """Durations in frames; each end is rounded to its nearest frame, so errors do not accumulate."""
        ends = itertools.accumulate(seconds, initial=0.0)
        frames = [math.floor(end * self.fps + 0.5 + SLACK) for end in ends]
        return tuple(b - a for a, b in itertools.pairwise(frames))

    def _length_flags(self) -> str:
        return "--move-sec" if self.move_sec else super()._length_flags()
