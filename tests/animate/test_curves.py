import itertools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from animate import curves


@pytest.fixture
def points():
    return jax.random.normal(jax.random.key(1), (12, 5))


def casteljau(control, t):
    """Plain de Casteljau in float64."""
    control = [np.asarray(p, np.float64) for p in control]
    while len(control) > 1:
        control = [(1 - t) * a + t * b for a, b in itertools.pairwise(control)]
    return control[0]


def plain_bezier(points, frames_per_segment):
    n, count = np.asarray(points, np.float64), len(points)
    frames = []
    for i in range(count // 3):
        p0 = n[(3 * i - 1) % count]
        p1 = 2 * p0 - n[(3 * i - 2) % count]
        control = [p0, p1, n[3 * i], n[3 * i + 1], n[3 * i + 2]]
        frames += [casteljau(control, j / frames_per_segment) for j in range(frames_per_segment)]
    return np.array(frames)


@pytest.mark.parametrize("frames_per_segment", [1, 7, 10])
@pytest.mark.parametrize("segments", [1, 2, 4])
def test_bezier_loop_equals_de_casteljau(points, segments, frames_per_segment):
    loop = curves.bezier_loop(points[: 3 * segments], frames_per_segment)
    np.testing.assert_allclose(loop, plain_bezier(points[: 3 * segments], frames_per_segment), atol=2e-6)


def test_bezier_chain_equals_de_casteljau_for_any_number_of_frames(points):
    frames, segments = 23, 4
    chain = curves.bezier_chain(points, curves.positions(frames, closed=True))
    fine = plain_bezier(points, frames)  # t = i * S / T lies on this finer raster
    np.testing.assert_allclose(chain, fine[::segments], atol=2e-6)


@pytest.mark.parametrize("curve", [curves.bezier_chain, curves.spline])
def test_direction_and_speed_are_continuous_across_joints_and_seam(points, curve):
    segments = 4 if curve is curves.bezier_chain else 12
    h = 1e-3 / segments
    for joint in range(segments):
        x = np.asarray(curve(points, (joint / segments + h * np.arange(-2, 3)) % 1))
        incoming, outgoing = (
            3 * x[2] - 4 * x[1] + x[0],
            -3 * x[2] + 4 * x[3] - x[4],
        )  # 2 h x', to second order
        assert np.linalg.norm(outgoing - incoming) < 0.01 * np.linalg.norm(incoming)


def test_bezier_turns_only_a_little_between_frames(points):
    """A wrong control point would show as a corner."""
    steps = np.diff(np.asarray(curves.bezier_loop(points, 200)), axis=0)
    cosines = (
        (steps[1:] * steps[:-1]).sum(1)
        / np.linalg.norm(steps[1:], axis=1)
        / np.linalg.norm(steps[:-1], axis=1)
    )
    assert cosines.min() > 0.98


@pytest.mark.parametrize("closed", [True, False])
@pytest.mark.parametrize("curve", [curves.polyline, curves.great_arcs, curves.spline])
def test_curves_meet_their_points(points, curve, closed):
    count = len(points)
    u = curves.positions(count, closed=closed)
    np.testing.assert_allclose(curve(points, u, closed=closed), points, atol=2e-6)
    if closed:
        np.testing.assert_allclose(curve(points, np.ones(1))[0], points[0], atol=2e-6)


def test_polyline_equals_interp(points):
    u = np.linspace(0, 1, 37)
    loop = np.concatenate([points, points[:1]])
    for closed, knots in [(True, loop), (False, np.asarray(points))]:
        line = np.linspace(0, 1, len(knots))
        plain = np.stack([np.interp(u, line, knots[:, d]) for d in range(5)], axis=1)
        np.testing.assert_allclose(curves.polyline(points, u, closed=closed), plain, atol=2e-6)


def test_open_spline_reproduces_a_straight_line():
    line = jnp.arange(6.0)[:, None] * jnp.array([[1.0, -2.0]])
    u = np.linspace(0, 1, 41)
    np.testing.assert_allclose(curves.spline(line, u, closed=False)[:, 0], 5 * u, atol=1e-5)


def test_lerp_and_slerp_reach_their_ends(points):
    a, b = points[:6], points[6:]
    for blend in (curves.lerp, curves.slerp):
        np.testing.assert_allclose(blend(a, b, jnp.zeros(6)), a, atol=2e-6)
        np.testing.assert_allclose(blend(a, b, jnp.ones(6)), b, atol=2e-6)


def test_slerp_turns_evenly_and_its_length_changes_evenly(points):
    a, b, t = points[0], points[1], jnp.linspace(0, 1, 11)
    arc = np.asarray(curves.slerp(jnp.tile(a, (11, 1)), jnp.tile(b, (11, 1)), t), np.float64)
    norms = np.linalg.norm(arc, axis=1)
    np.testing.assert_allclose(norms, np.linspace(norms[0], norms[-1], 11), rtol=1e-5)
    unit = arc / norms[:, None]
    angles = np.arccos((unit[1:] * unit[:-1]).sum(1))
    np.testing.assert_allclose(angles, angles[0], rtol=1e-3)
    np.testing.assert_allclose(angles.sum(), np.arccos(unit[0] @ unit[-1]), rtol=1e-5)


@pytest.mark.parametrize("size", [1, 2, 5])
def test_slerp_between_equal_and_opposite_latents_is_finite(size):
    a = jnp.ones((3, size))
    t = jnp.array([0.0, 0.5, 1.0])
    np.testing.assert_allclose(curves.slerp(a, a, t), a, atol=1e-6)
    opposite = np.asarray(curves.slerp(a, -a, t))
    np.testing.assert_allclose(opposite[[0, 2]], np.asarray(a)[[0, 2]] * [[1], [-1]], atol=1e-6)
    if size > 1:
        np.testing.assert_allclose(np.linalg.norm(opposite[1]), np.linalg.norm(a[1]), rtol=1e-6)


def test_sine_loop_equals_sines():
    frames, u = 1000, curves.positions(1000, closed=True)
    cycles = np.array([1, 60, 12, 1, 5])
    base, amplitude, phase = np.random.default_rng(0).normal(size=(3, 5))
    loop = curves.sine_loop(
        *(jnp.asarray(base, jnp.float32), u),
        amplitude=jnp.asarray(amplitude, jnp.float32),
        cycles=cycles,
        phase_turns=jnp.asarray(phase, jnp.float32),
    )
    turns = np.arange(frames)[:, None] * cycles / frames
    np.testing.assert_allclose(loop, base + amplitude * np.sin(2 * np.pi * (turns + phase)), atol=3e-6)


def test_positions_do_not_repeat_the_seam():
    np.testing.assert_array_equal(curves.positions(4, closed=True), [0, 0.25, 0.5, 0.75])
    np.testing.assert_array_equal(curves.positions(5, closed=False), [0, 0.25, 0.5, 0.75, 1])
