"""Output of a run while it trains: log lines, sample grids, exports at snapshots, and their evaluation."""

import threading
import time
from collections.abc import Set
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from data_prep.errors import WorkError
from data_prep.progress import Note, ignore
from gan.data.reals import Reals
from gan.devices.distributed import any_process, barrier, from_first
from gan.monitoring.evaluation import Evaluation
from gan.monitoring.watchdog import MOST_REWINDS, Collapse, assess, last_good
from gan.recipes.recipe import Metrics, Recipe
from gan.runs.log import Log, read_log, write_grid
from gan.steps.step import means

WAIT_SEC = 2.0  # of waiting for an evaluation, from which the log has a note
UNMEASURED = "the last snapshot is not measured yet; the same command does that first"


class RunMonitor:
    """Log lines, sample grids, exports and evaluations of a run. Only process 0 writes.

    Use as a context manager: leaving by an exception cancels the evaluation in progress.

    Args:
        recipe: what is trained.
        reals: its training images.
        run: the run folder.
        nimg: where training starts or resumes.
        checkpoints: nimg of the checkpoints that exist.
        note: called with each message for the user.
    """

    def __init__(
        self,
        recipe: Recipe,
        reals: Reals,
        run: Path,
        *,
        nimg: int,
        checkpoints: Set[int],
        note: Note = ignore,
    ) -> None:
        self._show = note
        self.recipe, self.config, self.run = recipe, recipe.config, run
        self.class_names = reals.class_names
        self.writes = jax.process_index() == 0
        self._bar: Any = None
        self._pending: list[Metrics] = []
        self._shown = self._tick_nimg = nimg
        self._clock = time.monotonic()
        self._noted_waiting = False
        self.evaluation: Evaluation | None = None
        self._history: list[dict[str, Any]] = []  # lines of the log
        self._reported: set[str] = set()  # kinds of findings
        if not self.writes:
            return
        self.log = Log(run, nimg=nimg)
        self._history = read_log(run) if self.log.path.exists() else []
        self._reported = {finding.kind for finding in assess(self._history)}
        columns, rows = self.config.evaluation.grid_size
        if recipe.measured and self.config.evaluation.metric_images > 1 and reals.count > 3:
            self.evaluation = Evaluation(recipe, reals, run, nimg=nimg, checkpoints=checkpoints)
        if not (run / "samples" / "reals.png").exists():
            shown = np.concatenate(list(reals.look(columns * rows, seed=self.config.seed)))
            write_grid(run / "samples" / "reals.png", shown, columns=columns)

    def start(self, bar: Any) -> None:
        """Show progress on `bar`; time counts as training from here."""
        self._bar, self._clock = bar, time.monotonic()

    def add(self, metrics: Metrics, nimg: int) -> None:
        """Take the metrics of a call; those of the call before are read now, so the device never waits."""
        self._pending.append(metrics)
        if len(self._pending) > 1:
            self._check(self._pending[-2])
        self._bar.update(nimg - self._shown)
        self._shown = nimg
        self._report_events()

    def tick(self, *, idle_sec: float) -> None:
        """Write the means of what was added since the last tick to the log.

        Args:
            idle_sec: for how long, since the last tick, devices waited for images.
        """
        self._check(self._pending[-1])
        total = jax.tree.map(
            lambda *parts: float(sum(np.asarray(p, np.float64) for p in parts)), *self._pending
        )
        mean = means(total, self.recipe)
        now = time.monotonic()
        passed = max(now - self._clock, 1e-9)
        rate = {"images_per_sec": round((self._shown - self._tick_nimg) / passed, 2)}
        rate |= {"input_wait": round(idle_sec / passed, 4)}
        self._pending, self._tick_nimg, self._clock = [], self._shown, now
        if self.writes:
            rounded = {k: round(v, 7) for k, v in mean.items()}
            self._write({"kind": "tick", "nimg": self._shown, **rate, **rounded})
            shown = (f"{name} {mean[name]:.2f}" for name in self.recipe.losses if name in mean)
            self._bar.set_postfix_str(" ".join(shown), refresh=False)
            self._warn()

    def snapshot(self, params: Any, nimg: int, *, stop: threading.Event) -> None:
        """Write the sample grid and the export of `params`, which are whole on each device, and start their
        evaluation, after that of the snapshot before has ended (cancelled if `stop` is set)."""
        if not self.writes:
            return
        begun = time.monotonic()
        self._settle(stop)  # the export of the snapshot before must stay until it is measured
        params = _copied(params)
        columns, rows = self.config.evaluation.grid_size
        grid = np.concatenate(list(self.recipe.sample_grid(params, count=columns * rows)))
        write_grid(self.run / "samples" / f"{nimg:09d}.png", grid, columns=columns)
        self.recipe.export(self.run, params, nimg=nimg, class_names=self.class_names)
        if self.evaluation is None:
            self.log.write(kind="snapshot", nimg=nimg, sec=round(time.monotonic() - begun, 2))
        else:
            self.evaluation.start(self.recipe.generator(params, nimg=nimg, class_names=self.class_names))
        self._clock += time.monotonic() - begun  # snapshots do not count as training

    def find_collapse(self, stop: threading.Event) -> Collapse | None:
        """Wait until the last snapshot is measured, and judge it; all processes must call it together.

        Returns: why the training must not go on as it is; None if it may, or if it only warns.
        Raises: KeyboardInterrupt: `stop` was set meanwhile: nothing can be decided.
        """
        if self.config.evaluation.on_collapse == "warn" or not self.recipe.measured:
            return None
        begun = time.monotonic()
        settled = self._settle(stop)
        self._clock += time.monotonic() - begun  # waiting does not count as training
        if any_process(not settled):
            self.note(UNMEASURED)
            self.leave()
            raise KeyboardInterrupt
        found = [finding.words for finding in assess(self._history) if finding.is_decisive]
        text = Collapse("; ".join(found), last_good(self._history)).to_json() if found else ""
        text = from_first(text)
        return Collapse.from_json(text) if text else None

    def collapsed(self, collapse: Collapse) -> WorkError:
        """The error of a run that ends because of a collapse."""
        rewound = self.config.evaluation.on_collapse == "rewind"
        again = f", and again after {MOST_REWINDS} rewinds" if rewound else ""
        return WorkError(
            f"the training has collapsed{again}: {collapse.reason}; nimg {self._shown} is saved. "
            f"In a new run, {self.recipe.collapse_remedy}; or resume with --on-collapse warn"
        )

    def resume(self, nimg: int) -> None:
        """Measure the last snapshot of a run that resumes at `nimg`, if it ended before that was done."""
        if self.evaluation is not None:
            self.evaluation.start_missing(nimg)

    def protected(self) -> set[int]:
        """Checkpoints that the evaluation needs: the best, the one that is being measured, and the last good
        one, if a collapse rewinds to it."""
        rewinds = self.config.evaluation.on_collapse == "rewind"
        good = {last_good(self._history)} if rewinds else set()
        return good if self.evaluation is None else good | self.evaluation.protected()

    def finish(self, stop: threading.Event) -> None:
        """Return when all is measured; all processes must call it together.

        Raises: KeyboardInterrupt: `stop` was set meanwhile. WorkError: something could not be measured.
        """
        measured = self.evaluation is None or self.evaluation.wait(stop)
        self._report_events()
        barrier("measured")
        if not measured:
            self.note(UNMEASURED)
            raise KeyboardInterrupt
        if self.evaluation is not None:
            self.evaluation.raise_failures()

    def leave(self) -> None:
        """Cancel the evaluation in progress; all processes must call it together."""
        cancelled = self.evaluation is not None and self.evaluation.cancel()
        self._report_events()
        if cancelled:
            self.note(UNMEASURED)
        barrier("left")

    def __enter__(self) -> "RunMonitor":
        return self

    def __exit__(self, kind: object, *exc: object) -> None:
        if kind is not None and self.evaluation is not None:
            self.evaluation.cancel()
            self._report_events()

    def require_finite(self, state: Any) -> None:
        """Raise WorkError unless every parameter is finite, before the state is saved."""
        if self._pending:
            self._check(self._pending[-1])
        fields = dict.fromkeys((*self.recipe.trained, self.recipe.exported))
        if not bool(_all_finite([getattr(state, field) for field in fields])):
            self._diverged("a parameter")

    def note(self, message: str) -> None:
        """Pass a message to the user, and write it to the log."""
        if self.writes:
            self.log.write(kind="note", nimg=self._shown, message=message)
            self._show(message)

    def _report_events(self) -> None:
        for event in [] if self.evaluation is None else self.evaluation.poll():
            if event.line is None:
                self.note(event.message)
            else:
                self._write({"kind": "snapshot", "nimg": event.nimg, **event.line})
                self._show(event.message)
                self._warn()

    def _write(self, line: dict[str, Any]) -> None:
        self.log.write(**line)
        self._history.append(line)

    def _warn(self) -> None:
        """Note kinds of findings that the line before did not have."""
        findings = assess(self._history)
        new = [finding.words for finding in findings if finding.kind not in self._reported]
        self._reported = {finding.kind for finding in findings}
        if new:
            self.note(f"{'; '.join(new)}; {self.recipe.collapse_remedy}")

    def _settle(self, stop: threading.Event) -> bool:
        """Return when the evaluation in progress has ended; whether it was measured."""
        if self.evaluation is None:
            return True
        begun = time.monotonic()
        settled = self.evaluation.wait(stop)
        self._report_events()
        self._note_waiting(time.monotonic() - begun)
        return settled

    def _note_waiting(self, sec: float) -> None:
        if sec > WAIT_SEC and not self._noted_waiting:
            self._noted_waiting = True
            self.note(
                f"training waited {sec:.0f} s until the snapshot before was measured; a larger "
                "--snapshot-nimg or fewer --metric-images avoid that"
            )

    def _check(self, metrics: Metrics) -> None:
        for name in self.recipe.losses:
            if not np.isfinite(np.asarray(metrics[name])):
                self._diverged(name)

    def _diverged(self, what: str) -> None:
        raise WorkError(
            f"{what} is no longer finite near nimg {self._shown}; the last good checkpoint in {self.run} is "
            f"unchanged. Resume with {self.recipe.remedy}"
        )


def _copied(params: Any) -> Any:
    """A copy on one device: training donates its own buffers."""
    host = jax.tree.map(lambda leaf: np.array(leaf), jax.device_get(params))
    return jax.device_put(host, jax.local_devices()[0])


@jax.jit
def _all_finite(tree: Any) -> jax.Array:
    return jnp.stack([jnp.isfinite(a).all() for a in jax.tree.leaves(tree)]).all()
