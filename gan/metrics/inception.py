"""The network of the Frechet Inception Distance: Inception-v3 as TensorFlow shipped it in December 2015.

Images [N, H, W, C] float32 in [-1, 1] -> features [N, 2048] float32, the means over positions of the last
block. Layers are named as in the published state dict (`Mixed_5b.branch1x1.conv.weight`). It differs from
the textbook network in two pools: averages count no padding, and the last block pools by the maximum.

Sources: Szegedy et al. 2016, "Rethinking the Inception architecture", figures 5 to 7 and table 1 (blocks);
Heusel et al. 2017 (features of its last pool; images resized to 299 x 299 inside the graph, by TensorFlow 1's
bilinear rule, then (u - 128) / 128). Weights are not shipped.
"""

from collections.abc import Mapping
from typing import Any, Literal

import jax
import jax.numpy as jnp
import numpy as np
from flax import linen as nn
from flax.traverse_util import flatten_dict, unflatten_dict
from jax import lax

from gan.ops.matmul_conv import NHWC

SIZE_PX = 299
FEATURES = 2048
CLASSES = 1008  # outputs of the classifier behind the features; 1000 in networks retrained later
PARAMETERS = 23_885_392  # of the whole published state dict, running statistics and classifier counted
BN_EPSILON = 1e-3

_THEIRS = {  # our parameter -> its name in the published state dict
    "kernel": "conv.weight",
    "scale": "bn.weight",
    "bias": "bn.bias",
    "mean": "bn.running_mean",
    "var": "bn.running_var",
}

Protocol = Literal["tensorflow", "pytorch-fid"]
Window = tuple[int, int]


class ConvNorm(nn.Module):
    """Convolution without bias, normalisation by running statistics, ReLU."""

    features: int
    window: Window = (1, 1)
    stride: int = 1
    padding: str = "SAME"

    @nn.compact
    def __call__(self, x: jax.Array) -> jax.Array:
        shape = (*self.window, x.shape[-1], self.features)
        kernel = self.param("kernel", nn.initializers.he_normal(), shape)
        scale, var = (self.param(name, nn.initializers.ones_init(), shape[3:]) for name in ("scale", "var"))
        bias, mean = (self.param(name, nn.initializers.zeros_init(), shape[3:]) for name in ("bias", "mean"))
        strides = (self.stride, self.stride)
        y = lax.conv_general_dilated(x, kernel, strides, self.padding, dimension_numbers=NHWC)
        gain = scale * lax.rsqrt(var + BN_EPSILON)
        return nn.relu(y * gain[None, None, None, :] + (bias - mean * gain)[None, None, None, :])


def average_pool(x: jax.Array) -> jax.Array:
    """3x3 averages at stride 1, same size; at the border only what lies inside is counted."""
    return nn.avg_pool(x, (3, 3), padding="SAME", count_include_pad=False)


def max_pool(x: jax.Array) -> jax.Array:
    """3x3 maxima at stride 1, same size."""
    return nn.max_pool(x, (3, 3), padding="SAME")


def halve(x: jax.Array) -> jax.Array:
    """3x3 maxima at stride 2, without padding."""
    return nn.max_pool(x, (3, 3), strides=(2, 2))


def _chain(x: jax.Array, name: str, *layers: tuple[Any, ...]) -> jax.Array:
    """ConvNorms one behind the other: `name`_1, `name`_2, ..., each (features, window[, stride, padding])."""
    for number, layer in enumerate(layers, 1):
        x = ConvNorm(*layer, name=f"{name}_{number}")(x)
    return x


def _join(*branches: jax.Array) -> jax.Array:
    return jnp.concatenate(branches, axis=-1)


class BlockA(nn.Module):
    """35 x 35: 1x1, 5x5, two 3x3, and an average."""

    pooled: int

    @nn.compact
    def __call__(self, x: jax.Array) -> jax.Array:
        return _join(
            ConvNorm(64, name="branch1x1")(x),
            _chain(x, "branch5x5", (48,), (64, (5, 5))),
            _chain(x, "branch3x3dbl", (64,), (96, (3, 3)), (96, (3, 3))),
            ConvNorm(self.pooled, name="branch_pool")(average_pool(x)),
        )


