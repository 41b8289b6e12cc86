"""Curves in latent space: the shared maths of paths.

Notation: points [N, D] float32 define a curve, u [T] float64 (host) in [0, 1] are the positions at which it
is evaluated, S is the number of segments, t in [0, 1] the position within one. Positions and basis weights
are computed on the host in float64, so a curve of any length meets its points exactly. Every function
returns [T, D] float32, and closed curves have x(1) = x(0).
"""

from collections.abc import Sequence

import jax
import jax.numpy as jnp
import numpy as np


def positions(frames: int, *, closed: bool) -> np.ndarray:
    """u [frames] float64: i / T on a closed curve, i / (T - 1) on an open one."""
    return np.arange(frames) / (frames if closed else frames - 1)


def ease(t: np.ndarray, easing: str) -> np.ndarray:
    """Easing of t [...] in [0, 1]: "linear", "smooth" (slow at both ends), "in" or "out".

    Monotonic from 0 at t = 0 to 1 at t = 1.
    """
    if easing == "smooth":
        return (1 - np.cos(np.pi * t)) / 2
    if easing == "in":
        return t**2
    return 1 - (1 - t) ** 2 if easing == "out" else t


def ease_values(values: Sequence[float], u: np.ndarray, *, closed: bool) -> np.ndarray:
    """Interpolate values at equal intervals, smoothly and without overshoot: [T] float64.

    Closed, the result returns to the first value, which may be repeated as the last: 0.5 1 and 0.5 1 0.5 are
    the same. Open, it ends on the last. The derivative is 0 at each value.
    """
    keys = list(values)
    if closed:
        keys += keys[:1] if keys[0] != keys[-1] or len(keys) == 1 else []
    if len(keys) == 1:
        keys = keys * 2
    x = u * (len(keys) - 1)
    start = np.minimum(np.floor(x).astype(np.int64), len(keys) - 2)
    a, b = np.asarray(keys)[start], np.asarray(keys)[start + 1]
    return a + (b - a) * ease(x - start, "smooth")


def lerp(a: jax.Array, b: jax.Array, t: jax.Array) -> jax.Array:
    """Linear interpolation from a to b: arrays [..., D], t [...] in [0, 1]."""
    return a + (b - a) * t[..., None]


def slerp(a: jax.Array, b: jax.Array, t: jax.Array) -> jax.Array:
    """Spherical interpolation from a to b: constant angular speed on the great circle, linear in the norm.

    Args:
        a, b: [..., D] float32. Between opposite directions an arbitrary perpendicular is used.
        t: [...] in [0, 1].

    Returns: [..., D] float32; of norm |a| if |a| = |b|.
    Source: Shoemake 1985, section 3.3, written with the component of b perpendicular to a, which is
        stable at small angles.
    """
    a_norm, b_norm = (jnp.linalg.norm(x, axis=-1, keepdims=True) for x in (a, b))
    a_unit, b_unit = a / jnp.maximum(a_norm, 1e-12), b / jnp.maximum(b_norm, 1e-12)
    cos_angle = jnp.sum(a_unit * b_unit, axis=-1, keepdims=True)
    away = b_unit - cos_angle * a_unit
    sin_angle = jnp.linalg.norm(away, axis=-1, keepdims=True)
    least = jax.nn.one_hot(jnp.argmin(jnp.abs(a_unit), axis=-1), a.shape[-1], dtype=a.dtype)
    spare = least - jnp.sum(least * a_unit, axis=-1, keepdims=True) * a_unit
    away = jnp.where(sin_angle > 1e-6, away, spare)
    away = away / jnp.maximum(jnp.linalg.norm(away, axis=-1, keepdims=True), 1e-12)
    angle = t[..., None] * jnp.arctan2(sin_angle, cos_angle)
    return lerp(a_norm, b_norm, t) * (jnp.cos(angle) * a_unit + jnp.sin(angle) * away)


def polyline(points: jax.Array, u: np.ndarray, *, closed: bool = True) -> jax.Array:
    """Straight lines through points [N, D], of equal duration in u."""
    start, t = _locate(u, points.shape[0], closed=closed)
    return _blend(points, _window(start, range(2), points.shape[0]), np.stack([1 - t, t], axis=-1))


def great_arcs(points: jax.Array, u: np.ndarray, *, closed: bool = True) -> jax.Array:
    """`slerp` from each of points [N, D] to the next."""
    start, t = _locate(u, points.shape[0], closed=closed)
    index = _window(start, range(2), points.shape[0])
    return _arcs(points, jnp.asarray(index, jnp.int32), jnp.asarray(t, jnp.float32))


def spline(points: jax.Array, u: np.ndarray, *, closed: bool = True) -> jax.Array:
    """Cubic through points [N, D], C1; an open one is linear beyond its ends.

    Source: Catmull and Rom 1974, uniform: the tangent at a point is half the difference of its neighbours.
    """
    start, t = _locate(u, points.shape[0], closed=closed)
    basis = [-t + 2 * t**2 - t**3, 2 - 5 * t**2 + 3 * t**3, t + 4 * t**2 - 3 * t**3, -(t**2) + t**3]
    if closed:
        index = _window(start, range(-1, 3), points.shape[0])
    else:
        before, after = 2 * points[:1] - points[1:2], 2 * points[-1:] - points[-2:-1]
        points = jnp.concatenate([before, points, after])
        index = _window(start, range(4), points.shape[0])
    return _blend(points, index, np.stack(basis, axis=-1) / 2)


