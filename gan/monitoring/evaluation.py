"""Evaluation of snapshots: distances and metrics measured concurrently with training, and the best so far."""

import dataclasses
import functools
import queue
import shutil
import threading
import time
from collections.abc import Iterable, Iterator, Set
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from data_prep.errors import InputError, WorkError
from gan import latents
from gan.data.reals import Reals
from gan.metrics.distance import Measures, RealStatistics
from gan.metrics.extractors import EXTRACTORS, Extractor
from gan.metrics.measure import CACHE, Measurement, Options
from gan.metrics.recording import record
from gan.metrics.results import FILE
from gan.monitoring.overview import best
from gan.random_streams import Stream
from gan.recipes.recipe import Recipe
from gan.runs.log import read_log
from gan.sample import Generator, load_generator, sample_images

BEST = "best"  # folder in the run; in it a generator/
POLL_SEC = 0.2


@dataclasses.dataclass(frozen=True)
class Event:
    """What an evaluation has to report."""

    nimg: int  # of the snapshot
    message: str  # for the user
    line: dict[str, Any] | None  # for the log: distance, metrics and time; None: it could not be measured


class Evaluation:
    """Measures snapshots in a thread of its own; training waits only for the one before.

    The log is the record: a resumed run measures a snapshot that was exported and not measured, and selects
    the best by the lines that are left.

    Args:
        recipe: whose generators are measured; its config selects metrics and numbers of images.
        reals: what generated images are compared with.
        run: the run folder. Metrics go to its metrics.jsonl; the best generator so far to best/generator.
        nimg: where the run resumes.
        checkpoints: nimg of the checkpoints that exist.

    Attributes:
        best_nimg: of the best snapshot so far by the config's best_by, except the untrained one.
    """

    def __init__(self, recipe: Recipe, reals: Reals, run: Path, *, nimg: int, checkpoints: Set[int]) -> None:
        self.recipe, self.config, self.reals, self.run = recipe, recipe.config, reals, run
        self.settings = settings = recipe.config.evaluation
        self._extractor = open_extractor(settings.metric_weights) if settings.metrics else None
        self._statistics: RealStatistics | None = None
        self._running: threading.Thread | None = None
        self._running_nimg: int | None = None
        self._events: queue.SimpleQueue[Event] = queue.SimpleQueue()
        self._failures: list[str] = []
        self._cancel = threading.Event()
        lines = [line for line in read_log(run) if line["kind"] == "snapshot"] if nimg else []
        self._measured = {line["nimg"] for line in lines}
        values = {line["nimg"]: self._value(line) for line in lines}
        known = {n: v for n, v in values.items() if n > 0 and v is not None and n in checkpoints}
        self.best_nimg = best(known, by=settings.best_by)
        self._best_value = None if self.best_nimg is None else known[self.best_nimg]
        if (run / BEST).is_dir() and _nimg_of(run / BEST) != self.best_nimg:
            shutil.rmtree(run / BEST)  # the best by another metric, or of work that was lost

    def poll(self) -> list[Event]:
        """Events since the last call, in their order."""
        events = []
        while not self._events.empty():
            events.append(self._events.get())
        return events

    def protected(self) -> set[int]:
        """Snapshots whose checkpoints must stay: the best, and the one that is being measured."""
        return {nimg for nimg in (self.best_nimg, self._running_nimg) if nimg is not None}

    def start_missing(self, nimg: int) -> None:
        """Start to measure the last snapshot at or before `nimg`, if the run ended before that was done."""
        drawn = _nimg_of(self.run)
        if drawn is not None and drawn <= nimg and drawn not in self._measured:
            self.start(load_generator(self.run))

    def start(self, generator: Generator) -> None:
        """Start to measure a generator, whose weights must not change meanwhile; call `wait` first."""
        assert self._running is None
        self._running_nimg = generator.nimg
        self._running = threading.Thread(
            target=self._work, args=(generator,), name=f"evaluation-{generator.nimg}", daemon=True
        )
        self._running.start()

    def wait(self, stop: threading.Event) -> bool:
        """Return when the evaluation has ended, cancelled if `stop` is set; whether it was measured."""
        while self._running is not None and self._running.is_alive():
            self._running.join(POLL_SEC)
            if stop.is_set():
                self.cancel()
        self._running = self._running_nimg = None
        return not self._cancel.is_set()

    def cancel(self) -> bool:
        """Cancel the evaluation in progress, at its next batch; a resumed run measures it again.

        Returns: whether there was one.
        """
        if self._running is None or not self._running.is_alive():
            return False
        self._cancel.set()
        self._running.join()
        return True

    def raise_failures(self) -> None:
        """Raise WorkError if anything could not be measured; training itself went well."""
        if self._failures:
            raise WorkError(
                f"training is done and saved, but {len(self._failures)} snapshots could not be measured: "
                f"{self._failures[-1]}"
            )

    def _work(self, generator: Generator) -> None:
        try:
            self._measure(generator)
        except _CancelledError:
            pass
        except Exception as error:
            reason = " ".join(str(error).split())[:300] or type(error).__name__
            self._failures.append(f"nimg {generator.nimg}: {reason}")
            message = f"nimg {generator.nimg} could not be measured: {reason}"
            self._events.put(Event(generator.nimg, message, None))

    def _measure(self, generator: Generator) -> None:
        nimg, begun = generator.nimg, time.monotonic()
        statistics = self._statistics = self._statistics or RealStatistics(
            self.reals, count=self.settings.metric_images, seed=self.config.seed, watch=self._cancellable
        )
        fakes = self._cancellable(self._fakes(generator, statistics.count))
        measures = statistics.measure(fakes)
        values = {"distance": measures.distance, "score": measures.score}
        message = _summary(measures, statistics)
        if self._extractor is not None and nimg > 0:
            measured = self._measurement(generator, self._extractor)
            for name in dict.fromkeys(self.settings.metrics):
                line, found = record(name, measured, self.run / FILE)
                values |= {name: value for name, value in found.items() if name != "relative"}
                message += f"; {line}"
        self._judge(values.get(self.settings.best_by), generator)  # first: if killed, it is measured again
        line_of = snapshot_values(measures, statistics) | {"metric_images": statistics.count}
        more = {name: value for name, value in values.items() if name not in line_of}
        if more and self._extractor is not None:
            line_of |= {"values": more, "extractor": self._extractor.identity}
        line_of |= {"sec": round(time.monotonic() - begun, 2)}
        self._measured.add(nimg)
        self._events.put(Event(nimg, f"nimg {nimg}: {message}", line_of))

    def _judge(self, value: float | None, generator: Generator) -> None:
        if generator.nimg == 0 or value is None or not np.isfinite(value):
            return
        if self._best_value is None or best({0: self._best_value, 1: value}, by=self.settings.best_by) == 1:
            options: dict[str, Any] = {"nimg": generator.nimg, "class_names": generator.class_names}
            self.recipe.export(self.run / BEST, generator.params, **options)
            self.best_nimg, self._best_value = generator.nimg, value

    def _value(self, line: dict[str, Any]) -> float | None:
        """The value of best_by in a line of the log, if it was measured as it is now."""
        by = self.settings.best_by
        if line.get("metric_images") != min(self.settings.metric_images, self.reals.count // 2):
            return None
        if by in ("distance", "score"):
            return line.get(by)
        same = self._extractor is not None and line.get("extractor") == self._extractor.identity
        return line["values"].get(by) if same and "values" in line else None

    def _measurement(self, generator: Generator, extractor: Extractor) -> Measurement:
        return Measurement(
            generator,
            self.reals,
            extractor=extractor,
            options=Options(images=self.settings.metric_images, seed=self.config.seed),
            cache=self.run / CACHE,
            progress=lambda *args, **kwargs: _Silent(self._cancel),
        )

    def _fakes(self, generator: Generator, count: int) -> Iterator[np.ndarray]:
        key, items = jax.random.key(self.config.seed), latents.numbered(0, count)
        z = latents.draw(jax.random.fold_in(key, Stream.SNAPSHOT_Z), items, z_dim=generator.z_dim)
        labels = self.reals.labels(np.arange(count), seed=self.config.seed)
        classes = None if labels is None else jnp.asarray(labels)
        keys = latents.item_keys(jax.random.fold_in(key, Stream.SNAPSHOT_NOISE), items)
        return sample_images(generator.family, generator.params, z, labels=classes, keys=keys)

    def _cancellable(self, batches: Iterable[np.ndarray]) -> Iterator[np.ndarray]:
        for images in batches:
            if self._cancel.is_set():
                raise _CancelledError
            yield images


@functools.cache
def open_extractor(weights: str | None) -> Extractor:
    """The features for metrics: FID's network with the weights of a file, or fixed random convolutions.

    Raises: InputError: the file does not hold that network.
    """
    try:
        return EXTRACTORS["inception"](Path(weights)) if weights else EXTRACTORS["random"](None)
    except InputError as error:
        raise InputError(str(error).replace("--weights", "--metric-weights")) from None


class _CancelledError(Exception):
    """The evaluation was cancelled."""


class _Silent:
    """In place of a second progress bar; raises when the evaluation is cancelled."""

    def __init__(self, cancel: threading.Event) -> None:
        self.cancel = cancel

    def __enter__(self) -> "_Silent":
        return self

    def __exit__(self, *exc: object) -> None: ...

    def update(self, count: int) -> None:
        if self.cancel.is_set():
            raise _CancelledError


def snapshot_values(measures: Measures, statistics: RealStatistics) -> dict[str, Any]:
    """Values of a snapshot's line in the log."""
    values: dict[str, Any] = {"distance": measures.distance, "floor": statistics.floor}
    values |= {"distance_by_position": measures.distance_by_position}
    values |= {"floor_by_position": statistics.floor_by_position}
    values |= {**measures.variety._asdict(), "score": measures.score}
    return {name: round(value, 4) for name, value in values.items()}


def _summary(measures: Measures, statistics: RealStatistics) -> str:
    variety = measures.variety
    return (
        f"distance {measures.distance:.3f} (floor {statistics.floor:.3f}), by position "
        f"{measures.distance_by_position:.3f} (floor {statistics.floor_by_position:.3f}), layout "
        f"{variety.layout:.2f}, nearest {variety.nearest:.2f}, pixel_std {variety.pixel_std:.2f}, score "
        f"{measures.score:.3f}"
    )


def _nimg_of(folder: Path) -> int | None:
    """Of the generator in a folder; None where there is none that can be read."""
    try:
        return load_generator(folder).nimg
    except InputError:
        return None
