"""Colour specimens that are symmetric under two mirrors: one colour per orbit of regions."""

import functools
import math
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax import lax

from fill import palette as palettes
from fill.axes import Axes, fit_axes
from fill.bitmap import as_rgb, paper
from fill.components import region_areas
from fill.config import SpecConfig
from fill.parallel import over_cores
from fill.pipeline import (
    Array,
    check,
    check_images,
    each_or_all,
    flat_ids,
    flat_pins,
    flat_thresholds,
    lay_on,
)
from fill.regions import find_regions, table_capacity
from fill.symmetry import TOLERANCE_PX, mirror_orbits, region_centers


class Orbits(NamedTuple):
    """The regions of specimens, and orbits that share a colour; leading axes as the images."""

    labels: jax.Array  # int32 [..., H, W], 0 on lines
    orbit: jax.Array  # int32 [..., capacity + 1], by label; 0 lines, -1 no such label
    environment: jax.Array  # bool [..., capacity + 1], regions that stay paper
    axes: Axes
    orbits: jax.Array  # int32 [...], number of coloured orbits
    single: jax.Array  # int32 [...], number of coloured regions without a mirror image, off the centre
    dropped: jax.Array  # int32 [...], number of regions above `capacity`, which become line


def fill_spec(
    key: jax.Array,
    images: Array,
    palette: Array,
    config: SpecConfig,
    *,
    item_ids: Array | None = None,
    thresholds: Array | None = None,
    pins: tuple[Array, Array] | None = None,
    capacity: int | None = None,
) -> jax.Array:
    """Colour symmetric specimens: mirrored regions share a colour, the surroundings stay white.

    Args:
        key: key of the run; see `item_ids`.
        images: uint8 [..., H, W, C], dark lines on light paper; C = 1, 3 or 4 (composited over white).
        palette: uint8 [h, w, 3]; for `overlay` it is resized to the drawing.
        config: see SpecConfig.
        item_ids: uint32 [...], one per image, see fill_blob.
        thresholds: int32 [...], one per image, see fill_blob.
        pins: see fill_blob; mirrored regions have the colour of the pinned one.
        capacity: see find_orbits.

    Returns:
        uint8 [..., H, W, 3]. Images without any paper are returned unchanged.

    Raises:
        ValueError: invalid shapes or dtypes.
    """
    check(images, palette)
    found = find_orbits(images, config, thresholds=thresholds, capacity=capacity)
    return color_orbits(
        key, images, found, palette, config, item_ids=item_ids, thresholds=thresholds, pins=pins
    )


def find_orbits(
    images: Array, config: SpecConfig, *, thresholds: Array | None = None, capacity: int | None = None
) -> Orbits:
    """Label the regions of specimens, fit their axes, and find the orbits of mirrored regions.

    Args:
        images: uint8 [..., H, W, C].
        config: see SpecConfig.
        thresholds: int32 [...], one per image, see fill_blob.
        capacity: largest label in the tables; None: the required one, which reads the labels and does not
            work under jit.
    """
    check_images(images)
    flat = jnp.asarray(images).reshape(-1, *images.shape[-3:])
    limits = flat_thresholds(thresholds, images.shape[:-3], config)
    labels, axes = over_cores(lambda images, limits: _label(images, limits, config), flat, limits)
    if capacity is None:
        capacity = table_capacity(int(jnp.max(labels)))
    found = over_cores(lambda labels, axes: _find(labels, axes, config, capacity), labels, axes)
    return jax.tree.map(lambda part: part.reshape(*images.shape[:-3], *part.shape[1:]), found)


def color_orbits(
    key: jax.Array,
    images: Array,
    found: Orbits,
    palette: Array,
    config: SpecConfig,
    *,
    item_ids: Array | None = None,
    thresholds: Array | None = None,
    pins: tuple[Array, Array] | None = None,
) -> jax.Array:
    """Colour specimens whose orbits are known; see `fill_spec`."""
    check(images, palette)
    *lead, height, width, _ = images.shape
    if config.overlay:
        palette = palettes.resize(jnp.asarray(palette), height_px=height, width_px=width)
    flat = jax.tree.map(lambda part: part.reshape(math.prod(lead), *part.shape[len(lead) :]), found)
    batch = jnp.asarray(images).reshape(-1, *images.shape[-3:])
    colors = jnp.asarray(palette)
    filled = over_cores(
        lambda key, colors, *batch: _color(key, *batch, colors, config),
        batch,
        flat,
        flat_ids(item_ids, lead),
        flat_thresholds(thresholds, lead, config),
        flat_pins(pins, lead),
        shared=(key, colors),
    )
    return filled.reshape(*lead, height, width, 3)


