"""Retime the latents of an existing path to constant apparent speed."""

import dataclasses

import numpy as np

from animate.lazy_latents import Latents, LazyLatents
from animate.paths.constant_speed import Measure, Retiming, even_positions
from animate.paths.path import LatentPath, Transform
from animate.paths.timeline import detect_cuts
from data_prep.errors import InputError


@dataclasses.dataclass(frozen=True, eq=False)
class Polyline:
    """Lines from each latent of a path to the next: a curve over u in [0, 1], steps of equal length in u.

    Cuts are skipped: the curve jumps from the end of one step to the start of the next.
    """

    latents: Latents
    closed: bool
    steps: np.ndarray  # int64 [M], numbers of the steps that are not cuts; step i starts at latent i

    @property
    def cuts(self) -> np.ndarray:
        """Positions u of the jumps."""
        return (np.flatnonzero(np.diff(self.steps) > 1) + 1) / len(self.steps)

    def times(self, u: np.ndarray) -> np.ndarray:
        """Times in [0, 1] of the original path at positions u [N]: float64 [N]."""
        step, t = self._locate(u)
        return (step + t) / (len(self.latents) - (not self.closed))

    def __call__(self, u: np.ndarray) -> np.ndarray:
        """Latents at u [N]: float32 [N, ...]."""
        step, t = self._locate(u)
        start, end = self.latents[step], self.latents[(step + 1) % len(self.latents)]
        weight = t.astype(np.float32).reshape(-1, *[1] * (start.ndim - 1))
        between: np.ndarray = start * (1 - weight) + end * weight
        return between

    def _locate(self, u: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        number = np.minimum((u * len(self.steps)).astype(np.int64), len(self.steps) - 1)
        return self.steps[number], u * len(self.steps) - number


def polyline_of(path: LatentPath) -> Polyline:
    """The polyline through a path's latents; unknown cuts are detected by `detect_cuts`.

    A part of one frame between two cuts has no length and is dropped.

    Raises: InputError: every step is a cut.
    """
    cuts = detect_cuts(path.latents, closed=path.closed) if path.cuts is None else path.cuts
    steps = np.setdiff1d(np.arange(len(path.latents) - (not path.closed)), cuts)
    if not len(steps):
        raise InputError("--constant-speed: the path has a cut after every frame; leave it out")
    return Polyline(path.latents, path.closed, steps)


def retime_path(
    path: LatentPath, measure: Measure, *, transform: Transform | None = None
) -> tuple[LatentPath, Retiming, np.ndarray]:
    """Retime a path to constant apparent speed, with the same number of frames.

    Frames are linear between those of the path. Pauses are removed. A cut stays a cut between two frames, and
    no frame lies within it. Unknown cuts are detected from the lengths of the steps.

    Args:
        path: its latents are read lazily by the result.
        measure: renders thumbnails.
        transform: applied to latents before they are rendered.

    Returns: the retimed path; its evenness; and the time of each frame in the original path, float64 [T].
    Raises: InputError: not a curve, or all images are the same.
    """
    if "random" in (path.style, *path.config.get("styles", ())):
        raise InputError("--constant-speed: random is not a curve; leave it out")
    line = polyline_of(path)

    def drawn(u: np.ndarray) -> np.ndarray:
        latents = line(u)
        return latents if transform is None else transform(latents, line.times(u))

    count = len(path.latents)
    retiming = even_positions(drawn, measure, frames=count, closed=path.closed, cuts=line.cuts)
    latents = LazyLatents(count, lambda rows: line(retiming.at[rows]))
    config = path.config | {"constant_speed": True}
    jumps = np.searchsorted(line.cuts, np.append(retiming.at, 1.0)[: count + path.closed], side="right")
    cuts = set(np.flatnonzero(np.diff(jumps)).tolist())
    if path.closed and line.steps[-1] - line.steps[0] < count - 1:  # the seam is a cut
        cuts.add(count - 1)
    retimed = dataclasses.replace(path, latents=latents, config=config, cuts=tuple(sorted(cuts)))
    return retimed, retiming, line.times(retiming.at)
