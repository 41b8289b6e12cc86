"""Convolution at stride 1 and its kernel gradient, each the derivative of the other.

Two bilinear maps, closed under differentiation, so that every order of derivative takes the fast forms of
`gan.ops.matmul_conv`:

    C(x, w)   convolution with p zeros on each side     [N, H, W, I] x [k, k, I, O] -> [N, h, w, O]
    K(x, d)   its transpose in w                        [N, H, W, I] x [N, h, w, O] -> [k, k, I, O]

with h = H + 2 p - k + 1. The transpose of C in x is C again, of the kernel turned by 180 degrees with inputs
and outputs exchanged, and k - 1 - p zeros. <C(x, w), d> = <w, K(x, d)> for all x, w, d.
Reverse mode only (custom_vjp); reverse over reverse is what penalties need.
"""

from functools import partial

import jax
import jax.numpy as jnp
from jax import lax

from gan.ops import matmul_conv
from gan.ops.matmul_conv import NHWC, on_cpu


def conv(x: jax.Array, w: jax.Array, *, pad: int) -> jax.Array:
    """Convolve: x [N, H, W, I], w [k, k, I, O], `pad` zeros on each side (0 to k - 1) -> [N, h, w, O]."""
    return _conv(x, w, pad)


def kernel_gradient(x: jax.Array, d: jax.Array, *, pad: int) -> jax.Array:
    """Gradient of the kernel of `conv` at x [N, H, W, I] for cotangents d [N, h, w, O]: [k, k, I, O]."""
    return _kernel_gradient(x, d, pad)


@partial(jax.custom_vjp, nondiff_argnums=(2,))
def _conv(x: jax.Array, w: jax.Array, pad: int) -> jax.Array:
    def convolution(x: jax.Array, w: jax.Array) -> jax.Array:
        return lax.conv_general_dilated(x, w, (1, 1), [(pad, pad)] * 2, dimension_numbers=NHWC)

    def product(x: jax.Array, w: jax.Array) -> jax.Array:
        return matmul_conv.value(_padded(x, pad), w, stride=1, form=form)

    k, (_, height, width, _) = w.shape[0], x.shape
    size = (height + 2 * pad - k + 1, width + 2 * pad - k + 1)
    form = matmul_conv.form_of_value(w.shape, size, stride=1)
    return convolution(x, w) if form == "convolution" else on_cpu(product, convolution, x, w)


@partial(jax.custom_vjp, nondiff_argnums=(2,))
def _kernel_gradient(x: jax.Array, d: jax.Array, pad: int) -> jax.Array:
    def convolution(x: jax.Array, d: jax.Array) -> jax.Array:
        return lax.conv_general_dilated(
            x, d, (1, 1), [(pad, pad)] * 2, dimension_numbers=("CHWN", "IHWO", "HWNC")
        )

    def product(x: jax.Array, d: jax.Array) -> jax.Array:
        if form == "patches" and x.shape[1] <= d.shape[1]:
            return matmul_conv.kernel_gradient_by_cotangents(x, _padded(d, k - 1 - pad), k)
        return matmul_conv.kernel_gradient(_padded(x, pad), d, k, stride=1, form=form)

    k = x.shape[1] + 2 * pad - d.shape[1] + 1
    kernel = (k, k, x.shape[3], d.shape[3])
    form = matmul_conv.form_of_kernel_gradient(kernel, (d.shape[1], d.shape[2]), stride=1)
    return convolution(x, d) if form == "convolution" else on_cpu(product, convolution, x, d)


def _padded(x: jax.Array, pad: int) -> jax.Array:
    return jnp.pad(x, ((0, 0), (pad, pad), (pad, pad), (0, 0))) if pad else x


def _turned(w: jax.Array) -> jax.Array:
    """Kernel of the transpose in x: [k, k, I, O] -> [k, k, O, I]."""
    return lax.rev(w, (0, 1)).swapaxes(2, 3)


_conv.defvjp(
    lambda x, w, pad: (_conv(x, w, pad), (x, w)),
    lambda pad, xw, d: (_conv(d, _turned(xw[1]), xw[1].shape[0] - 1 - pad), _kernel_gradient(xw[0], d, pad)),
)
_kernel_gradient.defvjp(
    lambda x, d, pad: (_kernel_gradient(x, d, pad), (x, d)),
    lambda pad, xd, g: (_conv(xd[1], _turned(g), g.shape[0] - 1 - pad), _conv(xd[0], g, pad)),
)
