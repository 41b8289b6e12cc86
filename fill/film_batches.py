"""Frames of a film in batches: of one shape, with the last frame repeated where a batch is not full."""

import itertools
from collections.abc import Iterable, Iterator

import numpy as np

from data_prep.errors import InputError
from fill.lines import MAX_SIDE_PX


def batched(frames: Iterable[np.ndarray], batch: int) -> Iterator[tuple[np.ndarray, int]]:
    """(uint8 [batch, H, W, C], how many of them count). Raises: InputError, see `of_one_size`."""
    checked = of_one_size(frames)
    while chunk := list(itertools.islice(checked, batch)):
        yield stacked(chunk, batch), len(chunk)


def of_one_size(frames: Iterable[np.ndarray]) -> Iterator[np.ndarray]:
    """Frames uint8 [H, W, C] as they come.

    Raises: InputError: one is of another shape than the first, or has a side above MAX_SIDE_PX.
    """
    first: np.ndarray | None = None
    for index, frame in enumerate(frames):
        first = frame if first is None else first
        if frame.shape != first.shape:
            raise InputError(
                f"frame {index} is {_size(frame)}, the first is {_size(first)}; a film has one size: resize "
                "its frames, or fill them one by one with `inkloop fill blob`"
            )
        if max(frame.shape[:2]) > MAX_SIDE_PX:
            raise InputError(f"frame {index} is {_size(frame)}; fill takes sides up to {MAX_SIDE_PX} px")
        yield frame


def stacked(frames: list[np.ndarray], rows: int) -> np.ndarray:
    """[rows, ...]; the last frame repeats."""
    return np.stack(frames + [frames[-1]] * (rows - len(frames)))


def _size(frame: np.ndarray) -> str:
    height, width, channels = frame.shape
    return f"{width} x {height} px with {channels} channel{'s' if channels > 1 else ''}"
