"""Videos as folders of numbered images: 000000.png, 000001.png, ..."""

import collections
import contextlib
import os
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import numpy as np

from data_prep.images import write_image
from data_prep.video.throughput import Throughput

PNG_LEVEL = 2  # 2-4 times as fast as zlib's usual 6, for files a tenth larger


def frame_path(folder: Path, index: int, *, suffix: str = ".png") -> Path:
    """Path of frame `index`."""
    return folder / f"{index:06d}{suffix}"


def missing_frames(folder: Path, count: int, *, suffix: str = ".png") -> list[int]:
    """Indices among 0 .. count - 1 that have no file yet."""
    there = {entry.name for entry in os.scandir(folder)}
    return [index for index in range(count) if frame_path(folder, index, suffix=suffix).name not in there]


def write_frames(
    frames: Iterator[tuple[int, np.ndarray]],
    folder: Path,
    *,
    suffix: str = ".png",
    one_bit: bool = False,
    throughput: Throughput | None = None,
) -> Iterator[int]:
    """Write numbered frames in a thread pool; yield each index once its file is complete.

    Threads suffice because the PNG encoder releases the GIL. At most a few frames per thread are queued.

    Args:
        frames: (index, uint8 [H, W, C]), C = 1, 3 or 4.
        folder: must exist.
        suffix: of an image format.
        one_bit: store gray frames of two values with 1 bit per pixel in PNG files.
        throughput: records when drawing waits for the pool, and when all of the pool waits for a frame.

    Raises: WorkError: a file could not be written; earlier files stay.
    """
    workers = os.cpu_count() or 1
    running: collections.deque[tuple[int, Future[None]]] = collections.deque()
    with ThreadPoolExecutor(workers) as pool, contextlib.ExitStack() as on_error:
        on_error.callback(pool.shutdown, cancel_futures=True)
        started = time.monotonic()
        for index, frame in frames:
            if throughput is not None and all(file.done() for _, file in running):
                throughput.waited("consumer", time.monotonic() - started)
            path = frame_path(folder, index, suffix=suffix)
            written = pool.submit(write_image, path, frame, png_level=PNG_LEVEL, one_bit=one_bit)
            running.append((index, written))
            while len(running) > 4 * workers:
                started = time.monotonic()
                done = _finish(running)
                if throughput is not None:
                    throughput.waited("producer", time.monotonic() - started)
                yield done
            started = time.monotonic()
        while running:
            yield _finish(running)


def _finish(running: collections.deque[tuple[int, Future[None]]]) -> int:
    index, written = running.popleft()
    written.result()
    return index