@functools.partial(jax.jit, static_argnames="config")
def _label(images: jax.Array, limits: jax.Array, config: SpecConfig) -> tuple[jax.Array, Axes]:
    def label(images: jax.Array, limits: jax.Array) -> tuple[jax.Array, Axes]:
        whitened = _with_margin(images, config)
        ink = ~paper(whitened, threshold=limits)
        labels = find_regions(whitened, config, threshold=limits)
        return labels, fit_axes(ink, max_deg=config.max_turn_deg)

    return each_or_all(label, images, limits)


@functools.partial(jax.jit, static_argnames=("config", "capacity"))
def _find(labels: jax.Array, axes: Axes, config: SpecConfig, capacity: int) -> Orbits:
    dropped = jnp.maximum(jnp.max(labels, axis=(1, 2)) - capacity, 0)
    labels = jnp.where(labels <= capacity, labels, 0)
    orbit = mirror_orbits(labels, capacity=capacity, axes=axes)
    found = lax.map(lambda item: _classify(item[0], item[1], item[2], config), (labels, orbit, axes))
    return found._replace(dropped=dropped)


def _classify(labels: jax.Array, orbit: jax.Array, axes: Axes, config: SpecConfig) -> Orbits:
    """Find the surroundings of one specimen, and count its orbits and single regions."""
    capacity, (height, width) = len(orbit) - 1, labels.shape
    index = jnp.arange(capacity + 1)
    border = jnp.concatenate([labels[0], labels[-1], labels[:, 0], labels[:, -1]])
    environment = jnp.zeros(capacity + 1, bool).at[border].set(True, mode="drop").at[0].set(False)
    area = region_areas(labels, capacity)
    if config.center != "color":
        column, row = jnp.clip(
            jnp.round(axes.center_px).astype(jnp.int32), 0, jnp.array([width - 1, height - 1])
        )
        hole = labels[row, column]
        others = jnp.where(environment | (index == 0) | (index == hole), 0, area)
        is_hole = (hole > 0) & (
            (config.center == "paper") | (area[hole] > jnp.max(others)) & jnp.any(others > 0)
        )
        environment = environment.at[hole].set(environment[hole] | is_hole)
    away = region_centers(labels, area.astype(jnp.float32)) - axes.center_px[None]
    colored = (orbit > 0) & ~environment
    members = (
        jnp.zeros(capacity + 2, jnp.int32).at[jnp.where(colored, orbit, 0)].add(colored.astype(jnp.int32))
    )
    at_center = jnp.sum(jnp.square(away), axis=-1) <= TOLERANCE_PX**2
    single = colored & (members[jnp.maximum(orbit, 0)] == 1) & ~at_center
    count = jnp.sum(members > 0, dtype=jnp.int32), jnp.sum(single, dtype=jnp.int32)
    return Orbits(labels, orbit, environment, axes, *count, dropped=jnp.int32(0))


@functools.partial(jax.jit, static_argnames="config")
def _color(
    key: jax.Array,
    images: jax.Array,
    found: Orbits,
    ids: jax.Array,
    limits: jax.Array,
    pins: tuple[jax.Array, jax.Array],
    palette: jax.Array,
    config: SpecConfig,
) -> jax.Array:
    def color(
        images: jax.Array,
        labels: jax.Array,
        orbit: jax.Array,
        environment: jax.Array,
        ids: jax.Array,
        limits: jax.Array,
        *pins: jax.Array,
    ) -> jax.Array:
        count = orbit.shape[-1] - 1
        own = jnp.maximum(orbit, 0)
        if config.overlay:
            orbits = jnp.take_along_axis(own, labels.reshape(len(labels), -1), axis=-1).reshape(labels.shape)
            table = palettes.mean_colors(orbits, palette, count=count)
        else:
            keys = jax.vmap(jax.random.fold_in, (None, 0))(key, ids)
            table = jax.vmap(lambda key: palettes.draw_colors(key, palette, count=count))(keys)
        table = jnp.take_along_axis(table, own[..., None], axis=1)
        table = jnp.where(environment[..., None], jnp.uint8(255), table)
        table = palettes.pin_colors(table, labels, pins[0], pins[1], groups=own)
        filled = lay_on(_with_margin(images, config), labels, table, config, threshold=limits)
        any_paper = jnp.any(paper(images, threshold=limits), axis=(1, 2))
        return jnp.where(any_paper[:, None, None, None], filled, as_rgb(images))

    return each_or_all(color, images, found.labels, found.orbit, found.environment, ids, limits, *pins)


def _with_margin(images: jax.Array, config: SpecConfig) -> jax.Array:
    """Set the margin of images to white."""
    height, width = images.shape[-3:-1]
    margin_px = round(config.margin * min(height, width))
    inside = jnp.zeros((height, width, 1), bool)
    inside = inside.at[margin_px : height - margin_px, margin_px : width - margin_px].set(True)
    return jnp.where(jnp.broadcast_to(inside, images.shape), images, jnp.uint8(255))
