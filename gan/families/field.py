"""Family `field`: a generator without a frame, for drawings without top, centre or edge.

Latents: one global vector, and a map with one vector per cell of cell_px x cell_px; z is the global vector
followed by the map in row-major order. Every cell is treated like every other: no learned constant, no
position, no noise inputs, and circular padding in place of zeros. So an image is one period of an endless
drawing, shifting the map by a cell shifts the image by cell_px, and the same weights draw a map of any size
(`canvas`).

Generator: the global vector is concatenated to every cell, then a trunk of convolutions and log2 cell_px
doublings, each an upsampling convolution and a convolution; images are the sum of 1x1 to-RGB skips over
blurred upsampling. Discriminator: `families.discriminator`, with zero padding. In training it sees each
generated image at a random offset within a cell, so that neither the wrap nor the grid of cells shows, and
with crop_px only a part of every image. With `statistics` it also sees the image's density and contrast,
which the first numbers of the global vector stand for (`families.image_statistics`).

Sources: Karras et al. 2018, "Progressive growing of GANs" (pixel norm, equalised learning rate); Karras et
al. 2020, "Analyzing and improving the image quality of StyleGAN", section 4.1 (skip generator); Bergmann et
al. 2017, "Learning texture manifolds with the periodic spatial GAN", section 3 (global and local latents).
"""

import dataclasses
from functools import partial
from typing import Any, cast

import jax
import jax.numpy as jnp
from flax import linen as nn

from gan.config import FieldConfig
from gan.families.channels import levels
from gan.families.discriminator import Discriminator, block_features
from gan.families.image_statistics import numbers, with_numbers
from gan.latents import item_keys, normalize, numbered
from gan.layers import Conv
from gan.ops.activation import leaky_relu
from gan.ops.circular import circular
from gan.ops.resample import upsample

BASE_PX = 64  # size at which channels are channel_base / BASE_PX


