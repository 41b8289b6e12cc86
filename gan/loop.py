"""Training from first to last image: the only caller of steps, log, checkpoints and monitor together."""

import signal
import threading
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
from jax.sharding import Mesh

from data_prep.errors import InputError, WorkError
from data_prep.progress import Note, Progress, ignore, no_progress
from gan.config import difference
from gan.data.reals import Reals
from gan.devices.distributed import any_process, first_process_first
from gan.devices.sharding import check_batch, gathered, make_mesh
from gan.monitoring.run_monitor import RunMonitor
from gan.monitoring.watchdog import MOST_REWINDS
from gan.recipes.recipe import Recipe
from gan.runs.checkpoint import Checkpoints
from gan.runs.rewinds import Rewind, complete_rewind, describe_rewinds, record_rewind
from gan.runs.run_folder import load_state
from gan.runs.transfer import describe, transfer
from gan.steps.compiled_steps import Dispatcher
from gan.steps.state import abstract_state, make_state


def train(
    recipe: Recipe,
    reals: Reals,
    run: Path,
    *,
    mesh: Mesh | None = None,
    changed: dict[str, tuple[Any, Any]] | None = None,
    progress: Progress = no_progress,
    note: Note = ignore,
) -> int:
    """Train in a run folder until total_nimg images are seen, from its newest checkpoint if there is one.

    With --on-collapse rewind, a collapse that snapshots show (`gan.monitoring.watchdog`) ends the attempt,
    and the next one resumes from the last good checkpoint with `recipe.with_remedy`. The decision is taken
    when the next snapshot is due, or at the end, so it does not depend on the time that measuring takes. The
    run folder records it before anything else changes, so a run that is killed then goes back too.

    Args:
        recipe: what is trained; its config is checked and resolved (see `gan.runs.run_folder`).
        reals: source of the training images.
        run: an opened run folder.
        mesh: where to compute; all devices by default.
        changed: fields that differ from the run's earlier config (before, now), to be logged.
        progress: opens a progress bar; called in process 0.
        note: called in process 0 with each message for the user; the log has them too.

    Returns:
        nimg at the end.

    Raises:
        KeyboardInterrupt: Ctrl-C or SIGTERM came; the state is saved.
        WorkError: a loss or parameter is no longer finite, a record is damaged, a checkpoint could not be
            written, or the training has collapsed and may not go on. Earlier checkpoints stay.
    """
    intervals, mesh = recipe.config.intervals, mesh or make_mesh()
    check_batch(recipe.batch_size, mesh)
    with (
        Checkpoints(
            run, keep_latest=intervals.keep_latest, keep_every_nimg=intervals.keep_every_nimg
        ) as checkpoints,
        stop_signal(note=note) as stop,
    ):
        notes = [f"{field}: {before} -> {now}" for field, (before, now) in (changed or {}).items()]
        while True:
            rewinds = complete_rewind(run, checkpoints)
            attempt = recipe.with_remedy(len(rewinds))
            notes += describe_rewinds(rewinds, changed=difference(recipe.config, attempt.config))
            ended = _train(
                attempt,
                reals,
                run,
                mesh=mesh,
                checkpoints=checkpoints,
                stop=stop,
                notes=notes,
                may_rewind=len(rewinds) < MOST_REWINDS,
                progress=progress,
                note=note,
            )
            if isinstance(ended, int):
                return ended
            record_rewind(run, ended)
            notes = []


