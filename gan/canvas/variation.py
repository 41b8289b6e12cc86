"""Variation in space: a second style, or a second network, that a mask mixes in from place to place.

Styles are mixed per cell and brought back to their length, so that every cell has a style as the network was
trained with. Networks are mixed by their weights, at every place with its own fraction: a convolution is
linear in its kernel, so the mean of two convolutions is the convolution with the mean of both kernels. Of
two runs of one ancestor such means draw well, while a cross-fade of images would draw the lines of both.

Source: Wang et al. 2019, "Deep network interpolation for continuous imagery effect transition".
"""

import dataclasses
import zlib
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, cast

import jax
import jax.numpy as jnp
import numpy as np
from flax import linen as nn
from flax.traverse_util import flatten_dict

from data_prep.errors import InputError
from data_prep.images import read_image, to_uint8
from data_prep.progress import Note, ignore
from gan.canvas.mask_config import MaskConfig
from gan.canvas.plane import Window, plane_style
from gan.config import FieldConfig
from gan.families.field import Field
from gan.layers import Conv
from gan.sample import Generator, load_generator

UNRELATED = 0.5  # correlation of the weights of two runs below this: no common ancestor


@dataclasses.dataclass(frozen=True, eq=False)
class Variation:
    """What a mask mixes in.

    Attributes:
        mask: float32 [h, w] in [0, 1], one value per cell of the canvas; beyond it continues mirrored.
        style: global vector [G] where the mask is 1; None: as elsewhere.
        params: weights where the mask is 1; None: as elsewhere.
        settings: what decides these, JSON-able.
    """

    mask: np.ndarray
    style: jax.Array | None = None
    params: Any = None
    settings: Mapping[str, Any] = dataclasses.field(default_factory=dict)

    def window(self, window: Window, *, wraps: bool = False) -> np.ndarray:
        """The mask of a part of the plane, [rows, columns]; beyond the canvas it repeats if `wraps`."""
        top, left, rows, columns = window
        places = [
            (first + np.arange(count)) % size if wraps else mirrored(first + np.arange(count), size)
            for first, count, size in zip((top, left), (rows, columns), self.mask.shape, strict=True)
        ]
        return self.mask[np.ix_(*places)]

    def mixed(self, window: Window, *, wraps: bool = False) -> "Mixed":
        """What is mixed into a part of the plane, `window`."""
        return Mixed(self.window(window, wraps=wraps), self.style, self.params)


class Mixed(NamedTuple):
    """Arrays of a variation for a part of the plane."""

    mask: Any  # float32 [h, w]
    style: jax.Array | None  # [G] ~ N(0, 1), or as in w [N, G]: as the style that it is mixed into
    params: Any


