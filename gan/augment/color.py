"""Colour: brightness, contrast, luma flip, hue rotation, saturation, as one matrix per item.

Source: the paper, appendix B.1, on homogeneous RGB with the luma axis (1, 1, 1) / sqrt 3.
"""

import jax
import jax.numpy as jnp

from gan.augment.draws import Scalar, angle, gated, log_normal, normal

UNIFORMS = 10  # per item
BRIGHTNESS = 0.2  # standard deviation, of values in [-1, 1]
CONTRAST_OCTAVES = 0.5
SATURATION_OCTAVES = 1.0


def draw_color(u: jax.Array, p: Scalar) -> jax.Array:
    """The colour change of one item, from uniforms [10]: each of five steps with probability p.

    Returns float32 [3, 4]: rgb -> matrix[:, :3] @ rgb + matrix[:, 3], values in [-1, 1].
    Half of the drawn luma flips are the identity.
    """
    brightness = gated(u[0], p, normal(u[7]) * BRIGHTNESS, 0)
    contrast = gated(u[1], p, log_normal(u[8], CONTRAST_OCTAVES), 1)
    flip = gated(u[2], p, jnp.floor(u[3] * 2), 0)
    hue_rad = gated(u[4], p, angle(u[5]), 0)
    saturation = gated(u[6], p, log_normal(u[9], SATURATION_OCTAVES), 1)
    return color_matrix(brightness, contrast, flip, hue_rad, saturation)


def color_matrix(
    brightness: Scalar, contrast: Scalar, flip: Scalar, hue_rad: Scalar, saturation: Scalar
) -> jax.Array:
    """The five steps in the paper's order, as one [3, 4] matrix.

    All steps preserve the luma axis v (gain and offset along it) and rotate or scale the plane orthogonal to
    it. In closed form, with L = v v^T and C = I - L: contrast * ((1 - 2 flip) L + saturation * turn(C)).
    """
    luma = jnp.full((3, 3), 1 / 3)
    chroma = jnp.eye(3) - luma
    # Rotation about v in the plane orthogonal to v: cos * C + sin * [v]x, [v]x being the cross product.
    cross = jnp.array([[0.0, -1, 1], [1, 0, -1], [-1, 1, 0]]) / 3**0.5
    turned = jnp.cos(hue_rad) * chroma + jnp.sin(hue_rad) * cross
    gain = 1 - 2 * jnp.asarray(flip, jnp.float32)
    linear = contrast * (gain * luma + saturation * turned)
    offset = jnp.full((3, 1), 1.0) * (contrast * gain * brightness)
    return jnp.concatenate([linear, offset], axis=1)


def recolor(images: jax.Array, matrices: jax.Array) -> jax.Array:
    """Apply one [3, 4] matrix per item: [N, H, W, C], [N, 3, 4] -> [N, H, W, C].

    One channel is grey, r = g = b: the effect on grey is applied (none for hue and saturation).
    The fourth of four channels, alpha, is unchanged.
    """
    m = matrices[:, None, None, :, :]  # [N, 1, 1, 3, 4]
    if images.shape[3] == 1:
        return images * m[..., :3].sum(-1).mean(-1)[..., None] + m[..., 3].mean(-1)[..., None]
    # Sums of products instead of a matmul, which a GPU computes in lower precision.
    rgb = m[..., 3] + sum(images[..., j : j + 1] * m[..., j] for j in range(3))
    return jnp.concatenate([rgb, images[..., 3:]], axis=-1)
