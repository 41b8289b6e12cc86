"""Convolutions as matrix products, and which form of a convolution is fast on a CPU.

A valid convolution of y [N, H, W, I] with a kernel [k, k, I, O] at stride s reads, for every tap of the
kernel, a view of y: every s-th pixel from the tap's position on, [N, h, w, I]. Its value and its kernel
gradient are matrix products of these views:

    taps      one product per tap: no copies larger than a view
    patches   one product of all views side by side: k^2 times the memory, few large operations

XLA's own convolution on CPU takes the kernel gradient as a convolution whose window is the whole image, which
reaches a tenth to a half of the speed of its other convolutions (benchmarks/convolutions.py). The fastest
form is chosen from static shapes only, so that the same program runs on every processor. On other platforms
everything is XLA's convolution.

Here h and w are the sizes of the output; `channels` is the smaller of I and O.
"""

from collections.abc import Callable, Sequence
from typing import Any, Literal

import jax
import jax.numpy as jnp
from jax import lax

NHWC = ("NHWC", "HWIO", "NHWC")

Form = Literal["convolution", "taps", "patches"]


def form_of_value(kernel: Sequence[int], size: tuple[int, int], *, stride: int) -> Form:
    """The fast form of a convolution with a kernel of shape [k, k, I, O] and outputs of size (h, w)."""
    area, channels = size[0] * size[1], min(kernel[2:])
    if kernel[0] == 1:
        return "patches"  # a single product
    if stride > 1:
        return "taps" if channels >= 128 else "convolution"
    if area <= 8 * 8 and kernel[2] >= 64:
        return "patches"
    return "taps" if area <= 16 * 16 and channels >= 256 else "convolution"


def form_of_kernel_gradient(kernel: Sequence[int], size: tuple[int, int], *, stride: int) -> Form:
    """Likewise, of its kernel gradient."""
    area, channels = size[0] * size[1], min(kernel[2:])
    if kernel[0] == 1:
        return "patches"
    if stride > 1:
        return "patches" if area <= 8 * 8 else "taps"
    if channels < 32:
        return "convolution"
    small = area <= 8 * 8 or (area <= 16 * 16 and 64 <= channels <= 128)
    return "patches" if small else "taps"


def on_cpu(
    form: Callable[..., jax.Array], other: Callable[..., jax.Array], *operands: jax.Array
) -> jax.Array:
    """`form` of the operands in programs for the CPU, `other` elsewhere."""
    result: jax.Array = lax.platform_dependent(*operands, cpu=form, default=other)
    return result


def views(y: jax.Array, k: int, size: tuple[int, int], *, stride: int) -> list[jax.Array]:
    """What each tap of a k x k kernel reads, in row-major order: [N, H, W, I] -> k^2 times [N, h, w, I]."""
    n, _, _, channels = y.shape
    h, w = ((length - 1) * stride + 1 for length in size)
    steps = (1, stride, stride, 1)
    return [
        lax.slice(y, (0, i, j, 0), (n, i + h, j + w, channels), steps) for i in range(k) for j in range(k)
    ]


def value(y: jax.Array, kernel: jax.Array, *, stride: int, form: Form) -> jax.Array:
    """Valid convolution: y [N, H, W, I], kernel [k, k, I, O] -> [N, h, w, O]."""
    k, _, inputs, outputs = kernel.shape
    h, w = (1 + (length - k) // stride for length in y.shape[1:3])
    seen = [view.reshape(-1, inputs) for view in views(y, k, (h, w), stride=stride)]
    if form == "patches":
        result = jnp.concatenate(seen, axis=1) @ kernel.reshape(-1, outputs)
    else:
        result = sum_of(
            [view @ tap for view, tap in zip(seen, kernel.reshape(k * k, inputs, outputs), strict=True)]
        )
    return result.reshape(-1, h, w, outputs)


def kernel_gradient(y: jax.Array, x: jax.Array, k: int, *, stride: int, form: Form) -> jax.Array:
    """Gradient of the kernel at inputs y [N, H, W, I] for cotangents x [N, h, w, O]: [k, k, I, O]."""
    inputs, outputs = y.shape[3], x.shape[3]
    seen = [view.reshape(-1, inputs) for view in views(y, k, (x.shape[1], x.shape[2]), stride=stride)]
    cotangents = x.reshape(-1, outputs)
    if form == "patches":
        return _contract(cotangents, jnp.concatenate(seen, axis=1)).T.reshape(k, k, inputs, outputs)
    return jnp.stack([_contract(view, cotangents) for view in seen]).reshape(k, k, inputs, outputs)


def kernel_gradient_by_cotangents(x: jax.Array, d: jax.Array, k: int) -> jax.Array:
    """`kernel_gradient` at stride 1 from patches of the padded cotangents.

    Args:
        x: inputs without padding, [N, H, W, I].
        d: cotangents, padded so that input pixel p and tap t meet at p + k - 1 - t:
            [N, H + k - 1, W + k - 1, O].
        k: size of the kernel.

    Returns: [k, k, I, O].
    """
    inputs, outputs = x.shape[3], d.shape[3]
    seen = [view.reshape(-1, outputs) for view in views(d, k, (x.shape[1], x.shape[2]), stride=1)]
    product = _contract(x.reshape(-1, inputs), jnp.concatenate(seen[::-1], axis=1))
    return product.reshape(inputs, k, k, outputs).transpose(1, 2, 0, 3)


def transposed(x: jax.Array, kernel: jax.Array) -> jax.Array:
    """Transpose of the 3x3 valid convolution at stride 2 in its input, as one matrix product.

    The product has what every pixel adds to each tap; of each of the four phases (row and column of the
    result even or odd) the taps of that phase are added up, and the phases are interleaved.

    Args:
        x: [N, h, w, O].
        kernel: of the convolution, [3, 3, I, O].

    Returns: [N, 2h + 1, 2w + 1, I].
    """
    n, h, w, outputs = x.shape
    inputs = kernel.shape[2]
    by_tap = x.reshape(-1, outputs) @ kernel.transpose(3, 0, 1, 2).reshape(outputs, -1)
    by_tap = by_tap.reshape(n, h, w, 3, 3, inputs)

    def phase(row: int, column: int) -> jax.Array:  # [N, h + 1, w + 1, I]; odd phases end in zeros
        return sum_of(
            [
                jnp.pad(by_tap[:, :, :, i, j], ((0, 0), (i // 2, 1 - i // 2), (j // 2, 1 - j // 2), (0, 0)))
                for i in range(row, 3, 2)
                for j in range(column, 3, 2)
            ]
        )

    rows = [jnp.stack([phase(row, 0), phase(row, 1)], axis=3) for row in (0, 1)]
    whole = jnp.stack(rows, axis=2).reshape(n, 2 * h + 2, 2 * w + 2, inputs)
    return whole[:, :-1, :-1]


def _contract(a: jax.Array, b: jax.Array) -> jax.Array:
    """a^T b: [M, A], [M, B] -> [A, B]."""
    return lax.dot_general(a, b, (((0,), (0,)), ((), ())))


def sum_of(terms: Sequence[Any]) -> Any:
    """Sum in order, without a zero to start from."""
    total = terms[0]
    for term in terms[1:]:
        total = total + term
    return total
