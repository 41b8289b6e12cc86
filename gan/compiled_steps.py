"""Compiled training steps: the programs of a run, and their device memory."""

import concurrent.futures
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
from gan.distributed import any_process
from gan.recipes.recipe import Metrics, Recipe, Update
from gan.sharding import on_cpu, split
from gan.state import abstract_state
from gan.step import counted, jit_train_step, jit_update

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

    All programs of a run are compiled before the first step, concurrently, one for every two cores (the
    compiler uses more than one core per program), while the next one is traced. A single iteration is one
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
        self._needed = sorted({p for updates in due for p in programs_of_call(updates, self.per_call)})
        self.programs: dict[Program, Any] = {}
        self.needed_bytes: int | None = None
        self._steps_to_try = iter(recipe.accumulation_steps(mesh.devices.size))
        self._start(next(self._steps_to_try))

    def _start(self, accumulation_steps: int) -> None:
        self.accumulation_steps = accumulation_steps
        lowering = concurrent.futures.ThreadPoolExecutor(1)  # tracing holds Python's lock
        compiling = concurrent.futures.ThreadPoolExecutor(max(1, default_workers() // 2))
        lowered = {program: lowering.submit(self._lower, program) for program in self._needed}
        self._compiling = {
            program: compiling.submit(lambda traced: traced.result().compile(), traced)
            for program, traced in lowered.items()
        }
        for pool in (lowering, compiling):
            pool.shutdown(wait=False)  # the threads end when all are compiled

    def ready(self) -> Self:
        """Wait for compilation, with the fewest accumulation steps that fit; all processes call it together.

        Raises: InputError: the step does not fit in device memory; the message names a batch that would.
        """
        available = available_bytes(self.mesh.local_mesh.devices.flat[0])
        while True:
            self.programs = {program: future.result() for program, future in self._compiling.items()}
            sizes = [needed_bytes(compiled) for compiled in self.programs.values()]
            self.needed_bytes = max((size for size in sizes if size is not None), default=None)
            too_large = self.needed_bytes is not None and self.needed_bytes > available
            if not any_process(too_large):  # the same number of accumulation steps in all processes
                return self
            if (steps := next(self._steps_to_try, None)) is None:
                raise InputError(self._too_large(available))
            self._start(steps)

    def cancel(self) -> None:
        """Cancel compilations that have not started."""
        for future in self._compiling.values():
            future.cancel()

    def __call__(self, state: Any, draw: Draw, nimg: int) -> tuple[Any, Metrics, int]:
        """Run iterations_per_dispatch iterations, or one where nimg is not a multiple of them and at the end.

        Returns: (state, summed metrics with counts, nimg after).
        """
        size, full = self.recipe.batch_size, self.per_call
        fits = nimg // size % full == 0 and nimg + full * size <= self.config.total_nimg
        count, updates = full if fits else 1, self.recipe.due(nimg)
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
        return state, metrics, nimg + count * size

    def take_idle_sec(self) -> float:
        """Upper bound of the seconds that devices waited for images since the last call of this method."""
        idle, self._idle_sec = self._idle_sec, 0.0
        return idle

    def programs_of(self, updates: tuple[Update, ...], iterations: int) -> list[Any]:
        """The programs of a call, in order; compiled now if they are new."""
        for program in (needed := programs_of_call(updates, iterations)):
            if program not in self.programs:
                self.programs[program] = self._lower(program).compile()
        return [self.programs[program] for program in needed]

    def _lower(self, program: Program) -> Any:
        return _lowered(self.recipe.traced, self.mesh, program, self.accumulation_steps, self._unroll)

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
        (update,) = program.updates
        step = jit_update(recipe, mesh, update=update, **options)
    else:
        step = jit_train_step(recipe, mesh, updates=program.updates, **options)
    reals = jax.tree.map(lambda leaf: batch(*leaf.shape, dtype=leaf.dtype), recipe.item)
    labels = batch(dtype=jnp.int32) if recipe.num_classes else None
    return step.lower(abstract_state(recipe, mesh), reals, labels)


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