def bezier_chain(points: jax.Array, u: np.ndarray) -> jax.Array:
    """Closed chain of S quartic Bezier curves; direction and speed are continuous across the joints.

    With n = points [3 S, D] and indices that wrap, segment i has p0 = n[3i-1], p1 = 2 p0 - n[3i-2],
    p2 = n[3i], p3 = n[3i+1], p4 = n[3i+2].

    Source: Bernstein form of degree 4; p1 mirrors the previous p3, which gives C1.
    """
    count = points.shape[0]
    assert count % 3 == 0, count
    start, t = _locate(u, count // 3, closed=True)
    s = 1 - t
    b0, b1, b2, b3, b4 = s**4, 4 * t * s**3, 6 * t**2 * s**2, 4 * t**3 * s, t**4
    weights = np.stack([-b1, b0 + 2 * b1, b2, b3, b4], axis=-1)  # p1 expressed in n
    return _blend(points, _window(3 * start, range(-2, 3), count), weights)


def bezier_loop(points: jax.Array, frames_per_segment: int) -> jax.Array:
    """`bezier_chain` at t = i / frames_per_segment: points [3 S, D] -> [S * frames_per_segment, D]."""
    return bezier_chain(points, positions(points.shape[0] // 3 * frames_per_segment, closed=True))


def sine_loop(
    base: jax.Array,
    u: np.ndarray,
    *,
    amplitude: jax.Array,
    cycles: np.ndarray | jax.Array,
    phase_turns: jax.Array,
    possible: np.ndarray | None = None,
) -> jax.Array:
    """base + amplitude * sin(2 pi (cycles * u + phase_turns)), per dimension.

    Args:
        base, amplitude, phase_turns: [D] float32; a phase of 1 is a full turn.
        cycles: [D] whole numbers.
        possible: [K] all that cycles may be, in order, on the host; None: those of `cycles` on the host.

    By the angle addition theorem this is a product of two small matrices, [T, 2 K] for the K distinct
    frequencies and [2 K, D], instead of T * D sines.
    """
    frequencies = np.unique(np.asarray(cycles)) if possible is None else possible
    turns = u[:, None] * frequencies
    angle = (2 * np.pi * (turns - np.rint(turns))).astype(np.float32)  # reduced, so float32 is accurate
    waves = np.concatenate([np.sin(angle), np.cos(angle)], axis=1)  # [T, 2 K]
    selected = (jnp.asarray(frequencies)[:, None] == jnp.asarray(cycles)[None]).astype(jnp.float32)  # [K, D]
    phase = 2 * jnp.pi * phase_turns
    mix = jnp.concatenate(
        [selected * (amplitude * jnp.cos(phase))[None], selected * (amplitude * jnp.sin(phase))[None]]
    )
    return _mix(base, jnp.asarray(waves), mix)


def circle_loop(across: jax.Array, up: jax.Array, u: np.ndarray) -> jax.Array:
    """cos(2 pi u) * across + sin(2 pi u) * up: a circle around 0 if the two [D] are perpendicular."""
    angle = 2 * np.pi * (u - np.rint(u))
    waves = jnp.asarray(np.stack([np.cos(angle), np.sin(angle)], axis=1), jnp.float32)
    return _mix(jnp.zeros_like(across), waves, jnp.stack([across, up]))


def fourier_loop(coefficients: jax.Array, u: np.ndarray) -> jax.Array:
    """sum over k of a_k cos(2 pi k u) + b_k sin(2 pi k u): coefficients [2, K, D], a then b, k from 0."""
    turns = u[:, None] * np.arange(coefficients.shape[1])
    angle = 2 * np.pi * (turns - np.rint(turns))
    waves = jnp.asarray(np.concatenate([np.cos(angle), np.sin(angle)], axis=1), jnp.float32)
    flat = coefficients.reshape(-1, coefficients.shape[-1])
    return _mix(jnp.zeros_like(flat[0]), waves, flat)


def neighbours(count: int, u: np.ndarray, *, closed: bool) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Rows of `count` before and after u [T], and the position between: [T], [T], t [T] float64."""
    if count == 1:
        zeros = np.zeros(len(u), np.int64)
        return zeros, zeros, np.zeros(len(u))
    start, t = _locate(u, count, closed=closed)
    return start % count, (start + 1) % count, t


def _locate(u: np.ndarray, count: int, *, closed: bool) -> tuple[np.ndarray, np.ndarray]:
    """u -> (segment [T] int, t [T]) on a curve of `count` segments, or through `count` points if open."""
    segments = count if closed else count - 1
    x = u * segments
    segment = np.floor(x).astype(np.int64)
    if not closed:
        segment = np.minimum(segment, segments - 1)  # u = 1 ends the last one
    return segment, x - segment


def _window(start: np.ndarray, offsets: range, count: int) -> np.ndarray:
    """Indices [T, K] of the points around each start, wrapped."""
    return (start[:, None] + np.asarray(offsets)) % count


def _blend(points: jax.Array, index: np.ndarray, weights: np.ndarray) -> jax.Array:
    """sum over k of weights[t, k] * points[index[t, k]]."""
    return _weighted_sum(points, jnp.asarray(index, jnp.int32), jnp.asarray(weights, jnp.float32))


@jax.jit
def _weighted_sum(points: jax.Array, index: jax.Array, weights: jax.Array) -> jax.Array:
    terms = [weights[:, k, None] * points[index[:, k]] for k in range(index.shape[1])]
    return sum(terms[1:], terms[0])


@jax.jit
def _arcs(points: jax.Array, index: jax.Array, t: jax.Array) -> jax.Array:
    return slerp(points[index[:, 0]], points[index[:, 1]], t)


@jax.jit
def _mix(base: jax.Array, waves: jax.Array, mix: jax.Array) -> jax.Array:
    return base[None] + jnp.dot(waves, mix, precision=jax.lax.Precision.HIGHEST)
