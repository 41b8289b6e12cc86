"""Stride-2 convolution, its transpose and its weight gradient, each the derivative of the other two.

Autodiff of a strided convolution ends in convolutions that XLA runs slowly: the weight gradient of the
transposed one, and everything of second order (the R1 penalty). The three bilinear maps below are closed
under differentiation, so every order of derivative stays in a fast form:

    S(y, w)   strided VALID convolution       [N, H, W, I] x [k, k, I, O] -> [N, h, w, O]
    T(x, w)   its transpose in y              [N, h, w, O] x [k, k, I, O] -> [N, H, W, I]
    W(y, x)   its transpose in w              [N, H, W, I] x [N, h, w, O] -> [k, k, I, O]

with H = (h - 1) stride + k. <S(y, w), x> = <y, T(x, w)> = <w, W(y, x)> for all y, w, x.
Reverse mode only (custom_vjp); reverse over reverse is what penalties need.
"""

from functools import partial

import jax
from jax import lax

from gan.ops import matmul_conv
from gan.ops.matmul_conv import NHWC, on_cpu

STRIDE = 2


@jax.custom_vjp
def strided_conv(y: jax.Array, w: jax.Array) -> jax.Array:
    """S(y, w): [N, H, W, I] -> [N, h, w, O], H = 2 h - 2 + k (odd for k = 3)."""
    assert (y.shape[1] - w.shape[0]) % STRIDE == (y.shape[2] - w.shape[1]) % STRIDE == 0, (y.shape, w.shape)

    def convolution(y: jax.Array, w: jax.Array) -> jax.Array:
        return lax.conv_general_dilated(y, w, (STRIDE, STRIDE), "VALID", dimension_numbers=NHWC)

    size = (1 + (y.shape[1] - w.shape[0]) // STRIDE, 1 + (y.shape[2] - w.shape[1]) // STRIDE)
    form = matmul_conv.form_of_value(w.shape, size, stride=STRIDE)
    product = partial(matmul_conv.value, stride=STRIDE, form=form)
    return convolution(y, w) if form == "convolution" else on_cpu(product, convolution, y, w)


@jax.custom_vjp
def transposed_conv(x: jax.Array, w: jax.Array) -> jax.Array:
    """T(x, w): [N, h, w, O] -> [N, H, W, I], H = 2 h - 2 + k. The kernel is stored like S's, [k, k, I, O]."""

    def convolution(x: jax.Array, w: jax.Array) -> jax.Array:
        flipped = lax.rev(w, (0, 1)).swapaxes(2, 3)  # [k, k, O, I]
        pad = [(k - 1, k - 1) for k in w.shape[:2]]
        return lax.conv_general_dilated(
            x, flipped, (1, 1), pad, lhs_dilation=(STRIDE, STRIDE), dimension_numbers=NHWC
        )

    return on_cpu(matmul_conv.transposed, convolution, x, w) if w.shape[0] == 3 else convolution(x, w)


@jax.custom_vjp
def kernel_gradient(y: jax.Array, x: jax.Array) -> jax.Array:
    """W(y, x): gradient of S's kernel for cotangent x at input y, [k, k, I, O]."""

    def convolution(y: jax.Array, x: jax.Array) -> jax.Array:
        return lax.conv_general_dilated(
            y, x, (1, 1), "VALID", rhs_dilation=(STRIDE, STRIDE), dimension_numbers=("CHWN", "IHWO", "HWNC")
        )

    k, size = y.shape[1] - STRIDE * (x.shape[1] - 1), (x.shape[1], x.shape[2])
    form = matmul_conv.form_of_kernel_gradient((k, k, y.shape[3], x.shape[3]), size, stride=STRIDE)
    product = partial(matmul_conv.kernel_gradient, k=k, stride=STRIDE, form=form)
    return convolution(y, x) if form == "convolution" else on_cpu(product, convolution, y, x)


def _vjp(left, right, residuals, cotangent):
    a, b = residuals
    return left(cotangent, a, b), right(cotangent, a, b)


def _forward(op, a, b):
    return op(a, b), (a, b)


strided_conv.defvjp(
    partial(_forward, strided_conv),
    partial(_vjp, lambda d, y, w: transposed_conv(d, w), lambda d, y, w: kernel_gradient(y, d)),
)
transposed_conv.defvjp(
    partial(_forward, transposed_conv),
    partial(_vjp, lambda d, x, w: strided_conv(d, w), lambda d, x, w: kernel_gradient(d, x)),
)
kernel_gradient.defvjp(
    partial(_forward, kernel_gradient),
    partial(_vjp, lambda g, y, x: transposed_conv(x, g), lambda g, y, x: strided_conv(y, g)),
)
