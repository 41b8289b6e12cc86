"""Compiled training steps: the programs of a run, and their device memory."""

import concurrent.futures
import itertools
import math
import os
import time
from functools import lru_cache
from typing import Any, NamedTuple, Self

import jax
import jax.numpy as jnp
from jax.sharding import Mesh

from data_prep.errors import InputError
from data_prep.workers import default_workers
from gan.data.reals import Draw
from gan.devices.distributed import any_process
from gan.devices.sharding import on_cpu, split
from gan.recipes.recipe import Metrics, Recipe, Update
from gan.steps.state import abstract_state
from gan.steps.step import counted, iterations, jit_step, single_update
from gan.steps.traced_programs import by_file

MEMORY_FRACTION = 0.92  # of a device's memory available to a program; the rest is for the runtime


def needed_bytes(compiled: Any) -> int | None:
    """Memory per device of a compiled program, bytes: arguments, results and temporaries without donated
    buffers; None if the compiler does not report it."""
    memory = compiled.memory_analysis()
    if memory is None:
        return None
    held = memory.argument_size_in_bytes + memory.output_size_in_bytes - memory.alias_size_in_bytes
    return int(held + memory.temp_size_in_bytes)


def available_bytes(device: jax.Device) -> float:
    """Memory available to programs on a device, bytes: a fraction of its own (CPU: of the host's)."""
    limit = (device.memory_stats() or {}).get("bytes_limit")
    if limit is None and device.platform == "cpu":
        host = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
        limit = host / len([d for d in jax.local_devices() if d.platform == "cpu"])
    return math.inf if limit is None else MEMORY_FRACTION * limit


class Program(NamedTuple):
    """One compiled program: the updates of its first iteration, and its number of iterations."""

    updates: tuple[Update, ...]
    iterations: int = 1


