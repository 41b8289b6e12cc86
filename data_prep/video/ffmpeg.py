"""Run ffmpeg, the binary of imageio-ffmpeg."""

import contextlib
import os
import re
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO, NoReturn

import imageio_ffmpeg
import numpy as np

from data_prep.errors import WorkError

PIXELS = {1: "gray", 3: "rgb24", 4: "rgba"}


class Ffmpeg:
    """An ffmpeg process that is killed when its `with` block ends."""

    def __init__(
        self, command: Sequence[str], *, stdin: int = subprocess.DEVNULL, stdout: int = subprocess.DEVNULL
    ) -> None:
        program = [imageio_ffmpeg.get_ffmpeg_exe(), "-hide_banner", "-nostdin", "-loglevel", "error"]
        self._log = tempfile.TemporaryFile()  # noqa: SIM115
        self._process = subprocess.Popen([*program, *command], stdin=stdin, stdout=stdout, stderr=self._log)

    @property
    def stdin(self) -> IO[bytes]:
        assert self._process.stdin is not None
        return self._process.stdin

    @property
    def stdout(self) -> IO[bytes]:
        assert self._process.stdout is not None
        return self._process.stdout

    def failed(self) -> bool:
        """Wait for the end; whether the exit code is not 0."""
        return self._process.wait() != 0

    def reason(self) -> str:
        """First error line of the log, ignoring info and warnings, or the exit code."""
        mild = re.compile(r"(\[.*?\] )?\[(info|warning)\]")
        lines = [line for line in self.log().splitlines() if not mild.match(line)]
        lines = [re.sub(r"^(\[.*?\] )+", "", line) for line in lines]
        code = self._process.wait()
        return next((line.strip() for line in lines if line.strip()), f"ffmpeg ended with code {code}")

    def log_from(self, offset: int) -> bytes:
        """What the log holds from a byte on, while the process runs."""
        return os.pread(self._log.fileno(), 1 << 20, offset)

    def log(self) -> str:
        """Wait for the end and return the log."""
        self._process.wait()
        self._log.seek(0)
        return self._log.read().decode(errors="replace")

    def __enter__(self) -> "Ffmpeg":
        return self

    def __exit__(self, *_: object) -> None:
        if self._process.poll() is None:
            self._process.kill()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                with contextlib.suppress(BrokenPipeError):
                    pipe.close()
        self._process.wait()
        self._log.close()


def feed(frames: Iterator[np.ndarray], *, fps: str, output: Sequence[str], target: Path) -> None:
    """Pipe raw frames, uint8 [H, W, C] of one shape, into one ffmpeg run.

    Args:
        frames: at least one.
        fps: number or fraction.
        output: output options of ffmpeg.
        target: path named in errors.

    Raises: WorkError: with ffmpeg's reason.
    """
    first = next(frames)
    height_px, width_px, channels = first.shape
    source = ["-f", "rawvideo", "-pix_fmt", PIXELS[channels], "-video_size", f"{width_px}x{height_px}"]
    source += ["-framerate", fps, "-i", "pipe:0"]
    with Ffmpeg([*source, "-y", *output], stdin=subprocess.PIPE) as ffmpeg:
        try:
            ffmpeg.stdin.write(np.ascontiguousarray(first).data)
            for frame in frames:
                ffmpeg.stdin.write(np.ascontiguousarray(frame).data)
            ffmpeg.stdin.close()
        except (BrokenPipeError, ConnectionResetError):
            fail(ffmpeg, target)
        if ffmpeg.failed():
            fail(ffmpeg, target)


def finish(command: Sequence[str], target: Path) -> None:
    """Run to the end. Raises: WorkError: with ffmpeg's reason."""
    with Ffmpeg(command) as ffmpeg:
        if ffmpeg.failed():
            fail(ffmpeg, target)


def fail(ffmpeg: Ffmpeg, target: Path) -> NoReturn:
    """Raise WorkError for a failed run."""
    raise WorkError(f"{target} could not be encoded: {ffmpeg.reason()}")
