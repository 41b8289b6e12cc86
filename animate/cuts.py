"""Where a walk is cut: the numbers of the steps at which it jumps; step i leads from latent i to the next."""

import numpy as np

from animate.blocks import FRAMES, Latents

CUT = 3.0  # times the steps on both sides: a longer one is taken for a cut


def guessed_cuts(latents: Latents, *, closed: bool) -> tuple[int, ...]:
    """Steps that are more than thrice as long as those on both sides of them.

    A guess, for paths that do not say where they are cut: of a part of one frame between two cuts neither is
    found, and a way that is gone in a single frame looks like a cut.

    Args:
        latents: float32 [T, ...].
        closed: whether the step from the last to the first counts, as number T - 1.
    """
    steps = _steps(latents, closed=closed)
    if len(steps) <= 2:
        return ()
    before, after = np.roll(steps, 1), np.roll(steps, -1)
    if not closed:
        before[0] = after[-1] = 0.0
    return tuple(np.flatnonzero(steps > CUT * np.maximum(before, after)).tolist())


def _steps(latents: Latents, *, closed: bool) -> np.ndarray:
    """How far it is from each latent to the next: float64 [T], [T - 1] of an open walk."""
    count = len(latents)
    parts = []
    for start in range(0, count, FRAMES):
        here = np.arange(start, min(start + FRAMES, count))
        apart = latents[(here + 1) % count] - latents[here]
        parts.append(np.sqrt(np.square(apart).reshape(len(here), -1).sum(axis=1, dtype=np.float64)))
    return np.concatenate(parts)[: count if closed else count - 1]
