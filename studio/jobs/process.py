"""One child process of inkloop: its output, its progress, and how it is stopped."""

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import IO

import inkloop
from studio.jobs.progress import Progress, parse_bar

BAR_SEC = "0.5"  # between updates of progress bars
MAX_LINE = 4_000  # characters
INTERRUPTED = 130  # exit code after Ctrl-C
WATCH_SEC = 0.2  # between looks at a process of an earlier studio


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
        paths = [os.path.abspath(path) for path in os.environ.get("PYTHONPATH", "").split(os.pathsep) if path]
        self._child = subprocess.Popen(
            [sys.executable, "-P", "-m", "inkloop", *words],  # -P: modules in `cwd` are not imported
            cwd=cwd,
            env=os.environ
            | {
                "PYTHONPATH": os.pathsep.join([package, *paths]),
                "PYTHONSAFEPATH": "1",  # as -P, for processes that it starts
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

    @property
    def pid(self) -> int:
        """Of the process, and of the group of its workers."""
        return self._child.pid

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
        # Workers may outlive the process; they hold the pipe that the thread reads.
        if self._thread.is_alive() or self._child.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._child.pid, number)

    def _read(self, log: Path) -> None:
        assert self._child.stdout is not None
        try:
            with self._child.stdout as stream:
                for line in _lines(stream):
                    bar = parse_bar(line)
                    if bar is None:
                        _append(log, line)
                    self._on_line(line, bar)
        finally:
            self._on_end(self._child.wait())


class Survivor:
    """A process that an earlier studio started and that still runs. `on_end` is called when it has ended."""

    def __init__(self, pid: int, started: int, *, on_end: Callable[[int], None]) -> None:
        """Watch it.

        Args:
            pid: of the process and its group.
            started: as `start_time` returned for it.
            on_end: called with INTERRUPTED, from another thread: its exit code is unknown.
        """
        self.pid, self._started, self._on_end = pid, started, on_end
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Interrupt the process and its workers. TERM: it may ignore Ctrl-C."""
        self._send(signal.SIGTERM)

    def kill(self) -> None:
        """End the process at once."""
        self._send(signal.SIGKILL)

    def wait(self, timeout_sec: float) -> bool:
        """Wait until it has ended and `on_end` has returned; False: it has not."""
        self._thread.join(timeout_sec)
        return not self._thread.is_alive()

    def _send(self, number: int) -> None:
        if start_time(self.pid) == self._started:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self.pid, number)

    def _watch(self) -> None:
        while start_time(self.pid) == self._started:
            time.sleep(WATCH_SEC)
        self._on_end(INTERRUPTED)


def start_time(pid: int) -> int | None:
    """When a process was started, in clock ticks since boot; None: it has ended, or there is no /proc."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
        state, *fields = stat.rpartition(") ")[2].split()  # from field 3 on: the name may hold spaces
        return None if state in "ZX" else int(fields[18])
    except (OSError, ValueError, IndexError):
        return None


def _append(log: Path, line: str) -> None:
    """Add a line; a full disk does not end the job."""
    with contextlib.suppress(OSError), open(log, "a", encoding="utf-8") as file:
        file.write(line + "\n")


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
