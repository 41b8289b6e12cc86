"""Inputs of the metrics: one generator and one set of real images, computed on first use."""

import dataclasses
import hashlib
import json
import math
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from data_prep.errors import InputError
from data_prep.images import to_float
from data_prep.progress import Progress, no_progress
from data_prep.records.dataset import Dataset
from gan import latents
from gan.config import FEWEST
from gan.data.reals import Reals, open_reals
from gan.devices.batching import iter_batches, map_in_batches
from gan.metrics.extractors import Extractor
from gan.metrics.features import KEY, position_features
from gan.metrics.frechet import Moments, moments
from gan.metrics.ppl import Sampling, path_lengths, space
from gan.metrics.results import replacing_among
from gan.metrics.variety import BATCH, Figures, FigureSums
from gan.random_streams import Stream
from gan.runs.run_folder import FILE, saved_config
from gan.sample import FOLDER, Generator, load_generator, sample_images

CACHE = "metrics-cache"  # in the run folder: statistics of real images, one file per dataset and extractor

# At module level: all snapshots of a training share one compilation.
_path_lengths = jax.jit(path_lengths, static_argnums=(1, 3), static_argnames=("sampling", "truncation"))
_position_features = jax.jit(lambda images: position_features(to_float(images)))

FEATURES = ("features", "mean", "covariance")  # arrays of the cached files
COMPARED = ("figures", "positions")
OWN_FEATURES = {
    "variety": "pixels",
    "frechet-by-position": f"random-{KEY}-positions",
}
"""Metrics that do not use the extractor -> identity of what they use."""


@dataclasses.dataclass(frozen=True)
class Options:
    """Options of a measurement.

    Attributes:
        images: number of generated images, and of pairs of latents for path lengths.
        real_images: maximum number of real images; 0: all, or `images` if they are cut at random from pages.
        seed: of latents and of the choice of real images.
        truncation: psi, of generated images and paths.
        ppl_sampling: position on a path, see `gan.metrics.ppl`.
    """

    images: int = 10_000
    real_images: int = 0
    seed: int = 0
    truncation: float = 1.0
    ppl_sampling: Sampling = "full"


@dataclasses.dataclass(frozen=True)
class Result:
    """Result of a metric: values by name, optionally a sheet, uint8 [H, W, C]."""

    values: dict[str, float]
    sheet: np.ndarray | None = None


class ImageSet(NamedTuple):
    """What variety and positions are measured by: figures, and position features [N, D] float32."""

    figures: Figures
    positions: np.ndarray


