"""Latent paths edited like clips: joined, repeated, reversed, retimed, cross-faded; and their cuts.

Latents are float32 [T, ...], z or w; frame T of a closed path would be its frame 0, which is never
repeated.
A cut is the number of a step at which the path jumps; step i leads from latent i to the next.
"""

import jax.numpy as jnp
import numpy as np

from animate import curves
from animate.lazy_latents import FRAMES, Latents

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


ALIKE = 1.1  # times as long a step is no longer one
Cuts = tuple[int, ...]
"""Numbers of the steps at which a walk jumps, ascending; step i leads from latent i to the next."""


def reverse(latents: np.ndarray) -> np.ndarray:
    """Backwards."""
    return latents[::-1].copy()


def repeat(latents: np.ndarray, times: int) -> np.ndarray:
    """A closed walk so many times on end: [times * T, ...]."""
    assert times >= 1, times
    return np.tile(latents, (times, *[1] * (latents.ndim - 1)))


def ping_pong(latents: np.ndarray) -> np.ndarray:
    """There and back: closed, neither end twice: [2 T - 2, ...]."""
    assert len(latents) >= 2, latents.shape
    return np.concatenate([latents, latents[-2:0:-1]])


def retime(latents: np.ndarray, frames: int, *, closed: bool) -> np.ndarray:
    """The same way in another time, straight between neighbours: [frames, ...]; open ends stay."""
    assert frames >= 2, frames
    flat = latents.reshape(len(latents), -1)
    walked = curves.polyline(jnp.asarray(flat), curves.positions(frames, closed=closed), closed=closed)
    return np.asarray(walked).reshape(frames, *latents.shape[1:])


def join(first: np.ndarray, second: np.ndarray, *, fade: int = 0) -> np.ndarray:
    """One after the other; over `fade` frames the end of the first becomes the beginning of the second.

    Without a fade, a frame on which one ends and the other begins comes once.

    Returns: [T1 + T2 - fade, ...], a frame less where the two meet.
    """
    assert first.shape[1:] == second.shape[1:], (first.shape, second.shape)
    assert 0 <= fade <= min(len(first), len(second)), fade
    if fade == 0:
        return np.concatenate([first, second[1:] if meet(first, second) else second])
    share = (np.arange(1, fade + 1) / (fade + 1)).astype(np.float32)
    between = _blend(first[len(first) - fade :], second[:fade], share)
    return np.concatenate([first[: len(first) - fade], between, second[fade:]])


def meet(first: np.ndarray, second: np.ndarray) -> bool:
    """Whether one ends where the other begins."""
    return np.allclose(first[-1], second[0], atol=1e-6)


def join_cuts(first: np.ndarray, second: np.ndarray, cuts: Cuts, others: Cuts, *, fade: int = 0) -> Cuts:
    """Where walks that `join` joins are cut then: where they were, and between them if nothing leads over.

    Nothing need lead over a step that is no longer than the last one before, and than the first one after it,
    as where a loop comes once more.

    Args:
        first, second, fade: as for `join`; each at least two frames.
        cuts, others: of the two, numbers of steps, of which the last one's back to the beginning is gone.
    """
    met = fade == 0 and meet(first, second)
    start = len(first) - fade - met
    own = {cut for cut in cuts if cut < len(first) - 1}
    before, over, after = (np.linalg.norm(b - a) for a, b in (first[-2:], (first[-1], second[0]), second[:2]))
    between = set() if fade or over <= ALIKE * min(before, after) else {len(first) - 1}
    return tuple(sorted(own | between | {start + cut for cut in others if cut < len(second) - 1}))


def close_cuts(count: int, cuts: Cuts, *, fade: int) -> Cuts:
    """Where a walk of `count` latents that `close` closes is cut then."""
    return tuple(sorted({cut % (count - fade) for cut in cuts if cut < count - 1}))


def close(latents: np.ndarray, *, fade: int) -> np.ndarray:
    """An open walk made a loop: its end becomes its beginning over `fade` frames: [T - fade, ...]."""
    assert 1 <= fade <= len(latents) // 2, fade
    share = (np.arange(1, fade + 1) / (fade + 1)).astype(np.float32)
    between = _blend(latents[len(latents) - fade :], latents[:fade], share)
    return np.concatenate([between, latents[fade : len(latents) - fade]])


def _blend(first: np.ndarray, second: np.ndarray, share: np.ndarray) -> np.ndarray:
    """Arcs from one to the other in z, whose length says how likely a latent is; straight lines in w."""
    a, b = jnp.asarray(first), jnp.asarray(second)
    if first.ndim == 2:
        return np.asarray(curves.slerp(a, b, jnp.asarray(share)))
    return np.asarray(curves.lerp(a, b, jnp.broadcast_to(share[:, None], first.shape[:-1])))
