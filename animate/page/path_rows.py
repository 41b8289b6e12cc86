"""Latents of a path file as a page reads them: int16 rows, little-endian, with one scale."""

import dataclasses
from typing import Any

import numpy as np

from animate import curves
from animate.paths.path import LatentPath
from animate.render import check_path
from data_prep.errors import InputError
from gan.sample import Generator

MAX_BYTES = 4_000_000
LEVELS = 32_767


@dataclasses.dataclass(frozen=True)
class PathRows:
    """A path in the form of a page."""

    rows: np.ndarray  # int16 [M, D]; times `scale` they are latents
    scale: float
    path: LatentPath

    def described(self, file: str) -> dict[str, Any]:
        """The entry of page.json for rows stored in `file`."""
        return {
            "file": file,
            "space": self.path.space,
            "size": self.rows.shape[1],
            "frames": len(self.path.latents),
            "scale": self.scale,
            "isClosed": self.path.closed,
            "seconds": len(self.path.latents) / self.path.fps,
            "truncation": self.path.truncation,
        }


def path_rows(generator: Generator, path: LatentPath, *, name: str) -> PathRows:
    """Rows of a path: layers that are equal are stored once, and paths above MAX_BYTES are resampled.

    Between rows the page interpolates linearly. Rounding is at most 1 / 65,534 of the largest value.

    Args:
        generator: that the page plays.
        path: made for this generator.
        name: of the file, for messages.

    Raises: InputError: the path was made for another generator.
    """
    if path.generator not in (None, generator.identity):
        raise InputError(f"{name} was made for another generator; make it again with this run")
    try:
        check_path(generator, path.latents, truncation=path.truncation if path.space == "z" else 1.0)
    except InputError as error:
        raise InputError(f"{name}: {error}") from None
    latents = np.asarray(path.latents[:], np.float32)
    if latents.ndim == 3 and (latents == latents[:, :1]).all():
        latents = latents[:, 0]
    latents = latents.reshape(len(latents), -1)
    count = min(len(latents), max(2, MAX_BYTES // (2 * latents.shape[1])))
    if count < len(latents):
        start, end, t = curves.neighbours(
            len(latents), curves.positions(count, closed=path.closed), closed=path.closed
        )
        weight = t.astype(np.float32)[:, None]
        latents = latents[start] * (1 - weight) + latents[end] * weight
    scale = float(np.abs(latents).max()) / LEVELS or 1.0
    return PathRows(np.rint(latents / scale).astype("<i2"), scale, path)