class BlockB(nn.Module):
    """35 x 35 -> 17 x 17."""

    @nn.compact
    def __call__(self, x: jax.Array) -> jax.Array:
        return _join(
            ConvNorm(384, (3, 3), 2, "VALID", name="branch3x3")(x),
            _chain(x, "branch3x3dbl", (64,), (96, (3, 3)), (96, (3, 3), 2, "VALID")),
            halve(x),
        )


class BlockC(nn.Module):
    """17 x 17: 1x1, 7x7 and two 7x7 as rows and columns, and an average."""

    width: int

    @nn.compact
    def __call__(self, x: jax.Array) -> jax.Array:
        c, row, column = self.width, (1, 7), (7, 1)
        return _join(
            ConvNorm(192, name="branch1x1")(x),
            _chain(x, "branch7x7", (c,), (c, row), (192, column)),
            _chain(x, "branch7x7dbl", (c,), (c, column), (c, row), (c, column), (192, row)),
            ConvNorm(192, name="branch_pool")(average_pool(x)),
        )


class BlockD(nn.Module):
    """17 x 17 -> 8 x 8."""

    @nn.compact
    def __call__(self, x: jax.Array) -> jax.Array:
        last = (192, (3, 3), 2, "VALID")
        return _join(
            _chain(x, "branch3x3", (192,), (320, (3, 3), 2, "VALID")),
            _chain(x, "branch7x7x3", (192,), (192, (1, 7)), (192, (7, 1)), last),
            halve(x),
        )


class BlockE(nn.Module):
    """8 x 8: branches that end in a row and a column side by side, and a pool."""

    pool: Any

    @nn.compact
    def __call__(self, x: jax.Array) -> jax.Array:
        def both(y: jax.Array, name: str) -> jax.Array:
            return _join(ConvNorm(384, (1, 3), name=f"{name}a")(y), ConvNorm(384, (3, 1), name=f"{name}b")(y))

        return _join(
            ConvNorm(320, name="branch1x1")(x),
            both(_chain(x, "branch3x3", (384,)), "branch3x3_2"),
            both(_chain(x, "branch3x3dbl", (448,), (384, (3, 3))), "branch3x3dbl_3"),
            ConvNorm(192, name="branch_pool")(self.pool(x)),
        )


class Inception(nn.Module):
    """Images [N, 299, 299, 3] float32 in [-1, 1] -> features [N, 2048]."""

    @nn.compact
    def __call__(self, x: jax.Array) -> jax.Array:
        x = ConvNorm(32, (3, 3), 2, "VALID", name="Conv2d_1a_3x3")(x)
        x = ConvNorm(32, (3, 3), 1, "VALID", name="Conv2d_2a_3x3")(x)
        x = halve(ConvNorm(64, (3, 3), name="Conv2d_2b_3x3")(x))
        x = ConvNorm(80, name="Conv2d_3b_1x1")(x)
        x = halve(ConvNorm(192, (3, 3), 1, "VALID", name="Conv2d_4a_3x3")(x))
        for name, pooled in (("5b", 32), ("5c", 64), ("5d", 64)):
            x = BlockA(pooled, name=f"Mixed_{name}")(x)
        x = BlockB(name="Mixed_6a")(x)
        for name, width in (("6b", 128), ("6c", 160), ("6d", 160), ("6e", 192)):
            x = BlockC(width, name=f"Mixed_{name}")(x)
        x = BlockD(name="Mixed_7a")(x)
        x = BlockE(average_pool, name="Mixed_7b")(x)
        x = BlockE(max_pool, name="Mixed_7c")(x)
        return x.mean(axis=(1, 2))


