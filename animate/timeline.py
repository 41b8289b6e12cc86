"""Walks cut together: joined, repeated, turned round, there and back, slower or faster, faded over.

Latents are float32 [T, ...], z or w; a closed walk's frame T would be its frame 0, which no function repeats.
"""

import jax.numpy as jnp
import numpy as np

from animate import curves


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
        meet = np.allclose(first[-1], second[0], atol=1e-6)
        return np.concatenate([first, second[1:] if meet else second])
    share = (np.arange(1, fade + 1) / (fade + 1)).astype(np.float32)
    between = _blend(first[len(first) - fade :], second[:fade], share)
    return np.concatenate([first[: len(first) - fade], between, second[fade:]])


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
