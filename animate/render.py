"""A path -> frames: one compiled call per batch, split over all devices, one batch ahead of its reader."""

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any, Literal

import jax
import jax.numpy as jnp
import numpy as np
from jax.sharding import Mesh

from animate.lazy_latents import Latents
from data_prep.errors import InputError
from data_prep.images import to_uint8
from gan import sharding
from gan.families import Family
from gan.sample import Generator, enlarge

CPU_PX = 1 << 16  # drawn at once by default: what the caches hold
GPU_PX = 1 << 22  # enough to keep one busy
MOST_PER_DEVICE = 32
LEAST_PER_DEVICE = 2  # a batch of one is a matrix times a vector, which sums in another order


def render(
    generator: Generator,
    path: Latents,
    *,
    batch: int | None = None,
    truncation: float = 1.0,
    noise: Literal["const", "none"] = "const",
    scale: int = 1,
    over_white: bool = False,
    frames: Sequence[int] | None = None,
    devices: Sequence[jax.Device] | None = None,
) -> Iterator[np.ndarray]:
    """Frames of a path, in order, or of some of its latents.

    While the reader works on one batch the next is being drawn, and never more than that: memory does not
    grow with the clip. Frames do not depend on `batch` or on how many devices share it.

    Args:
        generator: whose parameters go to every device.
        path: float32 [T, Z] in z, mapped to w first, or [T, L, W] in w.
        batch: frames per call, rounded up to a multiple of the devices and at least two for each; None:
            what suits picture size and platform.
        truncation: pull towards the mean w, 1 = none. A path in w has had its share.
        noise: the network's own noise, fixed for the whole clip ("const"), or left out ("none").
        scale: enlarge the pictures by this whole factor.
        over_white: lay RGBA over white, as films without alpha need it.
        frames: which of the path's, in this order; all by default.
        devices: all by default.

    Yields: uint8 [B, scale H, scale W, C], C = 3 for RGBA over white.
    Raises: InputError, before the first frame: the path does not fit the generator, batch is below 1,
        truncation is no number or given for a path in w.
    """
    check_path(generator, path, truncation=truncation)
    mesh = sharding.make_mesh(devices)
    if batch is not None and batch < 1:
        raise InputError(f"--batch {batch}: it should be at least 1")
    each = (
        default_per_device(generator, mesh.devices.flat[0].platform)
        if batch is None
        else -(-batch // mesh.size)
    )
    size = max(each, LEAST_PER_DEVICE) * mesh.size
    split, whole = sharding.split(mesh), sharding.replicated(mesh)
    params = jax.device_put(generator.params, whole)

    count = len(path) if frames is None else len(frames)

    def dispatch(start: int) -> tuple[jax.Array, int]:
        at = slice(start, start + size)
        rows = path[at] if frames is None else path[np.asarray(frames[at])]
        padded = np.concatenate([rows, np.repeat(rows[-1:], size - len(rows), axis=0)])
        images = _draw(
            params,
            jax.device_put(padded, split),
            family=generator.family,
            mesh=mesh,
            truncation=truncation,
            noise=noise,
            scale=scale,
            over_white=over_white,
        )
        images.copy_to_host_async()
        return images, len(rows)

    def batches() -> Iterator[np.ndarray]:
        ready = dispatch(0)
        for start in range(size, count, size):
            ahead = dispatch(start)
            yield _fetch(*ready)
            ready = ahead
        yield _fetch(*ready)

    return batches()


def default_per_device(generator: Generator, platform: str) -> int:
    """Frames that one device draws at once, where nobody says how many."""
    height_px, width_px, _ = generator.shape
    frames = (CPU_PX if platform == "cpu" else GPU_PX) // (height_px * width_px)
    return min(max(frames, LEAST_PER_DEVICE), MOST_PER_DEVICE)


def check_path(generator: Generator, path: Latents, *, truncation: float = 1.0) -> None:
    """Raise InputError unless the generator can draw this path."""
    if not np.isfinite(truncation):
        raise InputError(f"--truncation {truncation}: it should be a number, 1 for none")
    mends = "choose the generator that the path was made for, or make the path again"
    if path.ndim == 2 and path.shape[1] != generator.z_dim:
        raise InputError(
            f"the path's latents have size {path.shape[1]}, the generator takes {generator.z_dim}; {mends}"
        )
    if path.ndim == 3:
        z = jax.ShapeDtypeStruct((1, generator.z_dim), jnp.float32)
        w = jax.eval_shape(generator.map_with, generator.params, z)
        here, there = list(path.shape[1:]), list(w.shape[1:])
        if here != there:
            raise InputError(f"the path's latents in w are {here}, the generator takes {there}; {mends}")
        if truncation != 1:
            raise InputError(
                f"--truncation {truncation:g}: a path in w was truncated when it was made; leave it out"
            )


def flatten(images: jax.Array) -> jax.Array:
    """RGBA over white: uint8 [..., 4] -> uint8 [..., 3], rounded."""
    color, alpha = images[..., :3].astype(jnp.int32), images[..., 3:].astype(jnp.int32)
    return ((color * alpha + 255 * (255 - alpha) + 127) // 255).astype(jnp.uint8)


@partial(jax.jit, static_argnames=("family", "mesh", "truncation", "noise", "scale", "over_white"))
def _draw(
    params: Any,
    latents: jax.Array,
    *,
    family: Family,
    mesh: Mesh,
    truncation: float,
    noise: str,
    scale: int,
    over_white: bool,
) -> jax.Array:
    """Latents [B, Z] or [B, L, W] -> uint8 [B, scale H, scale W, C], split over the mesh."""
    # Without a word about classes, a generator of classes makes its first.
    labels = jnp.zeros(latents.shape[0], jnp.int32) if family.num_classes else None
    w = latents if latents.ndim == 3 else family.map(params, latents, labels=labels, truncation=truncation)
    images = to_uint8(enlarge(family.synthesize(params, w, noise=noise), scale))
    return sharding.constrain(flatten(images) if over_white and images.shape[-1] == 4 else images, mesh)


def _fetch(images: jax.Array, count: int) -> np.ndarray:
    return np.asarray(images)[:count]
