"""Perceptual distances of pairs of image files."""

import dataclasses
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import jax.numpy as jnp
import numpy as np

from data_prep.errors import InputError
from data_prep.images import Mode, list_images, read_image, to_float, with_mode
from data_prep.progress import Report
from gan.metrics.lpips import SMALLEST_PX
from gan.metrics.perceptual import Perceptual, distances


@dataclasses.dataclass(frozen=True)
class PairDistance:
    """Perceptual distance of two image files; 0 if they are equal."""

    a: Path
    b: Path
    distance: float


def measure_distances(
    pairs: Sequence[tuple[Path, Path]],
    perceptual: Perceptual,
    *,
    read: Callable[[Path, Path], tuple[np.ndarray, np.ndarray]],
    report: Report | None = None,
) -> Iterator[PairDistance]:
    """Measure pairs of files one by one.

    Args:
        pairs: files.
        perceptual: the distance.
        read: returns the two images of a pair, uint8 [H, W, C] of one shape.
        report: called with the name of each pair that cannot be measured, and the reason; None: raise it.

    Raises: InputError: what `read` raises, without `report`.
    """
    for a, b in pairs:
        try:
            images = read(a, b)
        except InputError as error:
            if report is None:
                raise
            report(a.name, str(error))
            continue
        first, second = (jnp.asarray(to_float(image[None])) for image in images)
        yield PairDistance(a, b, float(distances(perceptual, first, second)[0]))


def pair_up(a: Path, b: Path) -> list[tuple[Path, Path]]:
    """Pair two images, or the images of two folders by name.

    Raises: InputError: a path does not exist, a file is paired with a folder, or an image has no counterpart.
    """
    for path in (a, b):
        if not path.exists():
            raise InputError(f"no file or folder {path}; name two images, or two folders of images")
    if a.is_dir() != b.is_dir():
        raise InputError(f"{a} and {b}: must be two images, or two folders of images")
    if not a.is_dir():
        return [(a, b)]
    names, others = ([path.name for path in list_images(folder)] for folder in (a, b))
    for mine, theirs, here, there in ((names, others, a, b), (others, names, b, a)):
        if single := [name for name in mine if name not in theirs]:
            more = f", nor have {len(single) - 1} more" if len(single) > 1 else ""
            raise InputError(f"{here / single[0]} has no counterpart in {there}{more}; use equal file names")
    return [(a / name, b / name) for name in names]


def read_equal_sized(a: Path, b: Path) -> tuple[np.ndarray, np.ndarray]:
    """Read two images of equal size, uint8 [H, W, C]; both in colour if one of them is.

    Raises: InputError: they cannot be read, differ in size, or are too small for LPIPS.
    """
    images = read_image(a), read_image(b)
    sizes = [f"{image.shape[1]} x {image.shape[0]}" for image in images]
    if sizes[0] != sizes[1]:
        raise InputError(
            f"{a} is {sizes[0]} px, {b} {sizes[1]}; LPIPS compares images of equal size: resize them, "
            "or measure with --run"
        )
    if min(images[0].shape[:2]) < SMALLEST_PX:
        raise InputError(f"{a} is {sizes[0]} px; LPIPS needs {SMALLEST_PX} px or more: measure with --run")
    mode: Mode = "rgb" if any(image.shape[2] == 3 for image in images) else "gray"
    return with_mode(images[0], mode), with_mode(images[1], mode)
