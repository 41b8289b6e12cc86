"""A network of family `field` at the size of a canvas: a generator for all that renders images."""

import dataclasses
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from gan.canvas.blocks import draw_blocks, plan_blocks, wrapped_cells
from gan.canvas.pages import field_of
from gan.canvas.size import CanvasSize
from gan.canvas.variation import Mixed, Variation
from gan.families.field import Field
from gan.sample import Generator


class CanvasParams(NamedTuple):
    """Parameters of a canvas.

    Attributes:
        field: of the network.
        mask: float32 [h, w], one value per cell; None: nothing is mixed in.
        other: weights where the mask is 1; None: the same.
    """

    field: Any
    mask: Any = None
    other: Any = None


@dataclasses.dataclass(frozen=True)
class CanvasFamily:
    """Canvases on a torus, drawn block by block and cropped to `size`.

    z is the global vector, a second one if a mask mixes it in, and the cells of the canvas in row-major
    order.
    """

    field: Field  # at the size of the whole cells
    size: CanvasSize
    styles: int = 1  # global vectors

    @property
    def shape(self) -> tuple[int, int, int]:
        """(H, W, C) of a canvas."""
        return self.size.height_px, self.size.width_px, self.field.shape[2]

    @property
    def training_shape(self) -> tuple[int, int, int]:
        """Not trained: the whole canvas."""
        return self.shape

    @property
    def num_classes(self) -> int:
        return 0

    @property
    def z_dim(self) -> int:
        return self.field.z_dim + (self.styles - 1) * self.field.config.global_dim

    @property
    def w_dim(self) -> int:
        return self.z_dim

    @property
    def num_ws(self) -> int:
        return 1

    def init_generator(self, key: jax.Array) -> CanvasParams:
        """Initial parameters: those of the network at any size."""
        return CanvasParams(self.field.init_generator(key))

    def split(self, w: jax.Array) -> tuple[jax.Array, jax.Array]:
        """z or w [N, Z] -> global vectors [N, styles, G] and cells [N, h, w, D]."""
        size = self.field.config.global_dim
        cells = w[:, self.styles * size :].reshape(len(w), *self.field.cells, self.field.config.local_dim)
        return w[:, : self.styles * size].reshape(len(w), self.styles, size), cells

    def map(
        self, params: Any, z: jax.Array, *, labels: jax.Array | None = None, truncation: float = 1.0
    ) -> jax.Array:
        """z [N, Z] -> w [N, 1, Z]."""
        styles, cells = self.field.normalized(*self.split(z))
        w = jnp.concatenate([styles.reshape(len(z), -1), cells.reshape(len(z), -1)], axis=-1)
        return (w * truncation)[:, None, :]

    def synthesize(self, params: CanvasParams, w: jax.Array, *, noise: Any = "const") -> jax.Array:
        """w [N, 1, Z] -> images [N, H, W, C] float32, unclipped; there is no noise."""
        styles, cells = self.split(w[:, 0])
        blocks = plan_blocks(self.size.cells, cell_px=self.size.cell_px)
        halo, mixed = self.field.halo_cells, None
        if params.mask is not None:
            mask = wrapped_cells(params.mask[None, ..., None], halo=halo)[0, ..., 0]
            mixed = Mixed(mask, styles[:, 1] if self.styles > 1 else None, params.other)
        around = wrapped_cells(cells, halo=halo)
        images = draw_blocks(self.field, params.field, styles[:, 0], around, blocks=blocks, mixed=mixed)
        return images[:, : self.size.height_px, : self.size.width_px]

    def generate_for_training(self, params: Any, w: jax.Array, *, keys: jax.Array) -> jax.Array:
        """Canvases; no key is used."""
        return self.synthesize(params, w)

    def crop_for_training(self, images: jax.Array, *, keys: jax.Array) -> jax.Array:
        """Images as they are."""
        return images

    def track(self, params: Any, w: jax.Array) -> Any:
        """Unchanged: the network has no statistics."""
        return params


def canvas_generator(
    generator: Generator, size: CanvasSize, *, variation: Variation | None = None
) -> Generator:
    """A generator of canvases with the weights of a generator.

    Args:
        generator: of family field.
        size: of the canvases.
        variation: its mask mixes in a second global vector of z, where it has a style, and its weights. The
            mask repeats with the torus.

    Raises: InputError: its frame is fixed.
    """
    field = field_of(generator)
    whole = dataclasses.replace(field, shape=(*size.drawn_px, field.shape[2]))
    params, styles = CanvasParams(generator.params), 1
    if variation is not None:
        params = CanvasParams(generator.params, np.asarray(variation.mask), variation.params)
        styles += variation.style is not None
    return dataclasses.replace(generator, family=CanvasFamily(whole, size, styles), params=params)
