"""A scan and an unrolled loop give the same result."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from gan.ops.scan import scan_or_unroll


def body(carry, x):
    return carry * 0.5 + x["a"] @ x["b"]


@pytest.mark.parametrize("length", [0, 1, 5])
def test_scan_and_unroll_are_the_same(length):
    a, b = (jax.random.normal(jax.random.key(i), (length, 3, 3)) for i in (0, 1))
    xs = {"a": a, "b": b}
    expected = np.ones((3, 3), np.float32)
    for i in range(length):
        expected = expected * 0.5 + np.asarray(a[i]) @ np.asarray(b[i])
    for unroll in (False, True):
        found = jax.jit(lambda carry, xs, u=unroll: scan_or_unroll(body, carry, xs, unroll=u))(
            jnp.ones((3, 3)), xs
        )
        np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5)


def test_a_scan_holds_its_body_once():
    def traced(unroll):
        return str(
            jax.make_jaxpr(
                lambda xs: scan_or_unroll(lambda c, x: jnp.sin(c) + x, jnp.zeros(()), xs, unroll=unroll)
            )(jnp.zeros(4))
        )

    assert traced(False).count(" sin ") == 1
    assert traced(True).count(" sin ") == 4