def _train(
    recipe: Recipe,
    reals: Reals,
    run: Path,
    *,
    mesh: Mesh,
    checkpoints: Checkpoints,
    stop: threading.Event,
    notes: Sequence[str],
    may_rewind: bool,
    progress: Progress,
    note: Note,
) -> int | Rewind:
    """One attempt of `train`: nimg at the end, or where to go back to."""
    config, intervals = recipe.config, recipe.config.intervals
    rewinding = may_rewind and config.evaluation.on_collapse == "rewind"
    with ExitStack() as exits:
        restored = checkpoints.restore(abstract_state(recipe, mesh))
        with first_process_first("clean"):
            if jax.process_index() == 0:
                checkpoints.clean()
        nimg, damaged = restored[1:] if restored else (0, [])
        source = None
        if restored is None and config.init_from is not None:
            _, source = load_state(Path(config.init_from), mesh, flag="--init-from")
        dispatch = None
        if nimg < config.total_nimg and jax.process_count() == 1:  # several make their states in step first
            dispatch = Dispatcher(recipe, mesh)  # compiles while the state is made
            exits.callback(dispatch.cancel)
        state = restored[0] if restored else make_state(recipe, mesh)
        monitor = exits.enter_context(
            RunMonitor(recipe, reals, run, nimg=nimg, checkpoints=checkpoints.finished(), note=note)
        )
        if source is not None:
            transferred = transfer(state, source, recipe=recipe)
            state, source = transferred.state, None
            monitor.note(describe(transferred, str(config.init_from)))
        if description := reals.describe():
            monitor.note(description)
        for name in damaged:
            monitor.note(f"{name} is damaged (its bytes do not match its manifest); resuming at nimg {nimg}")
        for message in notes:
            monitor.note(message)
        monitor.resume(nimg)
        if nimg >= config.total_nimg:
            monitor.note(f"already done: {nimg} images; raise --total-nimg to train on")
            return _finish(monitor, nimg, stop=stop, rewinding=rewinding)
        monitor.note("compiling the training step: seconds to minutes, much less at the next start")
        dispatch = (dispatch or Dispatcher(recipe, mesh)).ready(nimg=nimg)
        if dispatch.accumulation_steps > 1:
            monitor.note(f"{dispatch.accumulation_steps} gradient accumulation steps per batch")
        draw = reals.open(mesh, batch_size=recipe.batch_size, seed=config.seed, nimg=nimg)
        initial = None
        if nimg == 0:
            initial = jax.tree.map(jnp.copy, gathered(getattr(state, recipe.exported), mesh))
        saved_nimg = nimg
        opened = progress if jax.process_index() == 0 else no_progress
        with opened(config.total_nimg, unit="img", label=f"train {run.name}", initial=nimg) as bar:
            monitor.start(bar)
            while nimg < config.total_nimg:
                before = nimg
                try:
                    state, metrics, nimg = dispatch(state, draw, nimg)
                except InputError as error:  # a program does not fit; nothing of the state is donated yet
                    if nimg > saved_nimg:
                        checkpoints.save(state, nimg, keep=monitor.protected())
                        checkpoints.wait()
                    raise WorkError(str(error)) from error
                monitor.add(metrics, nimg)
                if initial is not None:  # after the first step, which need not wait for it
                    jax.block_until_ready(metrics)
                    monitor.snapshot(initial, 0, stop=stop)
                    initial = None
                stopping = stop.is_set() and jax.process_count() == 1  # several agree at ticks
                if _crosses(before, nimg, intervals.tick_nimg) or nimg >= config.total_nimg:
                    monitor.tick(idle_sec=dispatch.take_idle_sec())
                    stopping = any_process(stop.is_set())
                last = stopping or nimg >= config.total_nimg
                snapshot = _crosses(before, nimg, intervals.snapshot_nimg) or nimg >= config.total_nimg
                collapse = monitor.find_collapse(stop) if snapshot else None
                if collapse is not None and rewinding:
                    return Rewind(nimg, collapse.good_nimg, collapse.reason)
                if snapshot:  # before the save: after a kill in between it is written again
                    monitor.snapshot(gathered(getattr(state, recipe.exported), mesh), nimg, stop=stop)
                if snapshot or _crosses(before, nimg, intervals.checkpoint_nimg) or last:
                    monitor.require_finite(state)
                    checkpoints.save(state, nimg, keep=monitor.protected())
                    saved_nimg = nimg
                if collapse is not None and nimg < config.total_nimg:
                    checkpoints.wait()
                    monitor.leave()
                    raise monitor.collapsed(collapse)
                if stopping and nimg < config.total_nimg:
                    checkpoints.wait()
                    monitor.note(f"stopped at nimg {saved_nimg}, saved")
                    monitor.leave()
                    raise KeyboardInterrupt
        checkpoints.wait()
        ended = _finish(monitor, nimg, stop=stop, rewinding=rewinding)
        checkpoints.prune(keep=monitor.protected())  # the best so far may have changed
    return ended


def _finish(monitor: RunMonitor, nimg: int, *, stop: threading.Event, rewinding: bool) -> int | Rewind:
    """Return nimg when all is measured and the last snapshot is judged, or where to go back to."""
    monitor.finish(stop)
    collapse = monitor.find_collapse(stop)
    if collapse is None:
        return nimg
    if rewinding:
        return Rewind(nimg, collapse.good_nimg, collapse.reason)
    raise monitor.collapsed(collapse)


@contextmanager
def stop_signal(*, note: Note = ignore) -> Iterator[threading.Event]:
    """An event set by Ctrl-C and SIGTERM; a second one interrupts at once. Main thread only.

    `note` is called with a message at the first one.
    """
    event = threading.Event()

    def handle(signum: int, frame: object) -> None:
        if event.is_set():
            raise KeyboardInterrupt
        event.set()
        note("stopping after the current step and a checkpoint (again: stop at once)")

    if threading.current_thread() is not threading.main_thread():
        yield event
        return
    before = {s: signal.signal(s, handle) for s in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield event
    finally:
        for s, handler in before.items():
            signal.signal(s, handler)


def _crosses(before: int, after: int, interval: int) -> bool:
    return after // interval > before // interval
