"""Programs in processes of their own, forked from a process that has imported their modules.

Importing takes longer than a training of the tests. The processes are real: they can be killed, get signals
and choose their devices. What `python -m gan` does before `main` is in tests/test_structure.py.
"""

import multiprocessing
import os
import resource
import sys
import tempfile
from collections.abc import Callable, Sequence
from multiprocessing.forkserver import ensure_running
from pathlib import Path

_context = multiprocessing.get_context("forkserver")
_context.set_forkserver_preload(
    ["gan.__main__", "gan.training", "tests.gan.forked", "tests.gan.recipes.linear_regression"]
)


class Forked:
    """A running program, used as a `subprocess.Popen` with both outputs piped.

    Args:
        main: function of a module: words -> exit code or None.
        words: arguments of the program.
        environment: what differs from this process's environment.
        file_limit_bytes: maximum size of a file that the program writes.
    """

    def __init__(
        self,
        main: Callable[[list[str]], int | None],
        words: Sequence[str],
        *,
        environment: dict[str, str] | None = None,
        file_limit_bytes: int | None = None,
    ) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="forked-")
        self._files = [Path(self._folder.name) / name for name in ("stdout", "stderr")]
        arguments = (main, list(words), environment or {}, self._files, file_limit_bytes)
        ensure_running()
        self._process = _context.Process(target=_run, args=arguments, daemon=True)
        self._process.start()

    @property
    def returncode(self) -> int | None:
        """Exit code; -N: ended by signal N; None: running."""
        return self._process.exitcode

    def poll(self) -> int | None:
        """As `returncode`."""
        return self._process.exitcode

    def send_signal(self, signum: int) -> None:
        """Send a signal, if the program runs."""
        if self._process.exitcode is None:
            os.kill(self._process.pid, signum)

    def kill(self) -> None:
        """End it by SIGKILL."""
        self._process.kill()

    def communicate(self, timeout: float = 300) -> tuple[str, str]:
        """What it wrote to stdout and stderr, when it has ended. Raises TimeoutError."""
        self._process.join(timeout)
        if self._process.exitcode is None:
            raise TimeoutError
        return tuple(file.read_text() if file.exists() else "" for file in self._files)


def finished(main: Callable, words: Sequence[str], **options) -> tuple[int, str]:
    """Run a program to its end: exit code and stderr."""
    process = Forked(main, words, **options)
    _, said = process.communicate()
    return process.returncode, said


def devices(count: int) -> dict[str, str]:
    """Environment of a process with `count` CPU devices."""
    return {"XLA_FLAGS": os.environ["XLA_FLAGS"].replace("device_count=8", f"device_count={count}")}


def _run(main, words, environment, files, file_limit_bytes) -> None:
    for file, descriptor in zip(files, (1, 2), strict=True):
        opened = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(opened, descriptor)
        os.close(opened)
    sys.stdout, sys.stderr = (os.fdopen(d, "w", buffering=1, closefd=False) for d in (1, 2))
    if file_limit_bytes is not None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (file_limit_bytes, file_limit_bytes))
    os.environ.update(environment)
    code = main(words)
    sys.stdout.flush()
    sys.stderr.flush()
    sys.exit(code)
