"""Both terms of the bound, compared with their definitions and with Monte Carlo."""

import jax
import jax.numpy as jnp
import numpy as np

from gan.draw.loss import Nats, bernoulli_nats, gaussian_kl


def test_the_reconstruction_is_minus_the_log_of_bernoulli():
    rng = np.random.default_rng(0)
    logits, ink = rng.normal(size=(3, 4, 5)) * 3, rng.integers(0, 2, (3, 4, 5))
    p = 1 / (1 + np.exp(-logits))
    expected = -np.log(np.where(ink == 1, p, 1 - p)).sum((1, 2))
    found = bernoulli_nats(jnp.asarray(logits, jnp.float32), jnp.asarray(ink, jnp.float32))
    np.testing.assert_allclose(found, expected, rtol=1e-5)


def test_large_logits_stay_finite():
    logits = jnp.array([[[200.0, -200.0]]])
    np.testing.assert_allclose(bernoulli_nats(logits, jnp.array([[[1.0, 0.0]]])), 0)
    np.testing.assert_allclose(bernoulli_nats(logits, jnp.array([[[0.0, 1.0]]])), 400)


def test_the_divergence_of_the_prior_from_itself_is_zero():
    """The constant is 1/2 per number of z: with T / 2 of the paper's equation 11 it would be above 0."""
    np.testing.assert_allclose(gaussian_kl(jnp.zeros((2, 3, 4)), jnp.zeros((2, 3, 4))), 0)


def test_the_divergence_equals_monte_carlo():
    """Mean of log q(z) - log p(z) over samples of q, within three standard errors."""
    mean = jnp.array([[[0.3, -1.2], [0.0, 0.7]]])
    log_std = jnp.array([[[-0.5, 0.2], [0.1, -1.0]]])
    noise = jax.random.normal(jax.random.key(0), (20_000, 2, 2))
    z = mean + jnp.exp(log_std) * noise
    log_q = (-0.5 * jnp.square(noise) - log_std).sum((1, 2))
    log_p = (-0.5 * jnp.square(z)).sum((1, 2))
    found = np.asarray(log_q - log_p)
    error = found.std() / len(found) ** 0.5
    assert abs(found.mean() - float(gaussian_kl(mean, log_std)[0])) < 3 * error
    assert error < 0.02


def test_the_bound_is_the_sum():
    np.testing.assert_allclose(Nats(jnp.ones(2), jnp.full(2, 3.0)).total, 4)
