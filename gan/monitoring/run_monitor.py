"""What a run tells while it trains: log lines, sample grids, the exported generator, how good it is."""

import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from tqdm import tqdm

from data_prep.errors import WorkError
from gan import latents
from gan.config import TrainConfig
from gan.data.reals import Reals
from gan.distributed import barrier
from gan.families import Family
from gan.monitoring.evaluation import Evaluation
from gan.random_streams import Stream
from gan.runs.log import Log, write_grid
from gan.sample import Generator, identity, sample_images, save_generator
from gan.state import TrainState
from gan.step import COUNTS, Metrics

TOLD_SEC = 2.0  # of waiting
UNMEASURED = "the last snapshot is not measured yet; the same command does that first"


class Report:
    """Everything a run tells: log lines, sample grids, distances, exports. Only process 0 writes.

    Use as a context manager: leaving by an exception gives up what is being measured.
    """

    def __init__(
        self,
        config: TrainConfig,
        reals: Reals,
        run: Path,
        family: Family,
        *,
        nimg: int,
        has_checkpoint: Callable[[int], bool],
    ) -> None:
        self.config, self.run, self.family, self.shape = config, run, family, reals.image_shape
        self.class_names = reals.class_names
        self.writes = jax.process_index() == 0
        self._bar: Any = None
        self._pending: list[Metrics] = []
        self._shown = self._tick_nimg = nimg
        self._clock = time.monotonic()
        self._told_of_waiting = False
        self.evaluation: Evaluation | None = None
        if not self.writes:
            return
        self.log = Log(run, nimg=nimg)
        key = jax.random.key(config.seed)
        columns, rows = config.grid_size
        self._grid_z = _fixed_z(jax.random.fold_in(key, Stream.GRID_Z), columns * rows, family)
        if config.metric_images > 1 and reals.count > 3:
            told = {"note": self.note, "say": self._say}
            self.evaluation = Evaluation(
                config, reals, run, self.log, nimg=nimg, has_checkpoint=has_checkpoint, **told
            )
        if not (run / "samples" / "reals.png").exists():
            shown = np.concatenate(list(reals.look(columns * rows, seed=config.seed)))
            write_grid(run / "samples" / "reals.png", shown, columns=columns)

    def start(self, bar: Any) -> None:
        """From here on time counts as training."""
        self._bar, self._clock = bar, time.monotonic()

    def add(self, metrics: Metrics, nimg: int) -> None:
        """Take the metrics of a dispatch; those of the one before are read now, so the device never waits."""
        self._pending.append(metrics)
        if len(self._pending) > 1:
            self._check(self._pending[-2])
        self._bar.update(nimg - self._shown)
        self._shown = nimg

    def tick(self, *, waited_sec: float) -> None:
        """Average what was added since the last tick into a line of the log.

        Args:
            waited_sec: how long, of the time since, devices stood idle for want of images.
        """
        self._check(self._pending[-1])
        total = jax.tree.map(
            lambda *parts: float(sum(np.asarray(p, np.float64) for p in parts)), *self._pending
        )
        counts = {name: total.pop(name) for name in ("iterations", "r1_count", "path_count")}
        means = {
            name: value / count
            for name, value in total.items()
            if (count := counts[COUNTS.get(name, "iterations")])
        }
        now = time.monotonic()
        passed = max(now - self._clock, 1e-9)
        rate = {"images_per_sec": round((self._shown - self._tick_nimg) / passed, 2)}
        rate |= {"input_wait": round(waited_sec / passed, 4)}
        self._pending, self._tick_nimg, self._clock = [], self._shown, now
        if self.writes:
            rounded = {k: round(v, 7) for k, v in means.items()}
            self.log.write(kind="tick", nimg=self._shown, **rate, **rounded)
            self._bar.set_postfix_str(f"G {means['loss_g']:.2f} D {means['loss_d']:.2f}", refresh=False)

    def snapshot(self, average: Any, nimg: int, *, stop: threading.Event) -> None:
        """Sample grid and export of the averaged generator, whose weights are whole here; it is measured
        while training goes on, after the snapshot before (which is given up if `stop` is set)."""
        if not self.writes:
            return
        begun = time.monotonic()
        if self.evaluation is not None:
            self.evaluation.wait(stop)  # its generator lies in the folder until it is measured
            self._tell_of_waiting(time.monotonic() - begun)
        generator = self._generator(average, nimg)
        grid = np.concatenate(list(sample_images(self.family, generator.params, self._grid_z)))
        write_grid(self.run / "samples" / f"{nimg:09d}.png", grid, columns=self.config.grid_size[0])
        save_generator(
            self.run,
            generator.params,
            config=self.config,
            shape=self.shape,
            nimg=nimg,
            class_names=self.class_names,
        )
        if self.evaluation is None:
            self.log.write(kind="snapshot", nimg=nimg, sec=round(time.monotonic() - begun, 2))
        else:
            self.evaluation.start(generator)
        self._clock += time.monotonic() - begun  # a snapshot is not training

    def resume(self, nimg: int) -> None:
        """Measure the last snapshot of a run that goes on at `nimg`, if it ended before that was done."""
        if self.evaluation is not None:
            self.evaluation.start_missing(nimg)

    def kept(self) -> set[int]:
        """Checkpoints that must stay, because of what is measured."""
        return set() if self.evaluation is None else self.evaluation.kept

    def finish(self, stop: threading.Event) -> None:
        """Return when all is measured; all processes must ask at the same point.

        Raises: KeyboardInterrupt: `stop` was set meanwhile. WorkError: something could not be measured.
        """
        measured = self.evaluation is None or self.evaluation.wait(stop)
        barrier("measured")
        if not measured:
            self.note(UNMEASURED)
            raise KeyboardInterrupt
        if self.evaluation is not None:
            self.evaluation.raise_failures()

    def leave(self) -> None:
        """Give up what is being measured; all processes must ask at the same point."""
        if self.evaluation is not None and self.evaluation.cancel():
            self.note(UNMEASURED)
        barrier("left")

    def __enter__(self) -> "Report":
        return self

    def __exit__(self, kind: object, *exc: object) -> None:
        if kind is not None and self.evaluation is not None:
            self.evaluation.cancel()

    def _tell_of_waiting(self, sec: float) -> None:
        if sec > TOLD_SEC and not self._told_of_waiting:
            self._told_of_waiting = True
            self.note(
                f"training waited {sec:.0f} s until the snapshot before was measured; a larger "
                "--snapshot-nimg or fewer --metric-images avoid that"
            )

    def _generator(self, average: Any, nimg: int) -> Generator:
        """With weights of its own: the training gives its buffers away."""
        copied = jax.tree.map(lambda leaf: np.array(leaf), jax.device_get(average))
        params = jax.device_put(copied, jax.local_devices()[0])
        name = identity(self.config, self.shape, copied)
        return Generator(self.family, params, name, nimg, self.class_names)

    def require_finite(self, state: TrainState) -> None:
        """Raise WorkError unless every weight is finite: what is saved must be good."""
        if self._pending:
            self._check(self._pending[-1])
        if not bool(_all_finite((state.generator, state.discriminator, state.average))):
            self._diverged("a weight")

    def note(self, message: str) -> None:
        """A line on stderr and in the log."""
        if self.writes:
            self.log.write(kind="note", nimg=self._shown, message=message)
            self._say(message)

    def _say(self, message: str) -> None:
        tqdm.write(message, file=sys.stderr)

    def _check(self, metrics: Metrics) -> None:
        for name in ("loss_d", "loss_g"):
            if not np.isfinite(np.asarray(metrics[name])):
                self._diverged(name)

    def _diverged(self, what: str) -> None:
        config = self.config
        raise WorkError(
            f"{what} is no longer finite near nimg {self._shown}; the last good checkpoint in {self.run} is "
            f"kept. Rerun with a lower --learning-rate (now {config.learning_rate}) or a higher --r1-gamma "
            f"(now {config.r1_gamma}); it goes on from there"
        )


@jax.jit
def _all_finite(tree: Any) -> jax.Array:
    return jnp.stack([jnp.isfinite(a).all() for a in jax.tree.leaves(tree)]).all()


def _fixed_z(key: jax.Array, count: int, family: Family) -> jax.Array:
    return latents.draw(key, latents.numbered(0, count), z_dim=family.z_dim)
