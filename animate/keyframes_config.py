"""What can be said about keyframes: which, in what time, resting where. No jax here."""

import dataclasses
import itertools
import math
from collections.abc import Sequence
from typing import Literal

import tyro

from animate.config import SegmentedConfig
from animate.paths.latent_spec import seeds_alone
from data_prep.errors import InputError
from data_prep.progress import counted

Easing = Literal["linear", "smooth", "in", "out"]
SLACK = 1e-6  # of a frame: seconds are seldom whole frames to the last bit


@dataclasses.dataclass(frozen=True)
class KeyframesConfig(SegmentedConfig):
    """Through chosen latents, in order, resting on them if asked."""

    keys: tuple[str, ...] = ("0", "1", "2", "3")
    """What to go through: seeds (17, or 3,17,40-49), files of latents (walk.npz, drawing.npz), or one latent
    of a file ("walk.npz[120]")."""
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
        frame_sec = (1 - SLACK) / self.fps if self.fps > 0 else 0.0
        for flag, seconds, least, bound, given in (
            ("--hold-sec", self.hold_sec, 0.0, "0 or more", count),
            (
                "--move-sec",
                self.move_sec or (frame_sec,),
                frame_sec,
                f"a frame or more at --fps {self.fps:g}",
                self.segment_count,
            ),
        ):
            if len(seconds) not in (1, given):
                raise InputError(f"{flag}: {len(seconds)} numbers; give 1 for all, or {given}, one for each")
            if any(not (math.isfinite(value) and value >= least) for value in seconds):
                words = " ".join(f"{value:g}" for value in seconds)
                raise InputError(f"{flag} {words}: each should be {bound}")
        if self.move_sec and (self.frames, self.seconds, self.frames_per_segment) != (None,) * 3:
            raise InputError("--move-sec says how long the clip is; leave out other lengths")
        super().check()
        if self.constant_speed and (self.rests or self.move_sec):
            raise InputError(
                "--constant-speed leaves no rests: leave it out, or leave out --hold-sec, --move-sec and "
                "--easing; to walk over rests all the same, keep the path with --save-path, and play it with "
                "`inkloop animate render PATH RUN --constant-speed`"
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
        return self._spent[::2] if self.move_sec else self._whole_frames(self._holds)

    @property
    def move_frames(self) -> tuple[int, ...]:
        """Frames of each way; what is left between holds is dealt out as evenly as whole frames go."""
        ways = self.segment_count
        if self.move_sec:
            return self._spent[1::2]
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

    @property
    def _holds(self) -> tuple[float, ...]:
        return self.hold_sec * self._count if len(self.hold_sec) == 1 else self.hold_sec

    @property
    def _spent(self) -> tuple[int, ...]:
        """Frames at each latent and on the way to the next, by turns."""
        moves = self.move_sec * self.segment_count if len(self.move_sec) == 1 else self.move_sec
        pairs = itertools.zip_longest(self._holds, moves)
        return self._whole_frames([value for pair in pairs for value in pair if value is not None])

    def _whole_frames(self, seconds: Sequence[float]) -> tuple[int, ...]:
        """Each time in frames, so that every moment is at its nearest frame and no rounding adds up."""
        moments = itertools.accumulate(seconds, initial=0.0)
        frames = [math.floor(moment * self.fps + 0.5 + SLACK) for moment in moments]
        return tuple(b - a for a, b in itertools.pairwise(frames))

    def _length_flags(self) -> str:
        return "--move-sec" if self.move_sec else super()._length_flags()
