"""Mosaics: several paths of one generator side by side in every frame, as a generator of larger images."""

import dataclasses
from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from animate.lazy_latents import BLOCK_FRAMES, LazyLatents
from animate.paths.path import LatentPath
from gan.families import GeneratorFamily
from gan.sample import Generator


@dataclasses.dataclass(frozen=True)
class MosaicFamily:
    """Rows and columns of images of another family; z and w are those of the images, one after the other."""

    base: GeneratorFamily
    grid: tuple[int, int]  # (rows, columns)

    @property
    def count(self) -> int:
        """Images per frame."""
        return self.grid[0] * self.grid[1]

    @property
    def shape(self) -> tuple[int, int, int]:
        """(H, W, C) of a frame."""
        height, width, channels = self.base.shape
        return height * self.grid[0], width * self.grid[1], channels

    @property
    def training_shape(self) -> tuple[int, int, int]:
        """Not trained: the whole frame."""
        return self.shape

    @property
    def num_classes(self) -> int:
        return self.base.num_classes

    @property
    def z_dim(self) -> int:
        return self.count * self.base.z_dim

    @property
    def w_dim(self) -> int:
        return self.base.w_dim

    @property
    def num_ws(self) -> int:
        return self.count * self.base.num_ws

    def init_generator(self, key: jax.Array) -> Any:
        """Initial parameters of the other family."""
        return self.base.init_generator(key)

    def map(
        self, params: Any, z: jax.Array, *, labels: jax.Array | None = None, truncation: float = 1.0
    ) -> jax.Array:
        """z [N, count Z], labels [N] -> w [N, count L, W]."""
        n = len(z)
        each = None if labels is None else jnp.repeat(labels, self.count)
        w = self.base.map(params, z.reshape(n * self.count, -1), labels=each, truncation=truncation)
        return w.reshape(n, -1, w.shape[2])

    def synthesize(self, params: Any, w: jax.Array, *, noise: Any = "const") -> jax.Array:
        """w [N, count L, W] -> frames [N, H, W, C] float32, unclipped."""
        (rows, columns), n = self.grid, len(w)
        images = self.base.synthesize(params, w.reshape(n * self.count, -1, w.shape[2]), noise=noise)
        height, width, channels = images.shape[1:]
        frames = images.reshape(n, rows, columns, height, width, channels).transpose(0, 1, 3, 2, 4, 5)
        return frames.reshape(n, rows * height, columns * width, channels)

    def generate_for_training(self, params: Any, w: jax.Array, *, keys: jax.Array) -> jax.Array:
        """Frames; no key is used."""
        return self.synthesize(params, w)

    def crop_for_training(self, images: jax.Array, *, keys: jax.Array) -> jax.Array:
        """Images as they are."""
        return images

    def track(self, params: Any, w: jax.Array) -> Any:
        """Unchanged: not trained."""
        return params


def mosaic_path(
    generator: Generator, paths: Sequence[LatentPath], *, grid: tuple[int, int]
) -> tuple[Generator, LatentPath]:
    """The generator of a mosaic, and its path.

    Args:
        generator: of every image.
        paths: one per image, in row-major order, of equal length and space.
        grid: (rows, columns).
    """
    first, count = paths[0], len(paths[0].latents)
    assert len(paths) == grid[0] * grid[1], (len(paths), grid)
    assert len({(path.latents.shape, path.truncation) for path in paths}) == 1

    def joined(frames: slice) -> np.ndarray:
        return np.concatenate([path.latents[frames] for path in paths], axis=1)

    config = first.config | {"mosaic": list(grid)}
    latents = LazyLatents(count, joined, block=max(1, BLOCK_FRAMES // len(paths)))
    path = dataclasses.replace(first, latents=latents, config=config)
    return dataclasses.replace(generator, family=MosaicFamily(generator.family, grid)), path
