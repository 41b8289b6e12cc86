"""Throughput of a producer and a consumer that run concurrently: rate, and which side waits."""

import threading
import time
from typing import Any

SHOWN = 0.05  # waiting below this fraction of the time is not reported


class Throughput:
    """Count frames, and the seconds that either side waits for the other.

    The time before the first frame, mostly compilation, is not counted.

    Args:
        bar: of data_prep.progress; shows the slower side.
        producer, consumer: names of the sides.
    """

    def __init__(self, *, bar: Any = None, producer: str = "drawing", consumer: str = "encoding") -> None:
        self.frames = 0
        self._bar, self._names = bar, (producer, consumer)
        self._waits = {"producer": 0.0, "consumer": 0.0}
        self._lock = threading.Lock()
        self._first = self._last = 0.0

    def waited(self, side: str, seconds: float) -> None:
        """Record that `side`, "producer" or "consumer", waited for the other one."""
        with self._lock:
            self._waits[side] += seconds if self.frames else 0.0

    def count(self) -> None:
        """Record one more frame."""
        with self._lock:
            self._last = time.monotonic()
            self._first = self._first if self.frames else self._last
            self.frames += 1
            if self._bar is not None:
                self._bar.set_postfix_str(self._bottleneck(), refresh=False)
                self._bar.update()

    @property
    def seconds(self) -> float:
        """Time from the first frame to the last."""
        return self._last - self._first

    def wait_fraction(self, side: str) -> float:
        """Fraction of the time that a side waited, 0 to 1."""
        return min(1.0, self._waits[side] / self.seconds) if self.seconds > 0 else 0.0

    def __str__(self) -> str:
        """Frames per second and the slower side; empty below two frames."""
        if self.frames < 2 or self.seconds <= 0:
            return ""
        rate = (self.frames - 1) / self.seconds
        text = f"{rate:.0f} frames/s" if rate >= 10 else f"{rate:.2g} frames/s"
        return f"{text}, {bottleneck}" if (bottleneck := self._bottleneck()) else text

    def _bottleneck(self) -> str:
        producer, consumer = self.wait_fraction("producer"), self.wait_fraction("consumer")
        if max(producer, consumer) < SHOWN:
            return ""
        slower, other = self._names if consumer >= producer else self._names[::-1]
        return f"{slower} is the bottleneck, {other} waits {100 * max(producer, consumer):.0f} % of the time"
