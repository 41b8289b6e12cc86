"""Orthogonal wavelet low-pass filters, and x2 resampling before and after a transform.

`upsample` then `downsample` is exactly the identity, because the filter is orthogonal to its own even
shifts, so that the identity transform changes nothing.

Filters run as shifted slices, scaled and added, on rows flattened to [.., W * C]: a depthwise convolution
is far slower, and so is a loop over three channels.

Sources: Daubechies 1992, "Ten lectures on wavelets", table 6.3 (the least asymmetric filters); the paper,
appendix B.2.
"""

import jax
import jax.numpy as jnp
import numpy as np

# Least asymmetric ("symlet") filter with 6 vanishing moments; sums to sqrt 2. Its defining properties
# (orthogonality, zeros at the Nyquist frequency, choice of roots) are tested.
SYM6 = (
    0.015404109327027373,
    0.0034907120842174702,
    -0.11799011114819057,
    -0.048311742585633,
    0.4910559419267466,
    0.787641141030194,
    0.3379294217276218,
    -0.07263752278646252,
    -0.021060292512300564,
    0.04472490177066578,
    0.0017677118642428036,
    -0.007800708325034148,
)
CENTER = 5  # tap at the pixel's position
# Centre of mass of the filter minus CENTER: sample t is at (t - LAG) / 2 px.
LAG = float(np.dot(np.arange(12), SYM6) / np.sum(SYM6)) - CENTER
BEFORE, AFTER = CENTER, 6  # samples that `downsample` reads beyond those of the image


def upsample(images: jax.Array) -> jax.Array:
    """Upsample images extended by repeated reflection x2: one period plus its first row and column.

    Args:
        images: [N, H, W, C].

    Returns:
        [N, 4 H - 3, 4 W - 3, C]: samples 0 .. 4 W - 4; sample t is at (t - LAG) / 2 px, pixel 0
        at 0. The period 4 W - 4 holds the image and its mirror image without their common edge pixels.
    """
    n, height, width, c = images.shape
    x = _reflect_and_expand(images.reshape(n * height, width, c))  # [N * H, 4 W - 3, C]
    return _reflect_and_expand(x.reshape(n, height, -1)).reshape(n, 4 * height - 3, 4 * width - 3, c)


def downsample(samples: jax.Array) -> jax.Array:
    """Samples -BEFORE .. 2 W - 2 + AFTER at twice the rate -> pixels 0 .. W - 1.

    [N, 2 H + 10, 2 W + 10, C] -> [N, H, W, C].
    """
    n, height, width, c = samples.shape
    x = reduce(samples.reshape(n, height, width * c))
    rows = x.shape[1]
    x = reduce(x.reshape(n * rows, width, c))
    return x.reshape(n, rows, -1, c) * 0.5


def _reflect_and_expand(x: jax.Array) -> jax.Array:
    """[N, L, K] -> [N, 4 L - 3, K]."""
    length = x.shape[1]
    # Pixels -3 .. 2 L: those under the filter of a sample from -1 to 4 L - 4.
    padded = jnp.pad(x, ((0, 0), (3, length + 1), (0, 0)), mode="reflect")
    return expand(padded)[:, 1:] * 2**0.5


@jax.custom_vjp
def expand(x: jax.Array) -> jax.Array:
    """Insert zeros and filter, valid region: [N, q + 5, K] -> [N, 2 q, K].

    `expand` and `reduce` are transposes of each other up to zeros at the ends, and each is defined as the
    derivative of the other: autodiff of a sum of slices is many times slower. Reverse
    mode only, of any order.
    """
    n, length, k = x.shape
    count = length - 5
    flat = x.reshape(n, -1)
    phases = []
    for last in (10, 11):
        parts = [SYM6[last - 2 * j] * flat[:, j * k : (j + count) * k] for j in range(6)]
        phases.append(_sum(parts).reshape(n, count, k))
    return jnp.stack(phases, axis=2).reshape(n, 2 * count, k)


@jax.custom_vjp
def reduce(x: jax.Array) -> jax.Array:
    """Filter and take every second sample, valid region: [N, 2 q + 10, K] -> [N, q, K]."""
    n, length, k = x.shape
    count = length // 2 - 5
    pairs = x.reshape(n, length // 2, 2 * k)
    parts = []
    for tap, weight in enumerate(SYM6):
        j, phase = divmod(tap, 2)
        parts.append(weight * pairs[:, j : j + count, phase * k : (phase + 1) * k])
    return _sum(parts)


def _with_ends(x: jax.Array, size: int) -> jax.Array:
    return jnp.pad(x, ((0, 0), (size, size), (0, 0)))


def _sum(parts: list[jax.Array]) -> jax.Array:
    total = parts[0]
    for part in parts[1:]:
        total = total + part
    return total


expand.defvjp(lambda x: (expand(x), None), lambda _, d: (reduce(_with_ends(d, 10)),))
reduce.defvjp(lambda x: (reduce(x), None), lambda _, d: (expand(_with_ends(d, 5)),))
