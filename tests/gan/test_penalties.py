"""R1 of functions whose gradient is known."""

import jax
import jax.numpy as jnp
import numpy as np

from gan.penalties import squared_gradient


def test_gradient_of_a_linear_critic_is_its_weights():
    weights = jax.random.normal(jax.random.key(0), (4, 4, 2))
    images = jax.random.normal(jax.random.key(1), (3, 4, 4, 2))
    norms, logits = squared_gradient(lambda x: jnp.einsum("nhwc,hwc->n", x, weights), images)
    np.testing.assert_allclose(norms, np.full(3, np.square(weights).sum()), rtol=1e-5)
    np.testing.assert_allclose(logits, np.einsum("nhwc,hwc->n", images, weights), rtol=1e-4)


def test_gradient_of_a_quadratic_critic():
    images = jax.random.normal(jax.random.key(1), (3, 4, 4, 1))
    norms, _ = squared_gradient(lambda x: jnp.square(x).sum((1, 2, 3)), images)
    np.testing.assert_allclose(norms, 4 * np.square(images).sum((1, 2, 3)), rtol=1e-5)
