"""Networks of each family. This module imports no jax."""

import dataclasses
from typing import Literal

import tyro

from gan.config_fields import AUTO, Auto

MinibatchOrder = Literal["neighbours", "strided"]


@dataclasses.dataclass(frozen=True)
class ProganConfig:
    """Networks of family `progan`."""

    z_dim: int = 64
    """Length of a latent vector."""
    channel_base: int = 32768
    """Channels at a resolution: channel_base / resolution, at most channel_max."""
    channel_max: int = 512
    """Maximum channels of any layer."""
    minibatch_group: int = 4
    """Items per group of the discriminator's minibatch standard deviation."""
    minibatch_order: MinibatchOrder = "neighbours"
    """Items of a group: neighbours, which lie on one device, or strided, item i in group i mod the number of
    groups, as in imported networks."""
    rgb_init_std: float = 0.1
    """Standard deviation of initial to-RGB kernels. At 1 the first images have extreme values, and the
    generator learns to suppress them together with its latent; smaller values start near mid-grey and
    preserve variety."""


@dataclasses.dataclass(frozen=True)
class Stylegan2Config:
    """Networks of family `stylegan2`."""

    z_dim: int = 512
    """Length of a latent vector."""
    w_dim: int = 512
    """Length of a style vector."""
    mapping_layers: int = 2
    """Layers of the mapping network; 8 for large and varied datasets."""
    channel_base: int | Auto = AUTO
    """Channels at a resolution: channel_base / resolution, at most channel_max; auto: 16384, or 32768 from
    512 px."""
    channel_max: int = 512
    """Maximum channels of any layer."""
    generator_widths: tuple[int, ...] = ()
    """Channels of the generator at 4 px and at each doubling, in place of channel_base and channel_max; ():
    not set."""
    discriminator_widths: tuple[int, ...] = ()
    """Channels of the discriminator likewise, from 4 px up."""
    minibatch_group: int | Auto = AUTO
    """Items per group of the discriminator's minibatch standard deviation; auto: 4, at most the batch per
    device."""
    minibatch_order: MinibatchOrder = "neighbours"
    """Items of a group: neighbours, which lie on one device, or strided, item i in group i mod the number of
    groups, as in imported networks."""
    w_mean_decay: float = 0.995
    """Decay per iteration of the running mean of w, the centre of truncation."""
    generator_clamp: float | None = 256.0
    """Magnitude to which activations of the generator are clipped, which prevents overflow in low precision;
    None: off."""
    discriminator_clamp: float | None = None
    """The same for the discriminator's convolutions."""
    class_layers: int = 8
    """Layers of the discriminator's class embedding."""
    residual: bool = True
    """Residual blocks in the discriminator; False in some imported networks."""
    base: Literal["latent", "const"] = "const"
    """Input of the first layer of the generator: latent, a dense layer of the first style, so that the layout
    depends on the latent from the start; const, one learned constant, as in imported networks."""
    rgb_init_std: float = 1.0
    """Standard deviation of initial to-RGB kernels; 1 in imported networks, 0.1 starts near mid-grey."""
    noise: Literal["all", "none"] | int = "all"
    """Layers of the generator with noise inputs: all, as in imported networks; none; a number: those with a
    short side above this, px."""

    @property
    def has_own_widths(self) -> bool:
        """Whether channel_base and channel_max are unused."""
        return bool(self.generator_widths and self.discriminator_widths)

    def has_noise(self, size: tuple[int, int]) -> bool:
        """Whether layers of size (H, W) in px have noise inputs."""
        return self.noise == "all" if isinstance(self.noise, str) else min(size) > self.noise


@dataclasses.dataclass(frozen=True)
class FieldConfig:
    """Networks of family `field`."""

    cell_px: int = 8
    """Side of a cell of the map of latents, px, a power of two from 4 to 64: about the spacing of strokes.
    Sides of images are multiples of it."""
    global_dim: int = 16
    """Length of the latent vector of the whole image."""
    local_dim: int = 8
    """Length of the latent vector of each cell, at least 2."""
    trunk_layers: int = 3
    """Convolutions at the resolution of the map, after the first."""
    crop_px: int | None = None
    """Side of the random part of each image, real and generated, that is trained on, px, a multiple of
    cell_px. Without a frame, a part teaches the same as the whole at a fraction of its cost. None: the whole
    image."""
    channel_base: int = 4096
    """Channels at full size: channel_base / 64, twice as many at each halving, at most channel_max. Weights
    do not depend on the size of images."""
    channel_max: int = 512
    """Maximum channels of any layer."""
    minibatch_group: int = 4
    """Items per group of the discriminator's minibatch standard deviation."""
    minibatch_order: MinibatchOrder = "neighbours"
    """Items of a group: neighbours, which lie on one device, or strided, item i in group i mod the number of
    groups, as in imported networks."""
    rgb_init_std: float = 0.1
    """Standard deviation of initial to-RGB kernels; small values start near mid-grey and preserve variety."""
    statistics: int = 0
    """First numbers of the global vector that stand for ink and contrast of the whole image. The
    discriminator then sees each part together with these, so that images vary in density and line width as
    the data does. At most 5; 0: none."""
    statistics_table: tyro.conf.Suppress[tuple[float, ...]] = ()
    """Weights and means of these statistics, measured in the data at the start of a training
    (`gan.families.image_statistics.fit`)."""
    patch: bool = False
    """Discriminator with one logit per cell, averaged, in place of one logit of the whole image."""


Network = ProganConfig | Stylegan2Config | FieldConfig
NETWORKS: dict[str, type[Network]] = {
    "progan": ProganConfig,
    "stylegan2": Stylegan2Config,
    "field": FieldConfig,
}
