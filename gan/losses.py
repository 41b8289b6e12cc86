"""Non-saturating logistic loss: logits -> loss, one value per item.

Source: Goodfellow et al. 2014, section 3 (the non-saturating form), on logits.
"""

import jax


def generator_loss(fake_logits: jax.Array) -> jax.Array:
    """softplus(-D(G(z))): [N] -> [N] float32."""
    return jax.nn.softplus(-fake_logits)


def real_loss(real_logits: jax.Array) -> jax.Array:
    """softplus(-D(x)): [N] -> [N] float32."""
    return jax.nn.softplus(-real_logits)


def fake_loss(fake_logits: jax.Array) -> jax.Array:
    """softplus(D(G(z))): [N] -> [N] float32."""
    return jax.nn.softplus(fake_logits)
