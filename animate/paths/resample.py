"""A walk that is drawn already, walked again at even apparent speed."""

import dataclasses

import numpy as np

from animate.lazy_latents import Blocks, Latents
from animate.paths.constant_speed import Even, Measure, even_positions
from animate.paths.path import Through, Walk
from animate.paths.timeline import guessed_cuts
from data_prep.errors import InputError


@dataclasses.dataclass(frozen=True, eq=False)
class Line:
    """Straight from each latent of a walk to the next: a curve over u in [0, 1], all steps equally long in u.

    Cuts are left out: the curve jumps from the end of one step to the beginning of the next.
    """

    latents: Latents
    closed: bool
    steps: np.ndarray  # int64 [M], numbers of the steps that are no cuts; step i begins at latent i

    @property
    def cuts(self) -> np.ndarray:
        """Where in u it jumps."""
        return (np.flatnonzero(np.diff(self.steps) > 1) + 1) / len(self.steps)

    def times(self, u: np.ndarray) -> np.ndarray:
        """When, of the whole time of the walk, places u [N] were passed when it was drawn: float64 [N]."""
        step, t = self._locate(u)
        return (step + t) / (len(self.latents) - (not self.closed))

    def __call__(self, u: np.ndarray) -> np.ndarray:
        """Latents at u [N]: float32 [N, ...]."""
        step, t = self._locate(u)
        start, end = self.latents[step], self.latents[(step + 1) % len(self.latents)]
        share = t.astype(np.float32).reshape(-1, *[1] * (start.ndim - 1))
        between: np.ndarray = start * (1 - share) + end * share
        return between

    def _locate(self, u: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        number = np.minimum((u * len(self.steps)).astype(np.int64), len(self.steps) - 1)
        return self.steps[number], u * len(self.steps) - number


def line_of(walk: Walk) -> Line:
    """The line through a walk's latents. Where a walk does not say where it is cut, that is guessed.

    A part of one frame between two cuts has no length, and is left out.

    Raises: InputError: every step is a cut.
    """
    cuts = guessed_cuts(walk.latents, closed=walk.closed) if walk.cuts is None else walk.cuts
    kept = np.setdiff1d(np.arange(len(walk.latents) - (not walk.closed)), cuts)
    if not len(kept):
        raise InputError("--constant-speed: the path is cut after each of its frames; leave it out")
    return Line(walk.latents, walk.closed, kept)


def even_walk(
    walk: Walk, measure: Measure, *, through: Through | None = None
) -> tuple[Walk, Even, np.ndarray]:
    """The same way in as many frames, so that pictures change evenly.

    Frames lie straight between those of the walk. What rests is walked over. A cut stays a cut: it takes
    one step from frame to frame, and no frame shows what would lie between. Where a walk does not say where
    it is cut, as a path file of another hand, cuts are guessed from the lengths of its steps.

    Args:
        walk: its latents come block by block in the new one.
        measure: sees the pictures.
        through: what is done to its latents before they are drawn.

    Returns: the walk; how even it is; and when, in the time of the walk given, each frame was: float64 [T].
    Raises: InputError: it is no curve, or every picture is the same.
    """
    if "random" in (walk.style, *walk.config.get("styles", ())):
        raise InputError("--constant-speed: random is no curve between pictures; leave it out")
    line = line_of(walk)

    def seen(u: np.ndarray) -> np.ndarray:
        latents = line(u)
        return latents if through is None else through(latents, line.times(u))

    count = len(walk.latents)
    even = even_positions(seen, measure, frames=count, closed=walk.closed, cuts=line.cuts)
    made = Blocks(count, lambda rows: line(even.at[rows]))
    config = walk.config | {"constant_speed": True}
    passed = np.searchsorted(line.cuts, np.append(even.at, 1.0)[: count + walk.closed], side="right")
    cuts = set(np.flatnonzero(np.diff(passed)).tolist())
    if walk.closed and line.steps[-1] - line.steps[0] < count - 1:  # the seam is one
        cuts.add(count - 1)
    made_walk = dataclasses.replace(walk, latents=made, config=config, cuts=tuple(sorted(cuts)))
    return made_walk, even, line.times(even.at)
