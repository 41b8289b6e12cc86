"""Network families: one sibling per file, each a pair of networks behind pure functions."""

from typing import Any, Protocol

import jax

from gan.config import TrainConfig
from gan.devices.precision import compute_dtype
from gan.families.field import Field
from gan.families.progan import Progan
from gan.families.stylegan2 import Stylegan2

Params = Any


class GeneratorFamily(Protocol):
    """A generator behind pure, jittable functions: what sampling, metrics and rendering need.

    Attributes:
        shape: (H, W, C) of an image.
        training_shape: (H, W, C) of the images, or parts of images, that the discriminator is trained on.
        num_classes: K; labels are in [0, K), and None where K is 0.
        z_dim: length of z.
        w_dim: length of a style; z_dim without a mapping network.
        num_ws: L, styles per image; 1 without a mapping network.
    """

    @property
    def shape(self) -> tuple[int, int, int]: ...

    @property
    def training_shape(self) -> tuple[int, int, int]: ...

    @property
    def num_classes(self) -> int: ...

    @property
    def z_dim(self) -> int: ...

    @property
    def w_dim(self) -> int: ...

    @property
    def num_ws(self) -> int: ...

    def __hash__(self) -> int: ...  # equal settings, equal hash: jit and caches compare families by it

    def init_generator(self, key: jax.Array) -> Params:
        """Initial parameters, float32."""

    def map(self, params: Params, z: jax.Array, *, labels: jax.Array | None, truncation: float) -> jax.Array:
        """z [N, Z], labels int32 [N] -> w [N, L, W] float32."""

    def synthesize(self, params: Params, w: jax.Array, *, noise: Any) -> jax.Array:
        """w [N, L, W] -> images [N, H, W, C] float32, about [-1, 1], unclipped."""

    def generate_for_training(self, params: Params, w: jax.Array, *, keys: jax.Array) -> jax.Array:
        """w [N, L, W], one key per item [N] -> what the discriminator is trained on, [N, *training_shape]."""

    def crop_for_training(self, images: jax.Array, *, keys: jax.Array) -> jax.Array:
        """Real images [N, H, W, C] in [-1, 1], one key per item [N] -> [N, *training_shape]."""

    def track(self, params: Params, w: jax.Array) -> Params:
        """The generator's parameters with running statistics updated from w [N, W] of a batch."""


class Discriminator(Protocol):
    """A discriminator behind pure, jittable functions."""

    def init_discriminator(self, key: jax.Array) -> Params:
        """Initial parameters, float32."""

    def discriminate(self, params: Params, images: jax.Array, *, labels: jax.Array | None) -> jax.Array:
        """images [N, *training_shape] or larger in [-1, 1], labels int32 [N] -> logits [N] float32, high for
        real."""

    def features(self, params: Params, images: jax.Array) -> list[jax.Array]:
        """Images [N, H, W, C] -> activations of the 3x3 convolution at each size, finest first:
        [N, H / 2^i, W / 2^i, C_i]. An item does not depend on the others."""


class Family(GeneratorFamily, Discriminator, Protocol):
    """The pair of networks of a GAN."""


FAMILIES: dict[str, type] = {"progan": Progan, "stylegan2": Stylegan2, "field": Field}

UNTRAINED = frozenset(["w_mean", "noise_const"])
"""Names of parameters that are not trained: statistics, and noise maps fixed at initialisation."""


def build(config: TrainConfig, shape: tuple[int, int, int], *, num_classes: int = 0) -> Family:
    """The family that `config` names, for images of `shape` (H, W, C) and, if it is conditional, classes."""
    classes = num_classes if config.conditional else 0
    return FAMILIES[config.family](config.network, shape, compute_dtype(config.compute_dtype), classes)
