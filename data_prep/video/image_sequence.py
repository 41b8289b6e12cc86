"""Films as folders of numbered images: 000000.png, 000001.png, ..."""

import collections
import contextlib
import os
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import numpy as np

from data_prep.images import write_image
from data_prep.video.throughput import Pace

PNG_LEVEL = 2  # 2-4 times as fast as zlib's usual 6, for files a tenth larger


def frame_path(folder: Path, index: int, *, suffix: str = ".png") -> Path:
    """Where frame `index` lies."""
    return folder / f"{index:06d}{suffix}"


def missing_frames(folder: Path, count: int, *, suffix: str = ".png") -> list[int]:
    """Frames 0 .. count - 1 that are not there yet."""
    there = {entry.name for entry in os.scandir(folder)}
    return [index for index in range(count) if frame_path(folder, index, suffix=suffix).name not in there]


def write_frames(
    frames: Iterator[tuple[int, np.ndarray]],
    folder: Path,
    *,
    suffix: str = ".png",
    pace: Pace | None = None,
) -> Iterator[int]:
    """Write numbered frames in a pool of threads, and yield each number once its file is whole.

    Threads suffice, since the PNG encoder runs outside Python's lock. A few frames per thread wait at most.

    Args:
        frames: (number, uint8 [H, W, C]), C = 1, 3 or 4.
        folder: must exist.
        suffix: of an image format.
        pace: is told when drawing waits for the pool, and when all of the pool waits for a frame.

    Raises: WorkError: a file could not be written; what was written stays.
    """
    workers = os.cpu_count() or 1
    running: collections.deque[tuple[int, Future[None]]] = collections.deque()
    with ThreadPoolExecutor(workers) as pool, contextlib.ExitStack() as on_error:
        on_error.callback(pool.shutdown, cancel_futures=True)
        begun = time.monotonic()
        for index, frame in frames:
            if pace is not None and all(file.done() for _, file in running):
                pace.waited("taker", time.monotonic() - begun)
            written = pool.submit(
                write_image, frame_path(folder, index, suffix=suffix), frame, png_level=PNG_LEVEL
            )
            running.append((index, written))
            while len(running) > 4 * workers:
                begun = time.monotonic()
                done = _finish(running)
                if pace is not None:
                    pace.waited("maker", time.monotonic() - begun)
                yield done
            begun = time.monotonic()
        while running:
            yield _finish(running)


def _finish(running: collections.deque[tuple[int, Future[None]]]) -> int:
    index, written = running.popleft()
    written.result()
    return index
