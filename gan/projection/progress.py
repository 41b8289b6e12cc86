"""Progress of a descent: its speed, and frames of a video."""

import time
from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np

from data_prep.video.codec import write_video


class DescentFrames:
    """Collects frames of a descent: the images of every `every`-th call, side by side.

    Attributes:
        frames: uint8 [H, N W, C] each.
    """

    def __init__(self, *, every: int) -> None:
        self.frames: list[np.ndarray] = []
        self._every, self._calls = every, 0

    def __call__(self, draw: Callable[[], np.ndarray]) -> None:
        """Count a call; `draw` returns its images uint8 [N, H, W, C] and is called only if they are used."""
        if self._calls % self._every == 0:
            self.frames.append(np.concatenate(list(draw()), axis=1))
        self._calls += 1


def write_frames(frames: Iterable[np.ndarray], path: Path, *, fps: float) -> None:
    """Write uint8 frames [H, W, C] as a video without alpha."""
    write_video((frame[..., :3] if frame.shape[2] == 4 else frame for frame in frames), path, fps=fps)


class Rate:
    """Steps per second. The first call after a pause is excluded: it may include compilation."""

    def __init__(self) -> None:
        self.steps, self._seconds, self._last = 0, 0.0, 0.0

    def count(self, steps: int) -> int:
        """Count `steps` steps that have just finished; returns `steps`."""
        now = time.monotonic()
        if self._last:
            self.steps += steps
            self._seconds += now - self._last
        self._last = now
        return steps

    def pause(self) -> None:
        """Exclude the time until the next call of `count`."""
        self._last = 0.0

    def resume(self) -> None:
        """Measure from now on: other work is finished and nothing will be compiled."""
        self._last = time.monotonic()

    def per_second(self) -> float | None:
        """Steps per second; None if none were counted."""
        return self.steps / max(self._seconds, 1e-9) if self.steps else None
