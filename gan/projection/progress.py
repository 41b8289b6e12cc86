"""What is seen of a descent while it goes on: its speed, and a film."""

import time
from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np

from data_prep.video.codec import write_video


class Strip:
    """Frames of a descent's film: of every `every` calls the first is drawn, pictures side by side."""

    def __init__(self, *, every: int) -> None:
        self.frames: list[np.ndarray] = []
        self._every, self._calls = every, 0

    def __call__(self, draw: Callable[[], np.ndarray]) -> None:
        if self._calls % self._every == 0:
            self.frames.append(np.concatenate(list(draw()), axis=1))
        self._calls += 1


def write_film(frames: Iterable[np.ndarray], path: Path, *, fps: float = 30.0) -> None:
    """uint8 frames [H, W, C] as a film, alpha left out."""
    write_video((frame[..., :3] if frame.shape[2] == 4 else frame for frame in frames), path, fps=fps)


class Rate:
    """Steps a second, the first call after a pause left out: it compiles, or comes after other work."""

    def __init__(self) -> None:
        self.steps, self._seconds, self._last = 0, 0.0, 0.0

    def count(self, steps: int) -> int:
        """`steps` were taken just now; returned as they are."""
        now = time.monotonic()
        if self._last:
            self.steps += steps
            self._seconds += now - self._last
        self._last = now
        return steps

    def pause(self) -> None:
        """Other work comes now."""
        self._last = 0.0

    def resume(self) -> None:
        """Other work is over, and nothing will be compiled: count from now on."""
        self._last = time.monotonic()

    def per_second(self) -> float:
        return self.steps / max(self._seconds, 1e-9)