def read_variation(
    config: MaskConfig, generator: Generator, *, size_px: tuple[int, int], note: Note = ignore
) -> Variation | None:
    """Read what the flags of a mask name; None: no mask.

    Args:
        config: validated here.
        generator: of family field.
        size_px: (H, W) of the canvas.
        note: receives a line where the mask has another size or the networks no common ancestor.

    Raises: InputError: a file cannot be read, or the networks do not fit.
    """
    config.check()
    if config.mask is None:
        return None
    family = generator.family
    assert isinstance(family, Field), family
    image = read_image(config.mask, mode="gray")[..., 0]
    if image.shape != size_px:
        (height, width), (rows, columns) = image.shape, size_px
        note(f"--mask {config.mask}: {width}x{height} px, resized to the canvas, {columns}x{rows} px")
    if image.min() == image.max():
        note(f"--mask {config.mask}: is {image.min()} of 255 everywhere; transparent parts count as white")
    settings: dict[str, Any] = {"mask": [*image.shape, zlib.crc32(image.tobytes())]}
    style, params = None, None
    if config.mask_seed is not None:
        style = plane_style(family, config.mask_seed)
        settings["mask_seed"] = config.mask_seed
    if config.mask_run is not None:
        other = load_generator(config.mask_run)
        if warning := check_related(generator, other, name=f"--mask-run {config.mask_run}"):
            note(warning)
        params, settings["mask_run"] = other.params, other.identity
    cell_px = family.config.cell_px
    cells = -(-size_px[0] // cell_px), -(-size_px[1] // cell_px)
    return Variation(mask_of_cells(image, cells), style, params, settings)


def mirrored(places: np.ndarray, size: int) -> np.ndarray:
    """Numbers of any size reflected into 0 .. size - 1, the ends repeated."""
    places = places % (2 * size)
    return np.minimum(places, 2 * size - 1 - places)


def mask_of_cells(image: np.ndarray, cells: tuple[int, int]) -> np.ndarray:
    """A gray image, uint8 [H, W], white 1, as means over cells: float32 [h, w] in [0, 1]."""
    resized = jax.image.resize(jnp.asarray(image, jnp.float32) / 255, cells, "linear", antialias=True)
    return np.asarray(jnp.clip(resized, 0.0, 1.0))


def draw_pixels(
    family: Field,
    params: Any,
    style: jax.Array,
    cells: jax.Array,
    mixed: Mixed | None,
    *,
    truncation: Any = 1.0,
) -> jax.Array:
    """A part of the plane of normal latents, as pixels: pure, for use inside jit.

    Args:
        family: the networks.
        params: of the generator.
        style: global vector [G] ~ N(0, 1).
        cells: [h, w, D] ~ N(0, 1), with the halo.
        mixed: what a mask mixes in, for the part with the halo; None: nothing.
        truncation: psi.

    Returns: image uint8 [H, W, C] of the part without the halo.
    """
    if mixed is None:
        style, cells = family.normalized(style[None], cells[None])
        return to_uint8(family.part(params, style * truncation, cells * truncation))[0]
    image = draw_varied(
        family,
        params,
        style,
        cells,
        mask=mixed.mask,
        other_style=mixed.style,
        other_params=mixed.params,
        truncation=truncation,
    )
    return to_uint8(image)


def draw_varied(
    family: Field,
    params: Any,
    style: jax.Array,
    cells: jax.Array,
    *,
    mask: jax.Array,
    other_style: jax.Array | None = None,
    other_params: Any = None,
    truncation: Any = 1.0,
) -> jax.Array:
    """`family.part` of normal latents, mixed by a mask: pure, for use inside jit.

    Args:
        family: of both networks.
        params: where the mask is 0.
        style: global vector [G] ~ N(0, 1).
        cells: [h, w, D] ~ N(0, 1), with the halo.
        mask: [h, w] in [0, 1], with the halo.
        other_style, other_params: where the mask is 1; None: the same.
        truncation: psi.

    Returns: image [H, W, C] float32.
    """
    style, cells = family.normalized(style[None], cells[None])
    if other_style is not None:
        other_style = family.normalized(other_style[None], cells)[0] * truncation
    mixed = Mixed(mask, other_style, other_params)
    return part_varied(family, params, style * truncation, cells * truncation, mixed)[0]


def part_varied(
    family: Field, params: Any, style: jax.Array, cells: jax.Array, mixed: Mixed | None
) -> jax.Array:
    """`family.part`, mixed by a mask: pure, for use inside jit.

    Args:
        family: of both networks.
        params: where the mask is 0.
        style: as in w, [N, G].
        cells: as in w, with the halo, [N, h, w, D].
        mixed: mask [h, w] with the halo, style as in w [N, G], weights; None: nothing is mixed in.

    Returns: images [N, H, W, C] float32.
    """
    if mixed is None:
        return family.part(params, style, cells)
    mask, other_style, other_params = mixed
    mask = jnp.asarray(mask)
    if other_style is not None:
        amount = mask[None, :, :, None]
        first, second = style[:, None, None], other_style[:, None, None]
        count = family.config.statistics  # numbers of the style that have no length
        mean = _mixed(first, second, amount)
        length = _mixed(_length(first[..., count:]), _length(second[..., count:]), amount)
        rest = mean[..., count:]
        style = jnp.concatenate([mean[..., :count], rest * length / (_length(rest) + 1e-8)], axis=-1)
    if other_params is None:
        return family.part(params, style, cells)

    def mixing(call: Callable[..., Any], args: Any, kwargs: Any, context: Any) -> Any:
        found = call(*args, **kwargs)
        name = context.module.name  # None: the twin below
        if name is None or not isinstance(context.module, Conv) or context.method_name != "__call__":
            return found
        twin = context.module.clone(parent=None, name=None)
        other = cast(jax.Array, twin.apply({"params": other_params[name]}, *args, **kwargs))
        return _mixed(found, other, _fitted(mask, name, found.shape[1:3])[None, :, :, None])

    with nn.intercept_methods(mixing):
        return family.part(params, style, cells)


def check_related(generator: Generator, other: Generator, *, name: str) -> str:
    """Check that two networks can be mixed; returns a warning where their weights are unrelated, else "".

    Raises: InputError: they differ in layers.
    """
    ours, theirs = generator.family, other.family
    same = isinstance(ours, Field) and isinstance(theirs, Field) and _layers(ours) == _layers(theirs)
    if not same or ours.shape[2] != theirs.shape[2]:
        raise InputError(
            f"{name}: has other layers; only runs with the same network mix, such as one trained from the "
            "other with --init-from"
        )
    weights = [
        np.concatenate([np.asarray(array).ravel() for _, array in sorted(flatten_dict(tree).items())])
        for tree in (generator.params, other.params)
    ]
    correlation = float(np.corrcoef(np.stack(weights))[0, 1])
    if correlation >= UNRELATED:
        return ""
    return (
        f"{name}: the weights of both runs correlate by {correlation:.2f} only: they have no common "
        "ancestor, and places between them may draw neither; train one from the other with --init-from"
    )


def _layers(family: Field) -> FieldConfig:
    """What layers depend on: the config without what was measured in the data."""
    return dataclasses.replace(family.config, statistics_table=())


def _length(style: jax.Array) -> jax.Array:
    """Root mean square of vectors [..., G]: [..., 1]."""
    return jnp.sqrt(jnp.square(style).mean(axis=-1, keepdims=True))


def _mixed(first: jax.Array, second: jax.Array, amount: jax.Array) -> jax.Array:
    amount = amount.astype(first.dtype)
    return (1 - amount) * first + amount * second


def _fitted(mask: jax.Array, name: str, size: tuple[int, int]) -> jax.Array:
    """The mask at the size of a layer's output, which has lost as many pixels at opposite sides."""
    kind, _, number = name.partition("_")
    level = int(number) if kind in ("up", "conv", "rgb") else 0
    if level:
        mask = jax.image.resize(mask, (mask.shape[0] << level, mask.shape[1] << level), "linear")
    top, left = ((have - want) // 2 for have, want in zip(mask.shape, size, strict=True))
    return mask[top : top + size[0], left : left + size[1]]
