"""A network of family `field` at the size of a canvas: a generator for all that renders images."""

import dataclasses
from typing import Any

import jax

from gan.canvas.blocks import draw_blocks, plan_blocks, wrapped_cells
from gan.canvas.pages import field_of
from gan.canvas.size import CanvasSize
from gan.families.field import Field
from gan.sample import Generator


@dataclasses.dataclass(frozen=True)
class CanvasFamily:
    """Canvases on a torus, drawn block by block and cropped to `size`.

    z is the global vector followed by the cells of the canvas in row-major order.
    """

    field: Field  # at the size of the whole cells
    size: CanvasSize

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
        return self.field.z_dim

    @property
    def w_dim(self) -> int:
        return self.field.w_dim

    @property
    def num_ws(self) -> int:
        return 1

    def init_generator(self, key: jax.Array) -> Any:
        """Initial parameters: those of the network at any size."""
        return self.field.init_generator(key)

    def map(
        self, params: Any, z: jax.Array, *, labels: jax.Array | None = None, truncation: float = 1.0
    ) -> jax.Array:
        """z [N, Z] -> w [N, 1, Z]."""
        return self.field.map(params, z, labels=labels, truncation=truncation)

    def synthesize(self, params: Any, w: jax.Array, *, noise: Any = "const") -> jax.Array:
        """w [N, 1, Z] -> images [N, H, W, C] float32, unclipped; there is no noise."""
        style, cells = self.field.split(w[:, 0])
        blocks = plan_blocks(self.size.cells, cell_px=self.size.cell_px)
        around = wrapped_cells(cells, halo=self.field.halo_cells)
        images = draw_blocks(self.field, params, style, around, blocks=blocks)
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


def canvas_generator(generator: Generator, size: CanvasSize) -> Generator:
    """A generator of canvases with the weights of a generator. Raises: InputError: its frame is fixed."""
    field = field_of(generator)
    whole = dataclasses.replace(field, shape=(*size.drawn_px, field.shape[2]))
    return dataclasses.replace(generator, family=CanvasFamily(whole, size))