class Measurement:
    """Inputs of the metrics. Features and moments of real images are cached in files.

    Args:
        generator: measured network.
        reals: source of real images.
        extractor: images to features.
        options: numbers of images and seeds.
        cache: folder of the cached files.
        progress: opens a progress bar. All long work updates one, so that an exception raised by `update`
            cancels it.
    """

    def __init__(
        self,
        generator: Generator,
        reals: Reals,
        *,
        extractor: Extractor,
        options: Options,
        cache: Path,
        progress: Progress = no_progress,
    ) -> None:
        self.generator, self.reals, self.extractor, self.options = generator, reals, extractor, options
        most = options.images if math.isinf(reals.count) else int(reals.count)
        self.real_count = min(most, options.real_images or most)
        self.every_real = self.real_count == reals.count
        self.compared = min(options.images, self.real_count)
        self._progress, self._cache = progress, cache

    def identity(self, metric: str) -> dict[str, Any]:
        """Everything that determines the values of a metric."""
        options, generator = self.options, self.generator
        inputs: dict[str, Any] = {"generator": generator.identity, "data": self.reals.identity}
        inputs |= {"extractor": self.extractor.identity, "images": options.images, "reals": self.real_count}
        inputs |= {"seed": options.seed, "truncation": options.truncation}
        inputs |= {"extractor": OWN_FEATURES.get(metric, self.extractor.identity)}
        if generator.class_names:
            inputs["classes"] = "as the reals"  # results without this entry used classes in turn
        if metric == "ppl":
            inputs |= {"sampling": options.ppl_sampling, "space": space(generator.family)}
        return inputs

    @cached_property
    def real_features(self) -> np.ndarray:
        """[R, D] float32, in the order of `real_batches`."""
        return self._real_statistics["features"]

    @cached_property
    def real_moments(self) -> Moments:
        """Of all real features."""
        return Moments(self._real_statistics["mean"], self._real_statistics["covariance"])

    @cached_property
    def mean_variance(self) -> float:
        """Mean variance of the real features; normalises distances of different extractors."""
        return float(np.trace(self.real_moments.covariance) / len(self.real_moments.mean)) or 1.0

    @property
    def fake_features(self) -> np.ndarray:
        """[images, D] float32."""
        return self._fakes[0]

    @cached_property
    def fake_set(self) -> ImageSet:
        """Of the first `compared` generated images."""
        return self._fakes[1].result()

    @cached_property
    def real_set(self) -> ImageSet:
        """Of the first `compared` real images."""
        path = self._path("variety", self.compared)
        if (cached := _read(path, COMPARED)) is None:
            reader = _SetReader(self.compared)
            for _ in reader.reading(self.real_batches(count=self.compared)):
                pass
            found = reader.result()
            cached = {"figures": np.array(found.figures), "positions": found.positions}
            _write(path, cached)
        return ImageSet(Figures(*map(float, cached["figures"])), cached["positions"])

    def real_batches(self, *, count: int | None = None) -> Iterator[np.ndarray]:
        """The real images, uint8 [N, H, W, C], always in the same order, with a progress bar.

        `count` of them, all by default.
        """
        count = self.real_count if count is None else count
        with self._progress(count, unit="img", label="real images") as bar:
            for images in self.reals.look(count, seed=self.options.seed):
                bar.update(len(images))
                yield images

    def fakes(self, items: np.ndarray) -> Iterator[np.ndarray]:
        """Generated images in batches uint8 [N, H, W, C]; image i does not depend on the other items.

        Each has noise of its own, as in training.
        """
        key, numbers = jax.random.key(self.options.seed), jnp.asarray(items, jnp.uint32)
        family, params = self.generator.family, self.generator.params
        z = latents.draw(jax.random.fold_in(key, Stream.METRIC_Z), numbers, z_dim=family.z_dim)
        keys = latents.item_keys(jax.random.fold_in(key, Stream.METRIC_NOISE), numbers)
        options: dict[str, Any] = {"labels": self._labels(items), "truncation": self.options.truncation}
        return sample_images(family, params, z, keys=keys, **options)

    def path_lengths(self) -> np.ndarray:
        """Path lengths float32 [images], one per pair of latents; see `gan.metrics.ppl`."""
        key = jax.random.fold_in(jax.random.key(self.options.seed), Stream.METRIC_PATHS)
        extractor, generator = self.extractor, self.generator
        networks = (generator.family, generator.params, extractor.apply, extractor.params)

        def lengths(items: np.ndarray) -> jax.Array:
            return _path_lengths(
                latents.item_keys(key, jnp.asarray(items)),
                *networks,
                labels=self._labels(items),
                sampling=self.options.ppl_sampling,
                truncation=self.options.truncation,
            )

        items, parts = np.arange(self.options.images, dtype=np.uint32), []
        with self._progress(len(items), unit="path", label="path lengths") as bar:
            for part in iter_batches(lengths, items, batch=extractor.batch):
                parts.append(part)
                bar.update(len(part))
        return np.concatenate(parts)

    def _labels(self, items: np.ndarray) -> jax.Array | None:
        """Classes in the proportions of the real images."""
        labels = self.reals.labels(items, seed=self.options.seed)
        return None if labels is None else jnp.asarray(labels)

    @cached_property
    def _fakes(self) -> tuple[np.ndarray, "_SetReader"]:
        """Features and set of generated images, in one pass: generating takes most of the time."""
        reader = _SetReader(self.compared)
        with self._progress(self.options.images, unit="img", label="generated images") as bar:
            batches = reader.reading(self.fakes(np.arange(self.options.images)))
            return self.extractor.of_batches(batches, report=bar.update), reader

    @cached_property
    def _real_statistics(self) -> dict[str, np.ndarray]:
        path = self._path(self.extractor.identity, self.real_count)
        if (cached := _read(path, FEATURES)) is not None:
            return cached
        features = self.extractor.of_batches(self.real_batches())
        mean, covariance = moments(features)
        statistics = {"features": features, "mean": mean, "covariance": covariance}
        _write(path, statistics)
        return statistics

    def _path(self, kind: str, count: int) -> Path:
        """Of the file that caches something about `count` real images."""
        inputs = [self.reals.identity, kind, self.reals.image_shape, count, self.options.seed]
        return self._cache / f"{hashlib.sha256(json.dumps(inputs).encode()).hexdigest()[:24]}.npz"


