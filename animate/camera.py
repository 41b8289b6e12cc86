"""The camera of a flight: where it is in each frame, and frames by antialiased resampling of a drawing.

x points right, y down, in px of the drawing. Angles are counter-clockwise.
"""

import dataclasses
import math
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np

from animate.flight_config import FlightConfig

REACH = 2.0  # of the cubic kernel, px
DIGITS = 6  # of positions in px, so that whole ones are exact
SHARPNESS = -0.5  # slope parameter of the kernel: reproduces quadratics


@dataclasses.dataclass(frozen=True)
class Pose:
    """A camera.

    Attributes:
        corner: (y, x) of the top left corner of the frame at zoom 1 without turning.
        angle_deg: by which the camera is turned about the middle of the frame.
        zoom: px of the frame per px of the drawing.
    """

    corner: tuple[float, float]
    angle_deg: float = 0.0
    zoom: float = 1.0


def pose(config: FlightConfig, frame: int, *, loop_px: tuple[int, int] | None = None) -> Pose:
    """The camera in a frame; it depends on nothing else.

    Args:
        config: of the flight.
        frame: number, modulo T in a closed flight.
        loop_px: (y, x) of the end of a closed straight flight.
    """
    count = config.frame_count
    frame = frame % count if config.closed else frame
    u = frame / count
    down, right = config.direction
    if loop_px is not None:
        corner = loop_px[0] * frame / count, loop_px[1] * frame / count
    elif config.course == "circle":
        radius = config.speed * config.duration_sec / (2 * math.pi)
        along, aside = radius * math.sin(2 * math.pi * u), radius * (1 - math.cos(2 * math.pi * u))
        corner = along * down - aside * right, along * right + aside * down
    else:
        flown = config.speed * frame / config.fps
        corner = flown * down, flown * right
    angle = config.turn * math.sin(2 * math.pi * u)
    corner = round(corner[0], DIGITS), round(corner[1], DIGITS)
    return Pose(corner, angle, config.zoom ** ((1 - math.cos(2 * math.pi * u)) / 2))


def extent_px(config: FlightConfig) -> tuple[int, int]:
    """Pixels of the drawing that a frame needs at most on each side of its middle, (y, x)."""
    height, width = config.size_px
    u = 2 * np.pi * np.arange(config.frame_count) / config.frame_count
    angle = np.radians(config.turn * np.sin(u))
    zoom = config.zoom ** ((1 - np.cos(u)) / 2)
    cos, sin = np.abs(np.cos(angle)), np.abs(np.sin(angle))
    sides = height * cos + width * sin, height * sin + width * cos
    down, right = (float(((side / 2 + REACH) / zoom).max()) for side in sides)
    return math.ceil(down) + 2, math.ceil(right) + 2


def photograph(
    window: np.ndarray, at: Pose, *, origin: tuple[float, float], size: tuple[int, int]
) -> np.ndarray:
    """The frame that a camera sees of a part of a drawing.

    Pixels at whole positions are copied; others are cubic interpolations, and averages over the area of a
    pixel where the camera is farther than zoom 1.

    Args:
        window: uint8 [h, w, C], all that the frame needs.
        at: the camera.
        origin: (y, x) of the window.
        size: (H, W) of the frame.

    Returns: uint8 [H, W, C].
    """
    corner = at.corner[0] - origin[0], at.corner[1] - origin[1]
    if at.angle_deg == 0 and at.zoom == 1 and all(part == int(part) for part in corner):
        y, x = int(corner[0]), int(corner[1])
        return window[y : y + size[0], x : x + size[1]]
    angle = math.radians(at.angle_deg)
    numbers = np.array([*corner, math.cos(angle), math.sin(angle), at.zoom], np.float32)
    taps = 2 * math.ceil(REACH / min(1.0, at.zoom))
    return np.asarray(_resample(window, numbers, size=size, taps=taps))


def kernel(distance: jax.Array) -> jax.Array:
    """Cubic convolution kernel, 1 at 0 and 0 at other whole numbers, exactly.

    Source: Keys, "Cubic convolution interpolation for digital image processing" (1981), equation 15.
    """
    d, a = jnp.abs(distance), SHARPNESS
    near = ((a + 2) * d - (a + 3)) * d * d + 1
    far = a * (((d - 5) * d + 8) * d - 4)
    return jnp.where(d < 1, near, jnp.where(d < 2, far, 0.0))


@partial(jax.jit, static_argnames=("size", "taps"))
def _resample(window: jax.Array, numbers: jax.Array, *, size: tuple[int, int], taps: int) -> jax.Array:
    """`photograph` with numbers: corner y, x, cosine, sine, zoom."""
    top, left, cos, sin, zoom = numbers
    (height, width), (rows, columns, channels) = size, window.shape
    row = jnp.arange(height, dtype=jnp.float32)[:, None] - (height - 1) / 2
    column = jnp.arange(width, dtype=jnp.float32)[None] - (width - 1) / 2
    y = top + (height - 1) / 2 + (cos * row - sin * column) / zoom
    x = left + (width - 1) / 2 + (sin * row + cos * column) / zoom
    scale = jnp.minimum(zoom, 1.0)
    flat = window.reshape(-1, channels)

    def along(place: jax.Array) -> tuple[jax.Array, jax.Array]:
        first = jnp.floor(place) - (taps // 2 - 1)
        weights = jnp.stack([kernel((place - first - n) * scale) for n in range(taps)])
        return first.astype(jnp.int32), weights / weights.sum(0, keepdims=True)

    (first_y, weights_y), (first_x, weights_x) = along(y), along(x)

    def add_row(i: jax.Array, image: jax.Array) -> jax.Array:
        start = jnp.clip(first_y + i, 0, rows - 1) * columns
        line = jnp.zeros_like(image)
        for j in range(taps):
            pixels = flat[start + jnp.clip(first_x + j, 0, columns - 1)]
            line = line + weights_x[j][..., None] * pixels.astype(jnp.float32)
        return image + weights_y[i][..., None] * line

    image = jax.lax.fori_loop(0, taps, add_row, jnp.zeros((height, width, channels), jnp.float32))
    return jnp.clip(jnp.round(image), 0, 255).astype(jnp.uint8)