def widths(config: FieldConfig, halvings: int) -> tuple[int, ...]:
    """Channels at 1 / 2^halvings of the image's size, ..., 1/2, 1/1: the same for images of every size."""
    base, most = config.channel_base, config.channel_max
    return tuple(max(1, min(base * 2**i // BASE_PX, most)) for i in range(halvings, -1, -1))


def doublings(config: FieldConfig) -> int:
    """Doublings from a map of cells to the image."""
    return config.cell_px.bit_length() - 1


def margins_px(doublings: int) -> tuple[int, ...]:
    """Pixels around a part of an image that its last layers need, at 1 / 2^doublings of the size, ..., 1/1.

    A convolution needs a pixel more at each side, and a doubling that has to have n more needs 1 +
    floor((n + 1) / 2) at half the size.
    """
    margins = [0]
    for _ in range(doublings):
        margins.insert(0, 1 + (margins[0] + 2) // 2)
    return tuple(margins)


def trimmed(x: jax.Array, size: tuple[int, ...]) -> jax.Array:
    """The middle of [N, H, W, C]: [N, *size, C]."""
    y, left = ((have - want) // 2 for have, want in zip(x.shape[1:3], size, strict=True))
    return x[:, y : y + size[0], left : left + size[1]]


class Generator(nn.Module):
    """Global vectors [N, G], cells [N, h, w, D] -> images [N, h cell_px, w cell_px, channels] float32.

    The last `halvings` doublings are left out. With padding "none" the cells are a part of a larger map, and
    the image is that of the cells without `halo_cells` at each side.
    """

    config: FieldConfig
    channels: int
    dtype: Any
    halvings: int = 0
    padding: str = "periodic"  # or "none"

    @nn.compact
    def __call__(self, style: jax.Array, cells: jax.Array) -> jax.Array:
        (n, h, w, _), top = cells.shape, doublings(self.config)
        wide = widths(self.config, top)
        to_rgb = partial(Conv, self.channels, self.dtype, kernel_size=1, init_std=self.config.rgb_init_std)
        style = style if style.ndim == 4 else style[:, None, None, :]  # of each cell, or of all
        x = jnp.concatenate([jnp.broadcast_to(style, (n, h, w, style.shape[3])), cells], axis=-1)
        margins = margins_px(top) if self.padding == "none" else None
        around = 2 * (self.config.trunk_layers + 1 + margins[0]) if margins else 0
        inner = (h - around, w - around)
        conv = partial(Conv, dtype=self.dtype, padding=self.padding)
        for name in ("base", *(f"trunk_{i}" for i in range(self.config.trunk_layers))):
            x = leaky_relu(conv(wide[0], name=name)(x))
        image = to_rgb(name="rgb_0")(x)
        for level in range(1, top + 1 - self.halvings):
            x = leaky_relu(conv(wide[level], resample="up", name=f"up_{level}")(x))
            x = leaky_relu(conv(wide[level], name=f"conv_{level}")(x))
            if margins is None:
                image = circular(upsample, image, pad=1, scale=2)
            else:
                size = tuple((px << level) + 2 * margins[level] for px in inner)
                x, image = trimmed(x, size), trimmed(upsample(image), size)
            image = image + to_rgb(name=f"rgb_{level}")(x)
        return image.astype(jnp.float32)


@dataclasses.dataclass(frozen=True)
class Field:
    """The pair of networks for images of `shape` (H, W, C), multiples of a cell, computing in `dtype`."""

    config: FieldConfig
    shape: tuple[int, int, int]
    dtype: Any
    num_classes: int = 0

    @property
    def cells(self) -> tuple[int, int]:
        """(h, w) of the map of an image."""
        return self.shape[0] // self.config.cell_px, self.shape[1] // self.config.cell_px

    @property
    def halo_cells(self) -> int:
        """A pixel depends on its own cell and the cells up to this many away along each axis."""
        return self.config.trunk_layers + 1 + margins_px(doublings(self.config))[0]

    @property
    def training_shape(self) -> tuple[int, int, int]:
        """(H, W, C) of the parts of images that are trained on, with a channel for each statistic."""
        crop, (height, width, channels) = self.config.crop_px, self.shape
        sides = (height, width) if crop is None else (min(crop, height), min(crop, width))
        return *sides, channels + self.config.statistics

    @property
    def z_dim(self) -> int:
        h, w = self.cells
        return self.config.global_dim + h * w * self.config.local_dim

    @property
    def w_dim(self) -> int:
        return self.z_dim

    @property
    def num_ws(self) -> int:
        return 1

    @property
    def parts(self) -> dict[str, slice]:
        """Parts of w that images can be mixed from, by name."""
        return {"global": slice(0, self.config.global_dim), "local": slice(self.config.global_dim, None)}

    def style_kernel(self, params: Any) -> jax.Array:
        """Effect of w on the first convolution's mean output over cells, times sqrt(h w): [Z, channels].

        Vectors of cells enter by their mean, so that directions found from it change all cells alike. The
        squared effect of a unit vector that does is that on the whole map.
        """
        (h, w), style_dim = self.cells, self.config.global_dim
        kernel = params["base"]["kernel"].sum((0, 1)) / jnp.sqrt(9.0 * (style_dim + self.config.local_dim))
        size = jnp.sqrt(1.0 * h * w)
        return jnp.concatenate([kernel[:style_dim] * size, jnp.tile(kernel[style_dim:] / size, (h * w, 1))])

    def init_generator(self, key: jax.Array) -> Any:
        """Initial parameters, float32; they do not depend on the size of images."""
        return self._generator.init(key, *self.split(jnp.zeros((1, self.z_dim))))["params"]

    def init_discriminator(self, key: jax.Array) -> Any:
        """Initial parameters, float32; with `patch` they do not depend on the size of images."""
        return self._discriminator.init(key, jnp.zeros((1, *self.training_shape)))["params"]

    def split(self, w: jax.Array) -> tuple[jax.Array, jax.Array]:
        """z or w [N, Z] -> global vectors [N, G] and cells [N, h, w, D]."""
        style, cells = w[:, : self.config.global_dim], w[:, self.config.global_dim :]
        return style, cells.reshape(w.shape[0], *self.cells, self.config.local_dim)

    def normalized(self, style: jax.Array, cells: jax.Array) -> tuple[jax.Array, jax.Array]:
        """Pixel norm of every vector: global [..., G], cells [..., D].

        The first numbers of the global vector that stand for statistics stay as they are. Cells that are
        means of others, as along latent paths, keep the length that the generator was trained on.
        """
        count = self.config.statistics
        if not count:
            return normalize(style), normalize(cells)
        return jnp.concatenate([style[..., :count], normalize(style[..., count:])], axis=-1), normalize(cells)

    def map(
        self, params: Any, z: jax.Array, *, labels: jax.Array | None = None, truncation: float = 1.0
    ) -> jax.Array:
        """`normalized` in place of a mapping network, mean w = 0: z [N, Z] -> w [N, 1, Z].

        Truncation makes images and the cells of an image more alike.
        """
        style, cells = self.normalized(*self.split(z))
        w = jnp.concatenate([style, cells.reshape(z.shape[0], -1)], axis=-1)
        return (w * truncation)[:, None, :]

    def synthesize(self, params: Any, w: jax.Array, *, noise: Any = "const") -> jax.Array:
        """w [N, 1, Z] -> images [N, H, W, C] float32, unclipped.

        Args:
            params: of the generator.
            w: global vector and cells.
            noise: one key, or one key per item [N], shifts images on the torus by less than a cell along
                each axis; "const" and "none" do not.
        """
        images = self.canvas(params, *self.split(w[:, 0]))
        if isinstance(noise, str):
            return images
        keys = noise if noise.ndim else item_keys(noise, numbered(0, w.shape[0]))
        return random_parts(keys, images, size=self.shape[:2], shifts=self.config.cell_px)

    def preview(self, params: Any, w: jax.Array, *, halvings: int) -> jax.Array:
        """`synthesize` up to 1 / 2^halvings of the size: the sum of the to-RGB skips up to there."""
        network = self._generator.clone(halvings=halvings)
        return cast(jax.Array, network.apply({"params": params}, *self.split(w[:, 0])))

    def canvas(self, params: Any, style: jax.Array, cells: jax.Array) -> jax.Array:
        """Draw maps of any size: global [N, G], cells [N, h, w, D] -> images [N, H, W, C] float32, H =
        h cell_px and W = w cell_px.

        Both as in w (`normalized`, times truncation). Opposite edges of an image meet without a seam. A part
        of a larger map with `halo_cells` more cells on each side has, inside of these, the larger image.
        """
        return cast(jax.Array, self._generator.apply({"params": params}, style, cells))

    def part(self, params: Any, style: jax.Array, cells: jax.Array) -> jax.Array:
        """Draw a part of a larger map, at about the cost of its own pixels.

        Args:
            params: of the generator.
            style: [N, G] as for `canvas`, or of each cell, [N, h + 2 halo, w + 2 halo, G].
            cells: the part and `halo_cells` more on each side, [N, h + 2 halo, w + 2 halo, D].

        Returns: images [N, h cell_px, w cell_px, C] float32: those of `canvas` of any map with these cells.
        """
        network = self._generator.clone(padding="none")
        return cast(jax.Array, network.apply({"params": params}, style, cells))

    def discriminate(self, params: Any, images: jax.Array, *, labels: jax.Array | None = None) -> jax.Array:
        """images [N, H, W, C] in [-1, 1] -> logits [N] float32; this family has no classes.

        Larger images than `training_shape` have the mean logit of as many parts as fit, side by side. Images
        without channels of statistics are seen with their own.
        """
        height, width, channels = self.training_shape
        images = self._with_own(images)
        rows, columns = images.shape[1] // height, images.shape[2] // width
        parts = images[:, : rows * height, : columns * width].reshape(
            -1, rows, height, columns, width, channels
        )
        parts = parts.transpose(1, 3, 0, 2, 4, 5).reshape(-1, height, width, channels)
        logits = cast(jax.Array, self._discriminator.apply({"params": params}, parts))
        return logits.reshape(rows * columns, -1).mean(0)

    def features(self, params: Any, images: jax.Array) -> list[jax.Array]:
        """Images [N, H, W, C] -> the discriminator's activations at each size, finest first."""
        return block_features(self._discriminator, params, self._with_own(images))

    def track(self, params: Any, w: jax.Array) -> Any:
        """Unchanged: the mean w is 0 by construction."""
        return params

    def generate_for_training(self, params: Any, w: jax.Array, *, keys: jax.Array) -> jax.Array:
        """Random parts of images of w [N, 1, Z], one per item key [N]: [N, *training_shape] float32.

        Parts of `crop_px` are drawn from the first cells alone, as a torus of their own.
        """
        style, cells = self.split(w[:, 0])
        height, width, _ = self.training_shape
        cell, count = self.config.cell_px, self.config.statistics
        images = self.canvas(params, style, cells[:, : height // cell, : width // cell])
        parts = random_parts(keys, images, size=(height, width), shifts=cell)
        return with_numbers(parts, style[:, :count]) if count else parts

    def crop_for_training(self, images: jax.Array, *, keys: jax.Array) -> jax.Array:
        """Random parts of real images [N, H, W, C] in [-1, 1], one per item key [N]: [N, *training_shape]."""
        images = self._with_own(images)
        height, width, _ = self.training_shape
        if images.shape[1:3] == (height, width):
            return images
        most = (images.shape[1] - height + 1, images.shape[2] - width + 1)

        def one(key: jax.Array, image: jax.Array) -> jax.Array:
            y, x = jax.random.randint(key, (2,), 0, jnp.array(most))
            return jax.lax.dynamic_slice(image, (y, x, jnp.zeros_like(y)), self.training_shape)

        return jax.vmap(one)(keys, images)

    def _with_own(self, images: jax.Array) -> jax.Array:
        """Images [N, H, W, C] with channels of their statistics, where these are trained on."""
        count, table = self.config.statistics, self.config.statistics_table
        if not count or images.shape[3] == self.training_shape[2]:
            return images
        return with_numbers(images, numbers(images, table, count=count))

    @property
    def _generator(self) -> Generator:
        return Generator(self.config, self.shape[2], self.dtype)

    @property
    def _discriminator(self) -> Discriminator:
        levels = doublings(self.config) if self.config.patch else halvings(self.training_shape)
        return Discriminator(self.config, widths(self.config, levels), self.dtype, patch=self.config.patch)


def halvings(shape: tuple[int, int, int]) -> int:
    """Halvings of images (H, W, C) by the discriminator: down to 4 px, or while both sides are even."""
    both = shape[0] | shape[1]
    return min(levels(shape), (both & -both).bit_length() - 1)


def random_parts(keys: jax.Array, images: jax.Array, *, size: tuple[int, int], shifts: int) -> jax.Array:
    """Parts of periodic images [N, H, W, C], each at an offset of 0 to shifts - 1 px along both axes.

    Args:
        keys: of the offsets, one per item, [N].
        images: at most as large as a part.
        size: (h, w) of a part.
        shifts: number of offsets along an axis.

    Returns: [N, h, w, C].
    """
    far = shifts - 1
    wrapped = jnp.pad(images, ((0, 0), (0, far), (0, far), (0, 0)), mode="wrap")

    def one(key: jax.Array, image: jax.Array) -> jax.Array:
        y, x = jax.random.randint(key, (2,), 0, shifts)
        return jax.lax.dynamic_slice(image, (y, x, jnp.zeros_like(y)), (*size, image.shape[2]))

    return jax.vmap(one)(keys, wrapped)