class _SetReader:
    """Makes the ImageSet of the first `count` images that pass by."""

    def __init__(self, count: int) -> None:
        self._left, self._sums = count, FigureSums()
        self._positions: list[np.ndarray] = []

    def reading(self, batches: Iterable[np.ndarray]) -> Iterator[np.ndarray]:
        """The same batches, each read before it is passed on."""
        for images in batches:
            if len(part := images[: self._left]):
                self._sums.add(part)
                self._positions.append(map_in_batches(_position_features, part, batch=BATCH))
                self._left -= len(part)
            yield images

    def result(self) -> ImageSet:
        """Of the images so far, at least 2."""
        return ImageSet(self._sums.figures(), np.concatenate(self._positions))


def open_measurement(
    run: Path,
    *,
    data: Path | None,
    extractor: Extractor,
    options: Options,
    progress: Progress = no_progress,
) -> Measurement:
    """Open the generator of a run folder and the run's dataset, or the one in `data`.

    Raises: InputError: as `open_pair`; too few images to measure against.
    """
    generator, reals = open_pair(run, data=data)
    if reals.count < FEWEST:
        folder = data or _trained_on(run)["folder"]
        raise InputError(f"{folder} holds {reals.count:.0f} images; at least {FEWEST} are needed")
    cache = run / CACHE
    return Measurement(generator, reals, extractor=extractor, options=options, cache=cache, progress=progress)


def open_pair(run: Path, *, data: Path | None) -> tuple[Generator, Reals]:
    """Open the generator of a run folder, and real images of the run's dataset or of the one in `data`.

    Raises: InputError: no such run or dataset; the run's dataset has changed; images of another shape, or
        other classes.
    """
    generator = load_generator(run)
    config = saved_config(run) if (run / FOLDER).is_dir() else None
    if config is None:
        raise InputError(
            f"{run} is no run folder: it has no config of its training; name a run folder of gan train"
        )
    trained_on = _trained_on(run)
    if data is None and not Path(trained_on["folder"]).is_dir():
        came = "was imported from" if Path(trained_on["folder"]).is_file() else "was trained on"
        raise InputError(f"{run} {came} {trained_on['folder']}, which is no dataset folder; name one: --data")
    dataset = Dataset(data or trained_on["folder"])
    if data is None and dataset.content_hash != trained_on["content_hash"]:
        raise InputError(
            f"{dataset.folder} has changed since {run} was trained on it; name a dataset: --data"
        )
    if generator.class_names and dataset.label_names != generator.class_names:
        raise InputError(
            f"{run} generates {_listed(generator.class_names)}, {dataset.folder} holds "
            f"{_listed(dataset.label_names)}; pack it with the same classes: --labels subfolders"
        )
    reals = open_reals(dataset, config)
    if reals.image_shape != generator.shape:
        raise InputError(
            f"{dataset.folder} has images of {' x '.join(map(str, reals.image_shape))}, {run} generates "
            f"{' x '.join(map(str, generator.shape))} (height x width x channels); name another --data"
        )
    return generator, reals


def _trained_on(run: Path) -> dict[str, Any]:
    return json.loads((run / FILE).read_text(encoding="utf-8"))["data"]


def _listed(classes: Sequence[str]) -> str:
    """The first few classes, for a message."""
    if not classes:
        return "no classes"
    return f"{len(classes)} classes ({', '.join(classes[:5])}{', ...' * (len(classes) > 5)})"


def _read(path: Path, names: Sequence[str]) -> dict[str, np.ndarray] | None:
    """Arrays cached at `path`; None if there is no file or it is damaged."""
    try:
        with np.load(path, allow_pickle=False) as arrays:
            return {name: arrays[name] for name in names}
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
        return None


def _write(path: Path, arrays: dict[str, np.ndarray]) -> None:
    with replacing_among(path) as partial_path:
        np.savez(partial_path, **arrays)  # type: ignore[arg-type]
