"""A bias per channel."""

import jax
import jax.numpy as jnp


@jax.custom_vjp
def add_bias(x: jax.Array, bias: jax.Array) -> jax.Array:
    """x [..., C] plus bias [C], both of one dtype.

    The bias's gradient, a sum over everything but channels, is computed as a product with ones: XLA on CPU
    reads memory with large strides for such a sum. Reverse mode only, to any order.
    """
    return x + bias.reshape(*[1] * (x.ndim - 1), -1)


def _forward(x: jax.Array, bias: jax.Array) -> tuple[jax.Array, None]:
    return add_bias(x, bias), None


def _gradients(_: None, cotangent: jax.Array) -> tuple[jax.Array, jax.Array]:
    rows = cotangent.reshape(-1, cotangent.shape[-1])
    ones = jnp.ones(rows.shape[0], rows.dtype)
    return cotangent, jnp.dot(ones, rows, preferred_element_type=jnp.float32).astype(rows.dtype)


add_bias.defvjp(_forward, _gradients)
