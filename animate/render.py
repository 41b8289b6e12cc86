"""A path -> frames: a compiled call per batch, sharded over all devices, one batch ahead of the consumer."""

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
from gan.devices import sharding
from gan.families import Family
from gan.sample import Generator, enlarge

CPU_PX = 1 << 16  # pixels per batch by default: fits the caches
GPU_PX = 1 << 22  # enough to saturate a GPU
MAX_PER_DEVICE = 32
MIN_PER_DEVICE = 2  # a batch of one is a matrix-vector product, which sums in another order


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
    """Render the frames of a path, in order, or those of `frames`.

    While the consumer processes one batch the next is rendered, and no more: memory does not grow with the
    clip. Frames do not depend on `batch` or on the number of devices.

    Args:
        generator: its parameters are replicated to every device.
        path: float32 [T, Z] in z, mapped to w first, or [T, L, W] in w.
        batch: frames per call, rounded up to a multiple of the devices and at least two for each; None:
            chosen by image size and platform.
        truncation: of a path in z; 1 = off, 0 = mean w. A path in w is truncated already.
        noise: noise inputs of the network: constant over the clip ("const"), or none ("none").
        scale: enlarge the images by this whole factor.
        over_white: composite RGBA over white, for videos without alpha.
        frames: numbers of frames, rendered in this order; default: all.
        devices: default: all.

    Yields: uint8 [B, scale H, scale W, C], C = 3 for RGBA over white.
    Raises: InputError, before the first frame: the path does not match the generator, batch is below 1,
        truncation is not finite or set for a path in w.
    """
    check_path(generator, path, truncation=truncation)
    mesh = sharding.make_mesh(devices=devices)
    if batch is not None and batch < 1:
        raise InputError(f"--batch {batch}: must be at least 1")
    each = (
        default_per_device(generator, mesh.devices.flat[0].platform)
        if batch is None
        else -(-batch // mesh.size)
    )
    size = max(each, MIN_PER_DEVICE) * mesh.size
    split, whole = sharding.split(mesh), sharding.replicated(mesh)
    params = jax.device_put(generator.params, whole)

    count = len(path) if frames is None else len(frames)

    def dispatch(start: int) -> tuple[jax.Array, int]:
        at = slice(start, start + size)
        rows = path[at] if frames is None else path[np.asarray(frames[at])]
        padded = np.concatenate([rows, np.repeat(rows[-1:], size - len(rows), axis=0)])
        images = _render_batch(
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
    """Default number of frames per device and call."""
    height_px, width_px, _ = generator.shape
    frames = (CPU_PX if platform == "cpu" else GPU_PX) // (height_px * width_px)
    return min(max(frames, MIN_PER_DEVICE), MAX_PER_DEVICE)


def check_path(generator: Generator, path: Latents, *, truncation: float = 1.0) -> None:
    """Raise InputError unless the path matches the generator."""
    if not np.isfinite(truncation):
        raise InputError(f"--truncation {truncation}: must be finite")
    advice = "use the generator the path was made for"
    if path.ndim == 2 and path.shape[1] != generator.z_dim:
        raise InputError(
            f"the path's latents have size {path.shape[1]}, the generator takes {generator.z_dim}; {advice}"
        )
    if path.ndim == 3:
        z = jax.ShapeDtypeStruct((1, generator.z_dim), jnp.float32)
        w = jax.eval_shape(generator.map_with, generator.params, z)
        found, expected = list(path.shape[1:]), list(w.shape[1:])
        if found != expected:
            raise InputError(f"the path's latents in w are {found}, the generator takes {expected}; {advice}")
        if truncation != 1:
            raise InputError(f"--truncation {truncation:g}: a path in w is truncated already; leave it out")


def flatten(images: jax.Array) -> jax.Array:
    """Composite RGBA over white: uint8 [..., 4] -> uint8 [..., 3], rounded."""
    color, alpha = images[..., :3].astype(jnp.int32), images[..., 3:].astype(jnp.int32)
    return ((color * alpha + 255 * (255 - alpha) + 127) // 255).astype(jnp.uint8)


@partial(jax.jit, static_argnames=("family", "mesh", "truncation", "noise", "scale", "over_white"))
def _render_batch(
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
    """Latents [B, Z] or [B, L, W] -> uint8 [B, scale H, scale W, C], sharded over the mesh."""
    # A generator with classes renders the first class; other classes come in through w.
    labels = jnp.zeros(latents.shape[0], jnp.int32) if family.num_classes else None
    w = latents if latents.ndim == 3 else family.map(params, latents, labels=labels, truncation=truncation)
    images = to_uint8(enlarge(family.synthesize(params, w, noise=noise), scale))
    return sharding.constrain(flatten(images) if over_white and images.shape[-1] == 4 else images, mesh)


def _fetch(images: jax.Array, count: int) -> np.ndarray:
    return np.asarray(images)[:count]
