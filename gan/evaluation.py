"""How good snapshots are: distances and metrics measured beside the training, and which was the best."""

import functools
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from data_prep.errors import InputError
from gan import latents
from gan.config import TrainConfig
from gan.log import Log, read_log
from gan.metrics.distance import RealStatistics
from gan.metrics.extractors import EXTRACTORS, Extractor
from gan.metrics.measure import CACHE, Measurement, Options
from gan.metrics.recording import record
from gan.metrics.results import FILE, read_results
from gan.reals import Reals
from gan.sample import Generator, sample_images, save_generator

METRIC_Z = 101  # stream folded into the seed's key, apart from the training's
BEST = "best"  # folder in the run; in it a generator/
HIGHER_IS_BETTER = ("precision", "recall")


class Evaluation:
    """Measures snapshots in a thread of its own; the training waits only for the one before.

    Args:
        config: which measures, and on how many images.
        reals: what generated images are held against.
        run: the run folder. Metrics go to its metrics.jsonl; the best generator so far to best/generator.
        log: takes a line per snapshot, with its distance.
        nimg: where the run goes on: what was measured up to there is known.
        say: a line to the user.

    Attributes:
        best_nimg: of the best snapshot so far by config.best_by, but for the untrained one.
    """

    def __init__(
        self, config: TrainConfig, reals: Reals, run: Path, log: Log, *, nimg: int, say: Callable[[str], None]
    ) -> None:
        self.config, self.reals, self.run, self.log, self.say = config, reals, run, log, say
        self._extractor = open_extractor(config.metric_weights)
        self._statistics: RealStatistics | None = None
        self._running: threading.Thread | None = None
        self._running_nimg: int | None = None
        self._failure: BaseException | None = None
        self._leaving = threading.Event()
        lines = [line for line in read_log(run) if line["kind"] == "snapshot"] if nimg else []
        self._measured = {line["nimg"] for line in lines}
        known = {n: value for n, value in self._known_values(lines).items() if 0 < n <= nimg}
        self.best_nimg = best(known, by=config.best_by)
        self._best_value = None if self.best_nimg is None else known[self.best_nimg]

    @property
    def kept(self) -> set[int]:
        """Snapshots whose checkpoints must stay: the best, and the one that is being measured."""
        return {nimg for nimg in (self.best_nimg, self._running_nimg) if nimg is not None}

    def is_missing(self, nimg: int) -> bool:
        """Whether the snapshot at `nimg` was drawn, but a kill came before it was measured."""
        return nimg not in self._measured and (self.run / "samples" / f"{nimg:09d}.png").is_file()

    def start(self, generator: Generator) -> None:
        """Begin to measure a generator whose weights nobody changes; raises what went wrong before."""
        self.wait()
        self._running_nimg = generator.nimg
        self._running = threading.Thread(
            target=self._work, args=(generator,), name=f"evaluation-{generator.nimg}", daemon=True
        )
        self._running.start()

    def wait(self) -> None:
        """Return when all is measured.

        Raises: WorkError, InputError: a record is damaged, a file could not be written, ...
        """
        if self._running is not None:
            self._running.join()
            self._running = self._running_nimg = None
        if self._failure is not None:
            failure, self._failure = self._failure, None
            raise failure

    def leave(self) -> None:
        """Give up what is being measured; a resumed run measures it again."""
        self._leaving.set()
        if self._running is not None:
            self._running.join()

    def _work(self, generator: Generator) -> None:
        try:
            self._measure(generator)
        except _Left:
            pass
        except BaseException as error:
            self._failure = error

    def _measure(self, generator: Generator) -> None:
        nimg, begun = generator.nimg, time.monotonic()
        statistics = self._statistics = self._statistics or RealStatistics(
            self.reals, count=self.config.metric_images, seed=self.config.seed, watch=self._watched
        )
        distance = statistics.distance(self._watched(self._fakes(generator, statistics.count)))
        values = {"distance": distance}
        self.say(f"nimg {nimg}: distance {distance:.3f} (floor {statistics.floor:.3f})")
        if self.config.metrics and nimg > 0:
            measured = self._measurement(generator)
            for name in self.config.metrics:
                told, found = record(name, measured, self.run / FILE)
                values |= found
                self.say(f"nimg {nimg}: {told}")
        self._judge(values, generator)  # before the line: a kill in between judges again
        line = {"distance": round(distance, 4), "floor": round(statistics.floor, 4)}
        line |= {"metric_images": statistics.count, "sec": round(time.monotonic() - begun, 2)}
        self.log.write(kind="snapshot", nimg=nimg, **line)

    def _judge(self, values: dict[str, float], generator: Generator) -> None:
        if generator.nimg == 0 or self.config.best_by not in values:
            return
        value, by = values[self.config.best_by], self.config.best_by
        if self._best_value is None or best({0: self._best_value, 1: value}, by=by) == 1:
            self.best_nimg, self._best_value = generator.nimg, value
            save_generator(
                self.run / BEST,
                generator.params,
                config=self.config,
                shape=generator.shape,
                nimg=generator.nimg,
                class_names=generator.class_names,
            )

    def _known_values(self, lines: list[dict[str, Any]]) -> dict[int, float]:
        """nimg -> value of config.best_by, from what this run has written; `lines` are the log's."""
        by = self.config.best_by
        if by == "distance":
            return {line["nimg"]: line[by] for line in lines if by in line}
        results = [line for line in read_results(self.run / FILE) if by in line["values"]]
        return {line["nimg"]: line["values"][by] for line in results if self._is_ours(line)}

    def _is_ours(self, line: dict[str, Any]) -> bool:
        """Whether a result was measured as this run measures."""
        ours = {"images": self.config.metric_images, "seed": self.config.seed, "truncation": 1.0}
        return (ours | {"extractor": self._extractor.identity}).items() <= line.items()

    def _measurement(self, generator: Generator) -> Measurement:
        return Measurement(
            generator,
            self.reals,
            extractor=self._extractor,
            options=Options(images=self.config.metric_images, seed=self.config.seed),
            cache=self.run / CACHE,
            bar=lambda *args, **kwargs: _Silent(self._leaving),
        )

    def _fakes(self, generator: Generator, count: int) -> Iterator[np.ndarray]:
        key, items = jax.random.key(self.config.seed), latents.numbered(0, count)
        z = latents.draw(jax.random.fold_in(key, METRIC_Z), items, z_dim=generator.z_dim)
        labels = self.reals.labels(np.arange(count), seed=self.config.seed)
        classes = None if labels is None else jnp.asarray(labels)
        return sample_images(generator.family, generator.params, z, labels=classes)

    def _watched(self, batches: Iterable[np.ndarray]) -> Iterator[np.ndarray]:
        for images in batches:
            if self._leaving.is_set():
                raise _Left
            yield images


@functools.cache
def open_extractor(weights: str | None) -> Extractor:
    """What metrics are measured in: FID's network with the weights of a file, or fixed random convolutions.

    Raises: InputError: the file does not hold that network.
    """
    try:
        return EXTRACTORS["inception"](Path(weights)) if weights else EXTRACTORS["random"](None)
    except InputError as error:
        raise InputError(str(error).replace("--weights", "--metric-weights")) from None


class _Left(Exception):
    """The run is left; nobody waits for the result."""


class _Silent:
    """Stands in for a progress bar where the run's own is shown, and ends the work when the run is left."""

    def __init__(self, leaving: threading.Event) -> None:
        self.leaving = leaving

    def __enter__(self) -> "_Silent":
        return self

    def __exit__(self, *exc: object) -> None: ...

    def update(self, count: int) -> None:
        if self.leaving.is_set():
            raise _Left


def best(values: dict[int, float], *, by: str) -> int | None:
    """The first key with the best of the finite values: the least; of precision and recall the greatest."""
    finite = {key: value for key, value in sorted(values.items()) if np.isfinite(value)}
    sign = -1 if by in HIGHER_IS_BETTER else 1
    return min(finite, key=lambda key: sign * finite[key], default=None)
