"""Doodles in memory: training batches, and a held-out part that no batch has.

Image nimg + i of a training is number nimg + i of an endless order: a new permutation of the training
doodles every epoch, which depends on seed and epoch only. So batches of an epoch have no doodle in common,
a resumed run sees what it would have seen, and a set smaller than a batch is repeated within it.
"""

from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Any, NamedTuple

import jax
import numpy as np
from jax.sharding import Mesh

from data_prep.errors import InputError
from data_prep.records.dataset import Dataset
from gan.devices.sharding import global_array, split

LOOK_BATCH = 64
HOLD_OUT_SEED = 0x64726177  # of the choice of held-out doodles: the same for all seeds of a training
LEAST_HELD_OUT = 10  # doodles from which some are held out
SEEN = 256  # images that the ink is detected from


class Doodle(NamedTuple):
    """What one row of a batch holds: arrays, or their shapes.

    Attributes:
        image: a training doodle, uint8 [N, H, W, 1].
        held_out: a held-out doodle, likewise.
        held_out_label: its class, int32 [N]; None without classes.
    """

    image: Any
    held_out: Any
    held_out_label: Any = None


class DoodleReals:
    """Doodles of a dataset, or of one of its classes; see `gan.data.reals.Reals`.

    Args:
        dataset: of tiles.
        class_name: name or number of a class; None: all.
        conditional: return labels.
        hold_out: fraction of the doodles that no batch has; none of fewer than 10.
        hold_out_interval: iterations per measurement of held-out doodles, which are taken in turn.

    Raises: InputError: no such class, or no doodle.
    """

    def __init__(
        self,
        dataset: Dataset,
        *,
        class_name: str | None = None,
        conditional: bool = False,
        hold_out: float = 0.0,
        hold_out_interval: int = 1,
    ) -> None:
        if dataset.kind != "tiles":
            raise InputError(f"{dataset.folder} holds whole pages; make a dataset of doodles or tiles")
        if conditional and not dataset.label_names:
            raise InputError(
                f"{dataset.folder} has no classes; remove --conditional, or pack with --labels subfolders"
            )
        if conditional and class_name is not None:
            raise InputError(f"--class {class_name}: one class has no --conditional; remove one of them")
        chosen = None if class_name is None else _class_number(dataset, class_name)
        records = (dataset[i] for i in range(len(dataset)))
        used = [record for record in records if chosen is None or record.label == chosen]
        if not used:
            raise InputError(
                f"{dataset.folder} holds no doodle of class {class_name}; choose another --class"
            )
        self.dataset, self.image_shape, self.count = dataset, dataset.image_shape, float(len(used))
        self.class_names = dataset.label_names if conditional else ()
        self.images = np.stack([record.image for record in used])
        self._labels = np.array([-1 if r.label is None else r.label for r in used], np.int32)
        if conditional and self._labels.min() < 0:
            raise InputError(f"{dataset.folder}: some records have no class; remove --conditional")
        self.identity = dataset.content_hash + ("" if chosen is None else f"-{chosen}")
        order = np.random.default_rng(HOLD_OUT_SEED).permutation(len(used))
        count = min(round(hold_out * len(used)), len(used) - 1) if len(used) >= LEAST_HELD_OUT else 0
        self.held_out, self.trained = np.sort(order[:count]), np.sort(order[count:])
        self._seen, self._interval = class_name, hold_out_interval

    def describe(self) -> str:
        """How many doodles are trained on and held out."""
        named = f" of class {self._seen}" * (self._seen is not None)
        return f"{len(self.trained)} doodles{named} to train on, {len(self.held_out)} held out"

    def open(
        self, mesh: Mesh, *, batch_size: int, seed: int, nimg: int
    ) -> Callable[[int, int], tuple[Any, jax.Array | None]]:
        """See `Reals`; this process reads its rows only."""
        rows, sharding = batch_size // jax.process_count(), split(mesh, axis=1)
        first = jax.process_index() * rows
        held_out = self.held_out if len(self.held_out) else self.trained
        held_out = np.random.default_rng(HOLD_OUT_SEED + 1).permutation(held_out)  # classes mixed

        @lru_cache(maxsize=3)
        def permutation(epoch: int) -> np.ndarray:
            return self.trained[np.random.default_rng([seed, epoch]).permutation(len(self.trained))]

        def draw(nimg: int, count: int) -> tuple[Any, jax.Array | None]:
            numbers = nimg + first + batch_size * np.arange(count)[:, None] + np.arange(rows)[None]
            epoch, place = np.divmod(numbers, len(self.trained))
            chosen = np.array([permutation(int(e))[p] for e, p in zip(epoch.flat, place.flat, strict=True)])
            chosen = chosen.reshape(numbers.shape)
            measurement = numbers // batch_size // self._interval  # so that all are measured in turn
            others = held_out[(measurement * batch_size + numbers % batch_size) % len(held_out)]
            labels = others_labels = None
            if self.class_names:
                labels = global_array(self._labels[chosen], sharding)
                others_labels = global_array(self._labels[others], sharding)
            image, other = (global_array(self.images[index], sharding) for index in (chosen, others))
            return Doodle(image, other, others_labels), labels

        return draw

    def look(self, count: int, *, seed: int) -> Iterator[np.ndarray]:
        """See `Reals`; of all doodles, held out or not."""
        chosen = self._order(seed)[:count]
        for i in range(0, len(chosen), LOOK_BATCH):
            yield self.images[chosen[i : i + LOOK_BATCH]]

    def labels(self, items: np.ndarray, *, seed: int) -> np.ndarray | None:
        """See `Reals`."""
        return self._labels[self._order(seed)[items % len(self.images)]] if self.class_names else None

    def held_out_images(self) -> tuple[np.ndarray, np.ndarray | None]:
        """The held-out doodles, uint8 [N, H, W, 1], and their classes; all doodles if none are held out."""
        chosen = self.held_out if len(self.held_out) else self.trained
        return self.images[chosen], self._labels[chosen] if self.class_names else None

    def _order(self, seed: int) -> np.ndarray:
        return np.random.default_rng(seed).permutation(len(self.images))


