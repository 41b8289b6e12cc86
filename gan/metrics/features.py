"""Features of images from fixed random convolutions, for distances between sets of images.

A small convolutional network with weights drawn from a fixed key: untrained, no download. Random networks
capture low-level statistics of line drawings (ink fraction, line width, spacing, junctions at several
scales), not semantics.

Source: Naeem et al. 2020, "Reliable fidelity and diversity metrics for generative models", section 4
(features of randomly initialised networks in place of pretrained ones); the network is our own.
"""

import jax
import jax.numpy as jnp
from jax import lax

from gan.ops.resample import downsample
from gan.ops.strided_conv import NHWC

CHANNELS = 32
SMALLEST_PX = 8  # levels stop when the short side is this small
MOST_LEVELS = 6
KEY = 20180101  # changing it, or anything here, changes every distance ever logged


def random_features(images: jax.Array) -> jax.Array:
    """Mean and standard deviation over positions of every channel of every level.

    Each level is two 3x3 convolutions with He-scaled normal weights and leaky ReLUs, then a blurred
    halving. Pure and jittable.

    Args:
        images: [N, H, W, C] float32 in [-1, 1], C = 1, 3 or 4, sides divisible by two at every level.

    Returns:
        [N, levels * 64] float32; levels = 4 at 64 px, 6 from 256 px.
    """
    key = jax.random.key(KEY)
    x, features = images, []
    for level in range(MOST_LEVELS):
        for conv in range(2):
            shape = (3, 3, x.shape[-1], CHANNELS)
            kernel = jax.random.normal(jax.random.fold_in(key, 2 * level + conv), shape)
            kernel *= (2.0 / (9 * x.shape[-1])) ** 0.5
            x = lax.conv_general_dilated(x, kernel, (1, 1), "SAME", dimension_numbers=NHWC)
            x = jnp.maximum(x, 0.2 * x)
        features += [x.mean(axis=(1, 2)), x.std(axis=(1, 2))]
        h, w = x.shape[1:3]
        if min(h, w) <= SMALLEST_PX or h % 2 or w % 2:
            break
        x = downsample(x)
    return jnp.concatenate(features, axis=-1)
