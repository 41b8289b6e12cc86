"""One child process of inkloop: its output, its progress, and how it is stopped."""

import contextlib
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import IO

import inkloop
from studio.jobs.progress import Progress, parse_bar

BAR_SEC = "0.5"  # between updates of progress bars
MAX_LINE = 4_000  # characters


class Process:
    """A running `inkloop WORDS...`. It ends by itself, or by `stop` as Ctrl-C in a terminal would end it."""

    def __init__(
        self,
        words: Sequence[str],
        *,
        cwd: Path,
        log: Path,
        on_line: Callable[[str, Progress | None], None],
        on_end: Callable[[int], None],
    ) -> None:
        """Start it.

        Args:
            words: after `inkloop`.
            cwd: folder in which it runs.
            log: file to which its output is appended, without intermediate states of progress bars.
            on_line: called with each line, and the progress if it is a bar, from another thread.
            on_end: called with the exit code, from another thread.
        """
        package = str(Path(inkloop.__file__).parent)
        paths = [package, *filter(None, [os.environ.get("PYTHONPATH")])]
        self._child = subprocess.Popen(
            [sys.executable, "-m", "inkloop", *words],
            cwd=cwd,
            env=os.environ
            | {
                "PYTHONPATH": os.pathsep.join(paths),
                "PYTHONUNBUFFERED": "1",
                "PYTHONIOENCODING": "utf-8",
                "INKLOOP_BAR_SEC": BAR_SEC,
            },
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        # Children ignore Ctrl-C where it is ignored here (background of a script); TERM does the same.
        ignored = signal.getsignal(signal.SIGINT) == signal.SIG_IGN
        self._signal = signal.SIGTERM if ignored else signal.SIGINT
        self._on_line, self._on_end = on_line, on_end
        self._thread = threading.Thread(target=self._read, args=[log], daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Interrupt the process and its workers, as Ctrl-C does."""
        self._send(self._signal)

    def kill(self) -> None:
        """End the process at once."""
        self._send(signal.SIGKILL)

    def wait(self, timeout_sec: float) -> bool:
        """Wait until it has ended and `on_end` has returned; False: it has not."""
        self._thread.join(timeout_sec)
        return not self._thread.is_alive()

    def _send(self, number: int) -> None:
        if self._child.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._child.pid, number)

    def _read(self, log: Path) -> None:
        assert self._child.stdout is not None
        with open(log, "a", encoding="utf-8") as file:
            for line in _lines(self._child.stdout):
                bar = parse_bar(line)
                if bar is None:
                    file.write(line + "\n")
                    file.flush()
                self._on_line(line, bar)
        self._on_end(self._child.wait())


def _lines(stream: IO[bytes]) -> Iterator[str]:
    """Lines of a pipe, also those that end in a carriage return; empty ones are left out."""
    rest = b""
    while data := os.read(stream.fileno(), 1 << 16):
        *lines, rest = (rest + data).replace(b"\r", b"\n").split(b"\n")
        for line in lines:
            if text := line.decode("utf-8", "replace").strip():
                yield text[:MAX_LINE]
    if text := rest.decode("utf-8", "replace").strip():
        yield text[:MAX_LINE]