def detect_ink(images: np.ndarray) -> str:
    """Ink of doodles, uint8 [N, H, W, C]: "dark" on light, or "light" on dark.

    The ground is the median of the border, or of the whole image if that is of the other brightness, as in a
    drawing with a frame; ink is on the other side of it, where an image is farthest from it. The majority of
    images decides.

    Raises: ValueError: all images are of one colour.
    """
    votes = 0
    for image in images[:SEEN]:
        gray = image.mean(axis=-1)
        border = np.concatenate([gray[0], gray[-1], gray[1:-1, 0], gray[1:-1, -1]])
        ground, whole = float(np.median(border)), float(np.median(gray))
        if abs(ground - whole) > 0.5 * float(np.ptp(gray)):
            ground = whole
        below, above = ground - float(gray.min()), float(gray.max()) - ground
        votes += (below > above) - (above > below)
    if votes == 0 and all(len(np.unique(image)) == 1 for image in images[:SEEN]):
        raise ValueError("no ink: all pixels are equal")
    return "light" if votes < 0 else "dark"


def blank_count(images: np.ndarray, *, ink: str) -> int:
    """How many of images uint8 [N, H, W, C] have no ink, "dark" or "light", after a threshold at 0.5."""
    there = images.max(axis=(1, 2, 3)) > 127 if ink == "light" else images.min(axis=(1, 2, 3)) <= 127
    return int((~there).sum())


def _class_number(dataset: Dataset, name: str) -> int:
    names = dataset.label_names
    if name in names:
        return names.index(name)
    if name.isdecimal() and int(name) < len(names):
        return int(name)
    known = f"has {', '.join(names[:8])}{', ...' * (len(names) > 8)}" if names else "has no classes"
    raise InputError(f"--class {name}: {dataset.folder} {known}")
