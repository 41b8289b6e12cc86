"""Attention of DRAW: a grid of Gaussian filters that reads a patch of an image, or writes one.

Pixels are numbered from 1, as in the paper: x from 1 to W, y from 1 to H; filters i from 1 to N.

Source: Gregor et al. 2015, section 3.2, equations 19 to 29.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp

PARAMETERS = 5  # numbers that place a window


class Window(NamedTuple):
    """Where a grid of N x N filters lies, one per image: float32 [B] each.

    Attributes:
        center_x: g_X, px from 1 to W where it is inside.
        center_y: g_Y, px from 1 to H.
        stride: delta, distance of neighbouring filters, px.
        variance: of the Gaussians, px squared.
        intensity: gamma.
    """

    center_x: jax.Array
    center_y: jax.Array
    stride: jax.Array
    variance: jax.Array
    intensity: jax.Array


def window_of(numbers: jax.Array, *, shape: tuple[int, int], grid: int) -> Window:
    """The window that a network's output describes: equations 21 to 24.

    Args:
        numbers: (g~_X, g~_Y, log sigma^2, log delta~, log gamma), float32 [B, 5]. At 0 the grid spans the
            image.
        shape: (H, W) of the image, px.
        grid: N, filters along each axis.
    """
    height, width = shape
    x, y, log_variance, log_stride, log_intensity = numbers.T
    most = (max(height, width) - 1) / max(grid - 1, 1)
    return Window(
        center_x=(width + 1) / 2 * (x + 1),
        center_y=(height + 1) / 2 * (y + 1),
        stride=most * jnp.exp(log_stride),
        variance=jnp.exp(log_variance),
        intensity=jnp.exp(log_intensity),
    )


def filters(
    center: jax.Array, stride: jax.Array, variance: jax.Array, *, grid: int, length: int
) -> jax.Array:
    """Gaussian filters along one axis, each with the sum 1: float32 [B, N, length].

    mu_i = g + (i - N/2 - 1/2) delta; F[i, a] = exp(-(a - mu_i)^2 / (2 sigma^2)) / Z_i, with Z_i the sum over
    a = 1 .. length: equations 19, 20, 25, 26. Computed in logarithms, so a filter far outside is the nearest
    pixel, not 0 / 0.

    Args:
        center: g, px, [B].
        stride: delta, px, [B].
        variance: sigma^2, px squared, [B].
        grid: N.
        length: pixels of the axis.
    """
    i = jnp.arange(1, grid + 1, dtype=jnp.float32)
    a = jnp.arange(1, length + 1, dtype=jnp.float32)
    mean = center[:, None] + (i[None] - grid / 2 - 0.5) * stride[:, None]
    squared = jnp.square(a[None, None] - mean[:, :, None])
    return jax.nn.softmax(-squared / (2 * variance[:, None, None]), axis=-1)


def window_filters(window: Window, *, shape: tuple[int, int], grid: int) -> tuple[jax.Array, jax.Array]:
    """(F_Y [B, N, H], F_X [B, N, W]) of windows on images of `shape` (H, W)."""
    height, width = shape
    size = window.stride, window.variance
    return (
        filters(window.center_y, *size, grid=grid, length=height),
        filters(window.center_x, *size, grid=grid, length=width),
    )


def read_patch(window: Window, image: jax.Array, *, grid: int) -> jax.Array:
    """The patch gamma F_Y x F_X^T, [B, N, N], of images [B, H, W]: equation 27."""
    f_y, f_x = window_filters(window, shape=(image.shape[1], image.shape[2]), grid=grid)
    return window.intensity[:, None, None] * jnp.einsum("bih,bhw,bjw->bij", f_y, image, f_x)


def write_patch(window: Window, patch: jax.Array, *, shape: tuple[int, int]) -> jax.Array:
    """The image 1 / gamma F_Y^T w F_X, [B, H, W], of patches [B, N, N]: equation 29."""
    f_y, f_x = window_filters(window, shape=shape, grid=patch.shape[1])
    return jnp.einsum("bih,bij,bjw->bhw", f_y, patch, f_x) / window.intensity[:, None, None]
