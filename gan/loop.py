"""Training from first to last image: the only caller of step, log, checkpoint and metrics together."""

import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
from jax.sharding import Mesh

from data_prep.progress import progress
from gan.compiled_steps import Dispatcher
from gan.config import TrainConfig
from gan.data.reals import Reals
from gan.distributed import any_process, first_process_first
from gan.families import build
from gan.monitoring.run_monitor import Report
from gan.runs.checkpoint import Checkpoints
from gan.runs.run_folder import load_state
from gan.runs.transfer import describe, transplant
from gan.sharding import check_batch, gathered, make_mesh
from gan.state import abstract_state, make_state


def train(
    config: TrainConfig,
    reals: Reals,
    run: Path,
    *,
    mesh: Mesh | None = None,
    changed: dict[str, tuple[Any, Any]] | None = None,
) -> int:
    """Train in the run folder until config.total_nimg images are seen, from its newest checkpoint if any.

    Args:
        config: checked and resolved (see `gan.runs.run_folder`).
        reals: where images come from.
        run: an opened run folder.
        mesh: where to compute; all devices by default.
        changed: fields that differ from the run's earlier config (before, now), to be told.

    Returns:
        nimg at the end.

    Raises:
        KeyboardInterrupt: Ctrl-C or SIGTERM came; the state is saved.
        WorkError: a loss or weight is no longer finite, a record is damaged, or a checkpoint could not
            be written. Earlier checkpoints are kept.
    """
    mesh = mesh or make_mesh()
    check_batch(config.batch_size, mesh)
    family = build(config, reals.image_shape, num_classes=len(reals.class_names))
    with (
        Checkpoints(
            run, keep_latest=config.keep_latest, keep_every_nimg=config.keep_every_nimg
        ) as checkpoints,
        stop_signal() as stop,
        ExitStack() as exits,
    ):
        abstract = abstract_state(family, config, mesh)
        restored = checkpoints.restore(abstract)
        with first_process_first("clean"):
            if jax.process_index() == 0:
                checkpoints.clean()
        nimg, damaged = restored[1:] if restored else (0, [])
        donor = None
        if restored is None and config.init_from is not None:
            _, donor = load_state(Path(config.init_from), mesh, flag="--init-from")
        dispatch = None
        if nimg < config.total_nimg and jax.process_count() == 1:  # several make their states in step first
            dispatch = Dispatcher(family, config, mesh, abstract)  # compiles while the state is made
            exits.callback(dispatch.cancel)
        state = restored[0] if restored else make_state(family, config, mesh)
        report = exits.enter_context(
            Report(config, reals, run, family, nimg=nimg, has_checkpoint=checkpoints.has)
        )
        checkpoints.also_kept = report.kept
        if donor is not None:
            moved = transplant(state, donor)
            state, donor = moved.state, None
            report.note(describe(moved, str(config.init_from)))
        if told := reals.describe():
            report.note(told)
        for name in damaged:
            report.note(f"{name} is damaged (its bytes do not match its manifest); going on from nimg {nimg}")
        for field, (before, now) in (changed or {}).items():
            report.note(f"{field}: {before} -> {now}")
        report.resume(nimg)
        if nimg >= config.total_nimg:
            report.note(f"already done: {nimg} images; raise --total-nimg to train on")
            report.finish(stop)
            return nimg
        report.note("compiling the training step: seconds to minutes, and much less at the next start")
        dispatch = (dispatch or Dispatcher(family, config, mesh, abstract)).ready()
        if dispatch.rounds > 1:
            report.note(f"each batch of {config.batch_size} is worked off in {dispatch.rounds} rounds")
        draw = reals.open(mesh, batch_size=config.batch_size, seed=config.seed, nimg=nimg)
        newborn = jax.tree.map(jnp.copy, gathered(state.average, mesh)) if nimg == 0 else None
        saved_nimg = nimg
        leads = jax.process_index() == 0
        with progress(
            config.total_nimg, unit="img", label=f"train {run.name}", initial=nimg, shown=leads
        ) as bar:
            report.start(bar)
            while nimg < config.total_nimg:
                before = nimg
                state, metrics, nimg = dispatch(state, draw, nimg)
                report.add(metrics, nimg)
                if newborn is not None:  # drawn after the first step, which need not wait for it
                    jax.block_until_ready(metrics)
                    report.snapshot(newborn, 0, stop=stop)
                    newborn = None
                stopping = stop.is_set() and jax.process_count() == 1  # several agree at ticks
                if _crosses(before, nimg, config.tick_nimg) or nimg >= config.total_nimg:
                    report.tick(waited_sec=dispatch.take_waited_sec())
                    stopping = any_process(stop.is_set())
                last = stopping or nimg >= config.total_nimg
                snapshot = _crosses(before, nimg, config.snapshot_nimg) or nimg >= config.total_nimg
                if snapshot:  # before the save: a kill in between draws it again
                    report.snapshot(gathered(state.average, mesh), nimg, stop=stop)
                if snapshot or _crosses(before, nimg, config.checkpoint_nimg) or last:
                    report.require_finite(state)
                    checkpoints.save(state, nimg)
                    saved_nimg = nimg
                if stopping and nimg < config.total_nimg:
                    checkpoints.wait()
                    report.note(f"stopped at nimg {saved_nimg}, saved")
                    report.leave()
                    raise KeyboardInterrupt
        checkpoints.wait()
        report.finish(stop)
        checkpoints.prune()  # what was the best until now
    return nimg


@contextmanager
def stop_signal() -> Iterator[threading.Event]:
    """An event that Ctrl-C and SIGTERM set; a second one interrupts at once. Main thread only."""
    event = threading.Event()

    def handle(signum: int, frame: object) -> None:
        if event.is_set():
            raise KeyboardInterrupt
        event.set()
        print(
            "\nstopping: what is under way is finished and saved first (again: leave at once)",
            file=sys.stderr,
        )

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
