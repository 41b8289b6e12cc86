"""Fill one drawing in memory, and find which of its regions pins lie in."""

from collections.abc import Sequence
from pathlib import Path
from typing import TypeVar

import jax
import jax.numpy as jnp
import numpy as np

from data_prep.pages.polarity import read_drawing
from fill import palette as palettes
from fill.config import Choice, FillConfig, SpecConfig
from fill.drawings import Drawing
from fill.image_folder import fill_batch
from fill.pins import NO_PINS, FramePin, Pin, Pins
from fill.regions import find_regions
from fill.specimen import find_orbits
from fill.threshold import Prepared, prepare

P = TypeVar("P", Pin, FramePin)


def read_prepared(
    path: Path, config: FillConfig, *, invert: Choice = "auto", flatten: Choice = "auto"
) -> Prepared:
    """Read a drawing, dark on evenly lit paper. Raises: InputError: it cannot be read."""
    return prepare(read_drawing(path, mode="rgb"), config, invert_it=invert, flatten_it=flatten)


def fill_file(
    path: Path,
    palette: np.ndarray,
    config: FillConfig,
    *,
    seed: int = 0,
    invert: Choice = "auto",
    flatten: Choice = "auto",
    pins: Pins = NO_PINS,
) -> np.ndarray:
    """Fill one drawing: the pixels that `fill_folder` writes for it, uint8 [H, W, 3].

    Args:
        path: image file.
        palette: uint8 [h, w, 3].
        config: type of a fill in FILLS.
        seed: random seed; colours also depend on the file name.
        invert, flatten: see threshold.prepare.
        pins: of drawings by file name.

    Raises: InputError: the file cannot be read, or a setting is invalid. WorkError: out of memory.
    """
    config.check()
    one = read_prepared(path, config, invert=invert, flatten=flatten)
    key, colors = jax.random.key(seed), jnp.asarray(palette)
    filled, _ = fill_batch(key, [Drawing(path, path)], one.image[None], [one], colors, config, pins=pins)
    return filled[0]


def regions_at(prepared: Prepared, config: FillConfig, points: Sequence[tuple[int, int]]) -> list[int]:
    """Numbers of the regions under points, or the nearest ones; specimens: of their orbits; 0: none.

    Args:
        prepared: see `read_prepared`.
        config: as for `fill_file`.
        points: (x, y) in px.
    """
    images, limits = jnp.asarray(prepared.image)[None], jnp.array([prepared.threshold], jnp.int32)
    places = jnp.array(points, jnp.int32).reshape(1, -1, 2)
    if not isinstance(config, SpecConfig):
        labels = find_regions(images, config, threshold=limits)
        found = palettes.regions_at(labels, places, torus=config.wraps)[0]
        return np.asarray(found).tolist()
    orbits = find_orbits(images, config, thresholds=limits)
    found = palettes.regions_at(orbits.labels, places)[0]
    return np.asarray(jnp.maximum(orbits.orbit[0][found], 0)).tolist()


def add_pin(pins: Sequence[P], pin: P, *, regions: Sequence[int]) -> tuple[P, ...]:
    """Add a pin in place of those in the same region.

    Args:
        pins: of one drawing or video.
        pin: the new one.
        regions: number of the region of each of `pins`, and of the new one at the end.
    """
    others: list[P] = [old for old, region in zip(pins, regions, strict=False) if region != regions[-1]]
    others.append(pin)
    return tuple(others)
