"""Gates and distributions from uniforms."""

import jax
import jax.numpy as jnp
import numpy as np

from gan.augment.draws import angle, gated, log_normal, normal

U = jax.random.uniform(jax.random.key(0), (100_000,))


def test_gates_open_with_probability_p():
    for p, fraction in [(0.0, 0.0), (0.3, 0.3), (1.0, 1.0)]:
        found = gated(U, p, jnp.full_like(U, 5.0), 2)
        assert set(np.unique(found)) <= {2.0, 5.0}
        np.testing.assert_allclose((found == 5).mean(), fraction, atol=0.01)


def test_normals_are_standard_and_finite_at_the_ends():
    values = normal(U)
    np.testing.assert_allclose([values.mean(), values.std()], [0, 1], atol=0.01)
    ends = normal(jnp.array([0.0, 1 - 2.0**-23]))
    assert np.isfinite(ends).all()
    np.testing.assert_allclose(ends[0], -ends[1], rtol=1e-5)


def test_log_normals_have_their_deviation_in_octaves():
    np.testing.assert_allclose(jnp.log2(log_normal(U, 0.5)).std(), 0.5, atol=0.01)


def test_angles_cover_a_turn():
    radians = angle(U)
    np.testing.assert_allclose([radians.min(), radians.max()], [-np.pi, np.pi], atol=1e-3)
