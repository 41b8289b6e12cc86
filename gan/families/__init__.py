"""Network families: one sibling per file, each a pair of networks behind pure functions."""

from typing import Any, Protocol

import jax

from gan.config import TrainConfig
from gan.families.progan import Progan
from gan.families.stylegan2 import Stylegan2
from gan.precision import compute_dtype

Params = Any


class Family(Protocol):
    """What the trainer and the sampler ask of a family. All methods are pure and jittable.

    Attributes:
        shape: (H, W, C) of an image.
        num_classes: K; labels are in [0, K), and None where K is 0.
        z_dim: length of z.
        w_dim: length of a style; z_dim without a mapping network.
        num_ws: L, styles per image; 1 without a mapping network.
    """

    @property
    def shape(self) -> tuple[int, int, int]: ...

    @property
    def num_classes(self) -> int: ...

    @property
    def z_dim(self) -> int: ...

    @property
    def w_dim(self) -> int: ...

    @property
    def num_ws(self) -> int: ...

    def __hash__(self) -> int: ...  # equal settings, equal hash: jit and caches tell families apart by it

    def init_generator(self, key: jax.Array) -> Params: ...

    def init_discriminator(self, key: jax.Array) -> Params: ...

    def map(self, params: Params, z: jax.Array, *, labels: jax.Array | None, truncation: float) -> jax.Array:
        """z [N, Z], labels int32 [N] -> w [N, L, W] float32."""

    def synthesize(self, params: Params, w: jax.Array, *, noise: Any) -> jax.Array:
        """w [N, L, W] -> images [N, H, W, C] float32, about [-1, 1], unclipped."""

    def discriminate(self, params: Params, images: jax.Array, *, labels: jax.Array | None) -> jax.Array:
        """images [N, H, W, C] in [-1, 1], labels int32 [N] -> logits [N] float32, high for real."""

    def features(self, params: Params, images: jax.Array) -> list[jax.Array]:
        """Images [N, H, W, C] -> what the discriminator's 3x3 convolutions at each size see in them, finest
        first: [N, H / 2^i, W / 2^i, C_i]. One item does not depend on another."""

    def track(self, params: Params, w: jax.Array) -> Params:
        """The generator's parameters after its running statistics have seen w [N, W] of a batch."""


FAMILIES: dict[str, type] = {"progan": Progan, "stylegan2": Stylegan2}

UNTRAINED = frozenset(["w_mean", "noise_const"])
"""Names of parameters that no gradient reaches: statistics, and maps fixed at birth."""


def build(config: TrainConfig, shape: tuple[int, int, int], *, num_classes: int = 0) -> Family:
    """The family that `config` names, for images of `shape` (H, W, C) and, if it is conditional, classes."""
    classes = num_classes if config.conditional else 0
    return FAMILIES[config.family](config.network, shape, compute_dtype(config.compute_dtype), classes)
