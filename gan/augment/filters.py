"""Image-space filtering: four frequency bands of an image, each amplified or attenuated.

The bands are split by the half-band low-pass filter of the sym2 wavelet, |H|^2 / 2, applied with taps 1,
2 and 4 px apart: [pi/2, pi], [pi/4, pi/2], [pi/8, pi/4], [0, pi/8]. They sum to the image.

Source: the paper, appendix B.1, image-space filtering.
"""

from functools import partial

import jax
import jax.numpy as jnp

from gan.augment.draws import Scalar, gated, log_normal

UNIFORMS = 8  # per item
GAIN_OCTAVES = 1.0
POWER = (10 / 13, 1 / 13, 1 / 13, 1 / 13)  # power of natural images (1/f spectrum) in the bands, lowest first
# Autocorrelation of sym2 over 2, at distances 0, 1 and 3; at 2 it is zero. Exact in binary.
NEAR, FAR = 9 / 32, -1 / 32
SPACINGS = (1, 2, 4)
REACH = 3 * sum(SPACINGS)


def draw_gains(u: jax.Array, p: Scalar) -> jax.Array:
    """Gains of the bands of one item, lowest first, float32 [4], from uniforms [8]; each changes with p.

    After each change all four are scaled so that the power of an image with 1/f spectrum is preserved.
    """
    amplified = gated(u[:4], p, log_normal(u[4:], GAIN_OCTAVES), 1)
    # Change i alone: its band's gain is t, the others' 1, all over the root of their power.
    power = 1 + jnp.array(POWER) * (jnp.square(amplified) - 1)
    return amplified / jnp.sqrt(power.prod())


def amplify(images: jax.Array, gains: jax.Array) -> jax.Array:
    """Filter rows and columns, reflected at the border: [N, H, W, C], gains [N, 4] -> [N, H, W, C].

    Alpha, the fourth of four channels, is unchanged.
    """
    n, height, width, _ = images.shape
    color = images[..., :3]
    c = color.shape[3]
    x = _amplify(color.reshape(n, height, width * c), gains)
    x = _amplify(x.reshape(n * height, width, c), jnp.repeat(gains, height, axis=0)).reshape(color.shape)
    return jnp.concatenate([x, images[..., 3:]], axis=-1)


def _amplify(x: jax.Array, gains: jax.Array) -> jax.Array:
    """Along axis 1: [N, L, K], gains [N, 4] -> [N, L, K]."""
    length, g = x.shape[1], gains[:, None, None, :]
    x = jnp.pad(x, ((0, 0), (REACH, REACH), (0, 0)), mode="reflect")
    margin, bands = REACH, x[:, REACH : REACH + length] * g[..., 3]
    for i, spacing in enumerate(SPACINGS):
        x = low_pass(x, spacing)
        margin -= 3 * spacing
        bands = bands + x[:, margin : margin + length] * (g[..., 2 - i] - g[..., 3 - i])
    return bands


@partial(jax.custom_vjp, nondiff_argnums=(1,))
def low_pass(x: jax.Array, spacing: int) -> jax.Array:
    """Half-band filter along axis 1, taps `spacing` px apart, valid: [N, L, K] -> [N, L - 6 spacing, K].

    Symmetric, so that its derivative is the filter itself, applied to the zero-padded cotangent; autodiff of
    a sum of slices runs slower. Reverse mode only, of any order.
    """
    n, length, k = x.shape
    count = length - 6 * spacing
    flat = x.reshape(n, -1)

    def at(distance: int) -> jax.Array:
        start = (3 + distance) * spacing * k
        return flat[:, start : start + count * k]

    y = 0.5 * at(0) + NEAR * (at(-1) + at(1)) + FAR * (at(-3) + at(3))
    return y.reshape(n, count, k)


def _low_pass_backward(spacing: int, _: None, cotangent: jax.Array) -> tuple[jax.Array]:
    margin = 6 * spacing
    return (low_pass(jnp.pad(cotangent, ((0, 0), (margin, margin), (0, 0))), spacing),)


low_pass.defvjp(lambda x, spacing: (low_pass(x, spacing), None), _low_pass_backward)
