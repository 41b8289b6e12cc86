"""The canvases of DRAW as frames: an image that draws itself, optionally with the window that writes."""

from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from gan.draw.attention import window_of
from gan.draw.family import DrawFamily

WINDOW_COLOR = (220, 40, 40)


class Glimpses(NamedTuple):
    """Images after each glimpse, and where it wrote.

    Attributes:
        canvas: logits, float32 [N, T + 1, H, W]; the first is the canvas before any glimpse.
        box_px: (x0, y0, x1, y1) of the outer filters of each glimpse, float32 [N, T, 4], px from 0; NaN
            without attention.
    """

    canvas: np.ndarray
    box_px: np.ndarray


def glimpses(family: DrawFamily, params: Any, z: np.ndarray, *, labels: np.ndarray | None = None) -> Glimpses:
    """Draw latents z [N, T Z] glimpse by glimpse."""
    canvas, box = _glimpses(family, params, jnp.asarray(z), labels)
    return Glimpses(np.asarray(canvas), np.asarray(box))


def frame_of(
    family: DrawFamily, drawn: Glimpses, position: float, *, scale: int = 1, window: bool = False
) -> np.ndarray:
    """Images at `position` glimpses, 0 to T, interpolated in logits: uint8 [N, scale H, scale W, C].

    Args:
        family: the networks.
        drawn: its glimpses.
        position: 0 is the canvas before any glimpse, T the final one.
        scale: pixels are repeated so many times.
        window: outline the window that is writing, in colour, so that C is 3; else C is 1.
    """
    last = drawn.canvas.shape[1] - 1
    before = min(int(position), last)
    part = position - before
    logits = drawn.canvas[:, before]
    if part > 0:
        logits = logits + np.float32(part) * (drawn.canvas[:, before + 1] - logits)
    images = np.asarray(jnp.rint((family.images(jnp.asarray(logits)) + 1) * 127.5)).astype(np.uint8)
    images = images.repeat(scale, axis=1).repeat(scale, axis=2)
    if not window:
        return images
    images = images.repeat(3, axis=3)
    if position < last:
        for image, box in zip(images, drawn.box_px[:, before], strict=True):
            outline(image, box * scale)
    return images


def outline(image: np.ndarray, box: np.ndarray) -> None:
    """Draw the outline of (x0, y0, x1, y1), px, into uint8 [H, W, 3]; nothing where it is not finite."""
    if not np.isfinite(box).all():
        return
    height, width = image.shape[:2]
    x0, x1 = (int(np.clip(np.rint(x), 0, width - 1)) for x in (box[0], box[2]))
    y0, y1 = (int(np.clip(np.rint(y), 0, height - 1)) for y in (box[1], box[3]))
    image[[y0, y1], x0 : x1 + 1] = WINDOW_COLOR
    image[y0 : y1 + 1, [x0, x1]] = WINDOW_COLOR


@partial(jax.jit, static_argnums=0)
def _glimpses(
    family: DrawFamily, params: Any, z: jax.Array, labels: jax.Array | None
) -> tuple[jax.Array, jax.Array]:
    w = family.map(params, z, labels=labels, truncation=1.0)
    _, drawn = family.draw(params, w)
    count, steps = drawn.window.shape[:2]
    first = jnp.broadcast_to(params["initial"]["canvas"], (count, 1, *drawn.canvas.shape[2:]))
    canvas = jnp.concatenate([first, drawn.canvas], axis=1)
    grid, shape = family.config.write_size, (family.shape[0], family.shape[1])
    if not grid:
        return canvas, jnp.full((count, steps, 4), jnp.nan)
    window = window_of(drawn.window.reshape(-1, 5), shape=shape, grid=grid)
    half = (grid - 1) / 2 * window.stride
    x, y = window.center_x - 1, window.center_y - 1  # pixels from 0
    box = jnp.stack([x - half, y - half, x + half + 1, y + half + 1], axis=1)
    return canvas, box.reshape(count, steps, 4)
