"""How two sides that work at once keep up with each other: who waits for whom, and for how long."""

import threading
import time
from typing import Any

SHOWN = 0.05  # of the time: less waiting is nobody's fault


class Pace:
    """Counts what comes through, and the seconds that either side waits for the other.

    Args:
        bar: of data_prep.progress; shows the slower side as work goes on.
        maker, taker: names of the sides, such as drawing and encoding.

    The time before the first frame, in which programs are compiled, counts for nobody.
    """

    def __init__(self, bar: Any = None, *, maker: str = "drawing", taker: str = "encoding") -> None:
        self.frames = 0
        self._bar, self._names = bar, (maker, taker)
        self._waits = {"maker": 0.0, "taker": 0.0}
        self._lock = threading.Lock()
        self._first = self._last = 0.0

    def waited(self, side: str, seconds: float) -> None:
        """`side`, "maker" or "taker", waited for the other one."""
        with self._lock:
            self._waits[side] += seconds if self.frames else 0.0

    def count(self) -> None:
        """One more frame has come through."""
        with self._lock:
            self._last = time.monotonic()
            self._first = self._first if self.frames else self._last
            self.frames += 1
            if self._bar is not None:
                self._bar.set_postfix_str(self._verdict(), refresh=False)
                self._bar.update()

    @property
    def seconds(self) -> float:
        """From the first frame to the last."""
        return self._last - self._first

    def share(self, side: str) -> float:
        """Of the time, how much a side waited: 0 to 1."""
        return min(1.0, self._waits[side] / self.seconds) if self.seconds > 0 else 0.0

    def __str__(self) -> str:
        """Frames a second, and which side was the slower one; nothing if there was nothing to do."""
        if self.frames < 2 or self.seconds <= 0:
            return ""
        rate = (self.frames - 1) / self.seconds
        told = f"{rate:.0f} frames/s" if rate >= 10 else f"{rate:.2g} frames/s"
        return f"{told}, {verdict}" if (verdict := self._verdict()) else told

    def _verdict(self) -> str:
        maker, taker = self.share("maker"), self.share("taker")
        if max(maker, taker) < SHOWN:
            return ""
        slower, other = self._names if taker >= maker else self._names[::-1]
        return f"{slower} is the bottleneck, {other} waits {100 * max(maker, taker):.0f} % of the time"
