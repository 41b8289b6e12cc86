"""Network families: one sibling per file, each a pair of networks behind pure functions."""

from typing import Any, Protocol

import jax

from gan.config import TrainConfig
from gan.families.progan import Progan
from gan.precision import compute_dtype

Params = Any


class Family(Protocol):
    """What the trainer and the sampler ask of a family. All methods are pure and jittable.

    Attributes:
        shape: (H, W, C) of an image.
        z_dim: length of z.
        num_ws: L, styles per image; 1 without a mapping network.
    """

    shape: tuple[int, int, int]

    @property
    def z_dim(self) -> int: ...

    @property
    def num_ws(self) -> int: ...

    def init_generator(self, key: jax.Array) -> Params: ...

    def init_discriminator(self, key: jax.Array) -> Params: ...

    def map(self, params: Params, z: jax.Array, *, labels: jax.Array | None, truncation: float) -> jax.Array:
        """z [N, Z] -> w [N, L, W] float32."""

    def synthesize(self, params: Params, w: jax.Array, *, noise: Any) -> jax.Array:
        """w [N, L, W] -> images [N, H, W, C] float32, about [-1, 1], unclipped."""

    def discriminate(self, params: Params, images: jax.Array, *, labels: jax.Array | None) -> jax.Array:
        """images [N, H, W, C] in [-1, 1] -> logits [N] float32, high for real."""


FAMILIES: dict[str, type] = {"progan": Progan}


def build(config: TrainConfig, shape: tuple[int, int, int]) -> Family:
    """The family that `config` names, for images of `shape` (H, W, C)."""
    return FAMILIES[config.family](config.network, shape, compute_dtype(config.compute_dtype))