class Dispatcher:
    """Run training steps: one iteration per call, as one program per update, or several in one program.

    Programs are compiled concurrently, one for every two cores (the compiler uses more than one core per
    program), while the next one is traced; those of the first step come first. A single iteration is one
    program per update, which needs fewer compilations than all combinations of lazy updates. On CPU every
    call is one iteration: results are then bitwise independent of --iterations-per-dispatch and of
    interruptions. `per_call` overrides this.

    Compilation starts immediately, in the background; `ready` waits for it.

    Attributes:
        accumulation_steps: per batch: the requested number, or the fewest that fit in device memory.
        needed_bytes: of a device's memory, for the largest program; None if the compiler does not report it.
        programs: the compiled programs.

    Raises: InputError: --accumulate does not divide the batch.
    """

    def __init__(self, recipe: Recipe, mesh: Mesh, *, per_call: int | None = None) -> None:
        self.recipe, self.config, self.mesh = recipe, recipe.config, mesh
        self._idle_sec = 0.0
        self._newest: Any = None  # a result of the last call
        self._unroll = on_cpu(mesh)
        self.per_call = per_call or (1 if on_cpu(mesh) else self.config.optim.iterations_per_dispatch)
        due = due_in_calls(recipe, every=self.per_call)
        calls = [programs_of_call(updates, self.per_call) for updates in due]
        self._needed = list(dict.fromkeys(itertools.chain(*calls)))  # those with all penalties first
        self.programs: dict[Program, Any] = {}
        self.needed_bytes: int | None = None
        self._steps_to_try = iter(recipe.accumulation_steps(mesh.devices.size))
        self._start(next(self._steps_to_try))

    def _start(self, accumulation_steps: int) -> None:
        self.accumulation_steps = accumulation_steps
        lowering = concurrent.futures.ThreadPoolExecutor(1)  # tracing holds Python's lock
        compiling = concurrent.futures.ThreadPoolExecutor(max(1, default_workers() // 2))
        self._compiling: dict[Program, Any] = {}
        self._lowering: list[concurrent.futures.Future[Any]] = []
        first = programs_of_call(self.recipe.due(0), self._count_at(0))
        for programs in (first, [program for program in self._needed if program not in first]):
            for program in programs:
                traced = lowering.submit(self._lower, program, accumulation_steps)
                self._lowering.append(traced)
                self._compiling[program] = compiling.submit(_compiled, traced)
            if jax.process_count() == 1:  # the first step must not wait for tracing what it does not need
                started = list(self._compiling.values())
                self._lowering.append(lowering.submit(concurrent.futures.wait, started))
        for pool in (lowering, compiling):
            pool.shutdown(wait=False)  # the threads end when all are compiled

    def ready(self, *, nimg: int | None = None) -> Self:
        """Wait for compilation, with the fewest accumulation steps that fit; all processes call it together.

        Args:
            nimg: wait only for the programs of the call there, and for those with all penalties, which are
                the largest; others continue to compile. Ignored with several processes, which must agree.

        Raises: InputError: the step does not fit in device memory; the message names a batch that would.
        """
        available = available_bytes(self.mesh.local_mesh.devices.flat[0])
        while True:
            needed = self._needed
            if nimg is not None and jax.process_count() == 1:
                needed = self._programs_at(nimg)
            self.programs = {program: self._compiling[program].result() for program in needed}
            sizes = [needed_bytes(compiled) for compiled in self.programs.values()]
            self.needed_bytes = max((size for size in sizes if size is not None), default=None)
            too_large = self.needed_bytes is not None and self.needed_bytes > available
            if not any_process(too_large):  # the same number of accumulation steps in all processes
                return self
            if (steps := next(self._steps_to_try, None)) is None:
                raise InputError(self._too_large(available))
            self.cancel()
            self._start(steps)

    def cancel(self) -> None:
        """Cancel compilations that have not started."""
        for future in (*self._compiling.values(), *self._lowering):
            future.cancel()

    def __call__(self, state: Any, draw: Draw, nimg: int) -> tuple[Any, Metrics, int]:
        """Run iterations_per_dispatch iterations, or one where nimg is not a multiple of them and at the end.

        Returns: (state, summed metrics with counts, nimg after).
        """
        count, updates = self._count_at(nimg), self.recipe.due(nimg)
        programs = self.programs_of(updates, count)
        begun = time.monotonic()
        batch = draw(nimg, count)
        if self._newest is None or self._newest.is_ready():  # otherwise the device was busy
            self._idle_sec += time.monotonic() - begun
        metrics: Metrics = {}
        for program in programs:
            state, reported = program(state, *batch)
            metrics |= reported
        metrics = counted(metrics, self.recipe, updates) if count == 1 else metrics
        self._newest = metrics[self.recipe.losses[-1]]
        return state, metrics, nimg + count * self.recipe.batch_size

    def take_idle_sec(self) -> float:
        """Upper bound of the seconds that devices waited for images since the last call of this method."""
        idle, self._idle_sec = self._idle_sec, 0.0
        return idle

    def programs_of(self, updates: tuple[Update, ...], iterations: int) -> list[Any]:
        """The programs of a call, in order; waits for those that compile, and compiles new ones.

        Raises: InputError: one does not fit in device memory.
        """
        for program in (needed := programs_of_call(updates, iterations)):
            if program in self.programs:
                continue
            if (compiling := self._compiling.get(program)) is not None:
                compiled = compiling.result()
            else:
                compiled = self._lower(program, self.accumulation_steps).compile()
            self.programs[program] = compiled
            size, available = needed_bytes(compiled), available_bytes(self.mesh.local_mesh.devices.flat[0])
            self.needed_bytes = max(filter(None, (self.needed_bytes, size)), default=None)
            if size is not None and size > available:
                raise InputError(self._too_large(available))
        return [self.programs[program] for program in needed]

    def _count_at(self, nimg: int) -> int:
        """Iterations of the call at `nimg`."""
        size, full = self.recipe.batch_size, self.per_call
        fits = nimg // size % full == 0 and nimg + full * size <= self.config.total_nimg
        return full if fits else 1

    def _programs_at(self, nimg: int) -> list[Program]:
        """The programs of the calls at `nimg` and at 0, those that compile already."""
        calls = [programs_of_call(self.recipe.due(n), self._count_at(n)) for n in (0, nimg)]
        return [program for program in dict.fromkeys(itertools.chain(*calls)) if program in self._compiling]

    def _lower(self, program: Program, accumulation_steps: int) -> Any:
        return _lowered(self.recipe.traced, self.mesh, program, accumulation_steps, self._unroll)

    def _too_large(self, available: float) -> str:
        """Error message with a batch size that fits; temporaries grow with the batch, the state does not."""
        assert self.needed_bytes is not None
        program = max(self.programs.values(), key=lambda program: needed_bytes(program) or 0)
        batch, devices = self.recipe.batch_size, self.mesh.devices.size
        per_item = program.memory_analysis().temp_size_in_bytes / batch
        fitting = int(0.95 * (batch - (self.needed_bytes - available) / max(per_item, 1)))
        fitting = fitting // devices * devices
        needs = f"--batch-size {batch}: needs {_gb(self.needed_bytes)} of a device's {_gb(available)}"
        if fitting >= devices:
            more_steps = ", or try --accumulate auto" if self.recipe.can_accumulate else ""
            return f"{needs}; --batch-size {fitting} should fit{more_steps}"
        return f"{needs} at any batch size; set {self.recipe.smaller}, or use more devices --sharding fsdp"


@lru_cache(maxsize=16)
def _lowered(
    recipe: Recipe, mesh: Mesh, program: Program, accumulation_steps: int, unroll: bool
) -> jax.stages.Lowered:
    """The traced program, which compiles once: runs that differ in length or seed use the same."""
    where = split(mesh, axis=1)

    def batch(*shape: int, dtype: Any) -> Any:
        shape = (program.iterations, recipe.batch_size, *shape)
        return jax.ShapeDtypeStruct(shape, dtype, sharding=where)

    options: dict[str, Any] = {"accumulation_steps": accumulation_steps, "unroll": unroll}
    if program.iterations == 1:
        step = single_update(recipe, mesh, update=program.updates[0], **options)
    else:
        step = iterations(recipe, mesh, updates=program.updates, **options)
    reals = jax.tree.map(lambda leaf: batch(*leaf.shape, dtype=leaf.dtype), recipe.item)
    labels = batch(dtype=jnp.int32) if recipe.num_classes else None
    state = abstract_state(recipe, mesh)
    parts = (program, accumulation_steps, unroll)
    step = by_file(
        step,
        (state, reals, labels),
        tree=jax.tree.structure(state),
        mesh=mesh,
        owner=recipe,
        parts=parts,
    )
    return jit_step(step, recipe, mesh).lower(state, reals, labels)


def _compiled(traced: concurrent.futures.Future[jax.stages.Lowered]) -> Any:
    return traced.result().compile()


def programs_of_call(updates: tuple[Update, ...], iterations: int) -> list[Program]:
    """Programs of a call whose first iteration has these updates."""
    if iterations > 1:
        return [Program(updates, iterations)]
    return [Program((update,)) for update in updates]


def due_in_calls(recipe: Recipe, *, every: int) -> list[tuple[Update, ...]]:
    """Distinct updates of the first iterations of calls of `every` iterations."""
    size = recipe.batch_size
    return sorted({recipe.due(i * size) for i in range(0, recipe.cycle, every)}, reverse=True)


def _gb(size: float) -> str:
    return f"{size / 1e9:.3g} GB"
