"""Edit latent paths: join, repeat, reverse, retime, cross-fade; and track their cuts.

Latents are float32 [T, ...] in z or w; frame T of a closed path would equal frame 0 and is not repeated.
A cut is the number of a step at which the path jumps; step i leads from latent i to the next.
"""

import jax.numpy as jnp
import numpy as np

from animate import curves
from animate.lazy_latents import BLOCK_FRAMES, Latents

CUT_RATIO = 3.0  # of a step to the longer of its neighbours, above which it is detected as a cut
CONTINUOUS_RATIO = 1.1  # of a step to its shorter neighbour, up to which it is not a cut

Cuts = tuple[int, ...]
"""Numbers of the steps at which a path jumps, ascending."""


def detect_cuts(latents: Latents, *, closed: bool) -> tuple[int, ...]:
    """Detect cuts: steps more than CUT_RATIO times as long as both neighbours.

    A heuristic for paths without recorded cuts: it misses two cuts that are one frame apart, and reports a
    segment of a single frame as a cut.

    Args:
        latents: float32 [T, ...].
        closed: include the step from the last latent to the first, number T - 1.
    """
    steps = _steps(latents, closed=closed)
    if len(steps) <= 2:
        return ()
    before, after = np.roll(steps, 1), np.roll(steps, -1)
    if not closed:
        before[0] = after[-1] = 0.0
    return tuple(np.flatnonzero(steps > CUT_RATIO * np.maximum(before, after)).tolist())


def _steps(latents: Latents, *, closed: bool) -> np.ndarray:
    """Distance from each latent to the next: float64 [T], [T - 1] of an open path."""
    count = len(latents)
    parts = []
    for start in range(0, count, BLOCK_FRAMES):
        here = np.arange(start, min(start + BLOCK_FRAMES, count))
        difference = latents[(here + 1) % count] - latents[here]
        parts.append(np.sqrt(np.square(difference).reshape(len(here), -1).sum(axis=1, dtype=np.float64)))
    return np.concatenate(parts)[: count if closed else count - 1]


def reverse(latents: np.ndarray) -> np.ndarray:
    """Reverse the frames."""
    return latents[::-1].copy()


def repeat(latents: np.ndarray, times: int) -> np.ndarray:
    """Repeat a closed path: [times * T, ...]."""
    assert times >= 1, times
    return np.tile(latents, (times, *[1] * (latents.ndim - 1)))


def ping_pong(latents: np.ndarray) -> np.ndarray:
    """Forward, then backward; closed, without repeated ends: [2 T - 2, ...]."""
    assert len(latents) >= 2, latents.shape
    return np.concatenate([latents, latents[-2:0:-1]])


def retime(latents: np.ndarray, frames: int, *, closed: bool) -> np.ndarray:
    """Resample to another number of frames, linearly: [frames, ...]; an open path keeps its ends."""
    assert frames >= 2, frames
    flat = latents.reshape(len(latents), -1)
    resampled = curves.polyline(jnp.asarray(flat), curves.positions(frames, closed=closed), closed=closed)
    return np.asarray(resampled).reshape(frames, *latents.shape[1:])


def join(first: np.ndarray, second: np.ndarray, *, fade: int = 0) -> np.ndarray:
    """Join two paths, cross-fading the end of the first into the start of the second over `fade` frames.

    Without a fade, a frame common to end and start appears once.

    Returns: [T1 + T2 - fade, ...], one frame less if the two meet.
    """
    assert first.shape[1:] == second.shape[1:], (first.shape, second.shape)
    assert 0 <= fade <= min(len(first), len(second)), fade
    if fade == 0:
        return np.concatenate([first, second[1:] if meet(first, second) else second])
    weight = (np.arange(1, fade + 1) / (fade + 1)).astype(np.float32)
    between = _blend(first[len(first) - fade :], second[:fade], weight)
    return np.concatenate([first[: len(first) - fade], between, second[fade:]])


def meet(first: np.ndarray, second: np.ndarray) -> bool:
    """Whether the first ends where the second starts."""
    return np.allclose(first[-1], second[0], atol=1e-6)


def join_cuts(first: np.ndarray, second: np.ndarray, cuts: Cuts, others: Cuts, *, fade: int = 0) -> Cuts:
    """Cuts of the joined path: those of the parts, and the joint if it is discontinuous.

    A joint is continuous if faded, or if its step is no longer than both neighbouring steps, as when a loop
    repeats.

    Args:
        first, second, fade: as for `join`; each at least two frames.
        cuts, others: cuts of first and second; a cut at a closing step is dropped.
    """
    met = fade == 0 and meet(first, second)
    start = len(first) - fade - met
    own = {cut for cut in cuts if cut < len(first) - 1}
    before, over, after = (np.linalg.norm(b - a) for a, b in (first[-2:], (first[-1], second[0]), second[:2]))
    between = set() if fade or over <= CONTINUOUS_RATIO * min(before, after) else {len(first) - 1}
    return tuple(sorted(own | between | {start + cut for cut in others if cut < len(second) - 1}))


def close_cuts(count: int, cuts: Cuts, *, fade: int) -> Cuts:
    """Cuts of a path of `count` latents after `close`."""
    return tuple(sorted({cut % (count - fade) for cut in cuts if cut < count - 1}))


def close(latents: np.ndarray, *, fade: int) -> np.ndarray:
    """Close an open path by fading its end into its start over `fade` frames: [T - fade, ...]."""
    assert 1 <= fade <= len(latents) // 2, fade
    weight = (np.arange(1, fade + 1) / (fade + 1)).astype(np.float32)
    between = _blend(latents[len(latents) - fade :], latents[:fade], weight)
    return np.concatenate([between, latents[fade : len(latents) - fade]])


def _blend(first: np.ndarray, second: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """Spherical interpolation in z, which keeps the norm typical; linear interpolation in w."""
    a, b = jnp.asarray(first), jnp.asarray(second)
    if first.ndim == 2:
        return np.asarray(curves.slerp(a, b, jnp.asarray(weight)))
    return np.asarray(curves.lerp(a, b, jnp.broadcast_to(weight[:, None], first.shape[:-1])))
