"""Frames of a film in batches: of one shape, with the last frame repeated where a batch is not full."""

from collections.abc import Callable, Iterable, Iterator

import numpy as np

from data_prep.errors import InputError
from fill.lines import MAX_SIDE_PX

Frames = Callable[[], Iterable[np.ndarray]]
"""Reads a film from its first frame on: uint8 [H, W, C], C = 1, 3 or 4, all of one shape."""


def batched(frames: Iterable[np.ndarray], batch: int) -> Iterator[tuple[np.ndarray, int]]:
    """(uint8 [batch, H, W, C], how many of them count).

    Raises: InputError: a frame is of another shape than the first, or has a side above MAX_SIDE_PX.
    """
    first: np.ndarray | None = None
    chunk: list[np.ndarray] = []
    for index, frame in enumerate(frames):
        first = frame if first is None else first
        if frame.shape != first.shape:
            raise InputError(
                f"frame {index} is {_size(frame)}, the first is {_size(first)}; a film has one size: resize "
                "its frames, or fill them one by one with `inkloop fill blob`"
            )
        if max(frame.shape[:2]) > MAX_SIDE_PX:
            raise InputError(f"frame {index} is {_size(frame)}; fill takes sides up to {MAX_SIDE_PX} px")
        chunk.append(frame)
        if len(chunk) == batch:
            yield np.stack(chunk), batch
            chunk = []
    if chunk:
        yield stacked(chunk, batch), len(chunk)


def stacked(frames: list[np.ndarray], rows: int) -> np.ndarray:
    """[rows, ...]; the last frame repeats."""
    return np.stack(frames + [frames[-1]] * (rows - len(frames)))


def _size(frame: np.ndarray) -> str:
    height, width, channels = frame.shape
    return f"{width} x {height} px with {channels} channel{'s' if channels > 1 else ''}"
