"""What can be said about keyframes: which, in what time, resting where. No jax here."""

import dataclasses
import itertools
import math
from typing import Literal

import tyro

from animate.config import SegmentedConfig
from animate.key_words import seeds_alone
from data_prep.errors import InputError
from data_prep.wording import counted

Easing = Literal["linear", "smooth", "in", "out"]


@dataclasses.dataclass(frozen=True)
class KeyframesConfig(SegmentedConfig):
    """Through chosen latents, in order, resting on them if asked."""

    keys: tuple[str, ...] = ("0", "1", "2", "3")
    """What to go through: seeds (17, or 3,17,40-49), files of latents (walk.npz, drawing.npz), or one latent
    of a file (walk.npz[120])."""
    interpolation: Literal["linear", "spherical", "spline"] = "spline"
    """Straight lines, arcs that keep the latents' length, or one smooth curve."""
    open: bool = False
    """Stop at the last latent, without the way back to the first."""
    hold_sec: tuple[float, ...] = (0.0,)
    """Seconds between arriving at a latent and leaving it: one number, or one for each."""
    move_sec: tuple[float, ...] = ()
    """Seconds from a latent to the next: one number, or one for each way; the clip is as long as it takes."""
    easing: Easing = "linear"
    """How it moves between latents: evenly, from rest to rest, gathering speed, or losing it."""
    key_count: tyro.conf.Suppress[int | None] = None  # of latents read from files, which the door counts

    def check(self) -> None:
        count, seeds = self._count, seeds_alone(self.keys, flag="--keys")
        assert seeds is not None or self.key_count is not None, "files are read before"
        if count < 2:
            words = " ".join(self.keys)
            raise InputError(f"--keys {words}: {counted(count, 'latent')}; keyframes go through at least 2")
        for flag, seconds, least, given in (
            ("--hold-sec", self.hold_sec, 0.0, count),
            (
                "--move-sec",
                self.move_sec or (1.0,),
                1 / self.fps if self.fps > 0 else 0.0,
                self.segment_count,
            ),
        ):
            if len(seconds) not in (1, given):
                raise InputError(f"{flag}: {len(seconds)} numbers; give 1 for all, or {given}, one for each")
            if any(not (math.isfinite(value) and value >= least) for value in seconds):
                words = " ".join(f"{value:g}" for value in seconds)
                raise InputError(f"{flag} {words}: each should be {least:.3g} or more")
        if self.move_sec and (self.frames, self.seconds, self.frames_per_segment) != (None,) * 3:
            raise InputError("--move-sec says how long the clip is; leave out other lengths")
        super().check()
        if self.constant_speed and (self.rests or self.move_sec):
            raise InputError(
                "--constant-speed walks evenly from end to end; leave it out, or leave out --hold-sec, "
                "--move-sec and --easing"
            )
        if self.rests and self.frame_count - self.open - sum(self.hold_frames) < self.segment_count:
            raise InputError(
                f"{self._length_flags()}: {sum(self.hold_frames)} frames of rest in {self.frame_count}, and "
                f"{self.segment_count} ways of a frame or more; shorten --hold-sec, or make the clip longer"
            )

    @property
    def closed(self) -> bool:
        return not self.open

    @property
    def _count(self) -> int:
        if self.key_count is not None:
            return self.key_count
        return len(seeds_alone(self.keys, flag="--keys") or ())

    @property
    def segment_count(self) -> int:
        return self._count - self.open

    @property
    def rests(self) -> bool:
        """Whether it ever stands still or changes speed of itself."""
        return any(self.hold_frames) or self.easing != "linear"

    @property
    def hold_frames(self) -> tuple[int, ...]:
        """Frames between arriving at each latent and leaving it."""
        holds = tuple(round(seconds * self.fps) for seconds in self.hold_sec)
        return holds * self._count if len(holds) == 1 else holds

    @property
    def move_frames(self) -> tuple[int, ...]:
        """Frames of each way; what is left between holds is dealt out as evenly as whole frames go."""
        ways = self.segment_count
        if self.move_sec:
            moves = tuple(round(seconds * self.fps) for seconds in self.move_sec)
            return moves * ways if len(moves) == 1 else moves
        left = self.frame_count - self.open - sum(self.hold_frames)
        ends = [round(i * left / ways) for i in range(ways + 1)]
        return tuple(b - a for a, b in itertools.pairwise(ends))

    @property
    def frame_count(self) -> int:
        """T, rests included."""
        if self.move_sec:
            return sum(self.move_frames) + sum(self.hold_frames) + self.open
        length = super().frame_count
        return length if self.frames_per_segment is None else length + sum(self.hold_frames)

    def _length_flags(self) -> str:
        return "--move-sec" if self.move_sec else super()._length_flags()