def inception_features(params: Any, images: jax.Array, *, protocol: Protocol = "tensorflow") -> jax.Array:
    """Features of images of any size: pure and jittable, in full float32 on every device.

    Args:
        params: of `Inception`, see `from_state_dict`.
        images: [N, H, W, C] float32 in [-1, 1]; C = 1 is repeated, C = 4 is laid over white by its alpha.
        protocol: of the resize to 299 x 299 and the range. "tensorflow": the reference, whose output pixel i
            reads at i * in / 299, values (u - 128) / 128 for u in 0 to 255. "pytorch-fid": that port's, which
            reads at (i + 1/2) * in / 299 - 1/2, values 2 u / 255 - 1. Neither averages when it reduces.

    Returns: [N, 2048] float32.
    """
    if images.shape[-1] == 4:
        alpha = (images[..., 3:] + 1.0) / 2.0
        images = images[..., :3] * alpha + (1.0 - alpha)
    if images.shape[-1] == 1:
        images = jnp.repeat(images, 3, axis=-1)
    with jax.default_matmul_precision("float32"):
        rows, columns = (
            jnp.asarray(bilinear(n, SIZE_PX, half_pixel=protocol == "pytorch-fid")) for n in images.shape[1:3]
        )
        x = jnp.einsum("ph,qw,nhwc->npqc", rows, columns, images)
        if protocol == "tensorflow":
            x = ((x + 1.0) * 127.5 - 128.0) / 128.0
        return Inception().apply({"params": params}, x)  # type: ignore[return-value]


def bilinear(size: int, to_size: int, *, half_pixel: bool) -> np.ndarray:
    """Weights [to_size, size] float32 of linear interpolation along an axis, the edge repeated.

    Output i reads at i * size / to_size, or, with `half_pixel`, where its centre lies.
    """
    at = np.arange(to_size) * (size / to_size)
    if half_pixel:
        at = np.maximum(at + 0.5 * size / to_size - 0.5, 0.0)
    low = np.floor(at).astype(int)
    weights = np.zeros((to_size, size))
    np.add.at(weights, (np.arange(to_size), low), 1.0 - (at - low))
    np.add.at(weights, (np.arange(to_size), np.minimum(low + 1, size - 1)), at - low)
    return weights.astype(np.float32)


def from_state_dict(state: Mapping[str, np.ndarray]) -> Any:
    """Parameters of `Inception` from the published state dict.

    Raises: ValueError: a name is missing, unknown or of another shape, or the network is not FID's.
    """
    flat, left = {}, dict(state)
    classifier = left.pop("fc.weight", np.zeros((0, 0)))
    left.pop("fc.bias", None)
    if classifier.shape != (CLASSES, FEATURES):
        raise ValueError(
            f"its classifier fc.weight is {list(classifier.shape)}; that of FID's network is "
            f"[{CLASSES}, {FEATURES}]"
        )
    for path, expected in shapes().items():
        name = ".".join([*path[:-1], _THEIRS[path[-1]]])
        if name not in left:
            raise ValueError(f"it holds no {name}")
        value = np.asarray(left.pop(name), np.float32)
        if path[-1] == "kernel" and value.ndim == 4:
            value = value.transpose(2, 3, 1, 0)  # [O, I, H, W] -> [H, W, I, O]
        if value.shape != expected:
            raise ValueError(f"its {name} has shape {list(state[name].shape)}")
        flat[path] = value
    strange = [name for name in left if not name.endswith("num_batches_tracked")]
    if strange:
        raise ValueError(f"it holds {strange[0]}, which this network has not")
    return unflatten_dict(flat)


def shapes() -> dict[tuple[str, ...], tuple[int, ...]]:
    """Path -> shape of every parameter of `Inception`."""
    image = jax.ShapeDtypeStruct((1, SIZE_PX, SIZE_PX, 3), jnp.float32)
    tree = jax.eval_shape(Inception().init, jax.random.key(0), image)["params"]
    return {path: leaf.shape for path, leaf in flatten_dict(tree).items()}
