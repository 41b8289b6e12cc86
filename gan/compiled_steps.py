"""Compiled training steps: which programs the next call runs, and whether they fit in device memory."""

import concurrent.futures
import dataclasses
import math
import os
import time
from collections.abc import Iterable
from typing import Any, Self

import jax
import jax.numpy as jnp
from jax.sharding import Mesh

from data_prep.errors import InputError
from data_prep.workers import default_workers
from gan.choice import AUTO
from gan.config import TrainConfig
from gan.data.reals import Draw
from gan.distributed import any_process
from gan.families import Family
from gan.sharding import split
from gan.state import TrainState
from gan.step import (
    Due,
    Metrics,
    counted,
    due,
    make_discriminator_update,
    make_generator_update,
    make_train_step,
)

SHARE = 0.92  # of a device's memory that a program may take: the rest is the runtime's


def needed_bytes(compiled: Any) -> int | None:
    """What one device needs to run a compiled program: arguments, results and temporaries, less what is
    donated. None where the compiler does not tell."""
    memory = compiled.memory_analysis()
    if memory is None:
        return None
    held = memory.argument_size_in_bytes + memory.output_size_in_bytes - memory.alias_size_in_bytes
    return int(held + memory.temp_size_in_bytes)


def available_bytes(device: jax.Device) -> float:
    """Memory that programs may take on a device: a share of what it has, of the host's for CPU devices."""
    limit = (device.memory_stats() or {}).get("bytes_limit")
    if limit is None and device.platform == "cpu":
        host = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
        limit = host / len([d for d in jax.local_devices() if d.platform == "cpu"])
    return math.inf if limit is None else SHARE * limit


Part = tuple[int, str, Due]  # a program: iterations, which networks it updates, penalties that it carries


class Dispatcher:
    """Runs training steps: one iteration a call, as two programs, or several in one program.

    All programs that a run needs (which lazy penalties are due?) are compiled before the first step, one for
    every two cores at a time, as the compiler uses more than one for each, while the next one is traced. An
    iteration by itself is cut in two because two discriminator and two generator updates take less compiling
    than every combination of them. On CPU every call is one iteration: that makes a run the same, bit for
    bit, whatever --iterations-per-dispatch and wherever it was interrupted. `per_call` says otherwise.

    Compiling begins at once, in the background: make the state meanwhile, then ask whether it is `ready`.

    Attributes:
        rounds: in which each batch is worked off: config.accumulate, or as few as fit the devices.
        needed_bytes: of a device's memory, for the largest program; None if the compiler does not tell.
        programs: what is compiled.

    Raises: InputError: --accumulate does not divide the batch.
    """

    def __init__(
        self,
        family: Family,
        config: TrainConfig,
        mesh: Mesh,
        abstract: TrainState,
        *,
        per_call: int | None = None,
    ) -> None:
        self.family, self.config, self.mesh, self.abstract = family, config, mesh, abstract
        self._waited_sec = 0.0
        self._newest: Any = None  # a result of the last call
        on_cpu = jax.default_backend() == "cpu"
        self.full = full = per_call or (1 if on_cpu else config.iterations_per_dispatch)
        self._parts = sorted(
            {part for kind in kinds_due(config, every=full) for part in parts_of(full, kind)}
        )
        self.programs: dict[Part, Any] = {}
        self.needed_bytes: int | None = None
        self._rounds_left = iter(rounds_to_try(config, mesh))
        self._begin(next(self._rounds_left))

    def _begin(self, rounds: int) -> None:
        self.rounds = rounds
        lowering = concurrent.futures.ThreadPoolExecutor(1)  # tracing holds Python's lock
        compiling = concurrent.futures.ThreadPoolExecutor(max(1, default_workers() // 2))
        lowered = {part: lowering.submit(self._lower, part) for part in self._parts}
        self._compiling = {
            part: compiling.submit(lambda ready: ready.result().compile(), ready)
            for part, ready in lowered.items()
        }
        for pool in (lowering, compiling):
            pool.shutdown(wait=False)  # once all are compiled

    def ready(self) -> Self:
        """Wait until all is compiled, in as few rounds as fit; all processes must ask at the same point.

        Raises: InputError: the step does not fit the devices' memory; the message names a batch that would.
        """
        available = available_bytes(self.mesh.local_mesh.devices.flat[0])
        while True:
            self.programs = {part: program.result() for part, program in self._compiling.items()}
            sizes = [needed_bytes(program) for program in self.programs.values()]
            self.needed_bytes = max((size for size in sizes if size is not None), default=None)
            too_large = self.needed_bytes is not None and self.needed_bytes > available
            if not any_process(too_large):  # all work batches off in as many rounds
                return self
            if (rounds := next(self._rounds_left, None)) is None:
                raise InputError(self._too_large(available))
            self._begin(rounds)

    def cancel(self) -> None:
        """Compile nothing more: it will not be asked for."""
        for program in self._compiling.values():
            program.cancel()

    def __call__(self, state: TrainState, draw: Draw, nimg: int) -> tuple[TrainState, Metrics, int]:
        """Run iterations_per_dispatch iterations, or one where so many do not fit: before the first multiple
        of them, and at the end. Returns (state, summed metrics, nimg after)."""
        size, full = self.config.batch_size, self.full
        fits = nimg // size % full == 0 and nimg + full * size <= self.config.total_nimg
        count, kind = full if fits else 1, due(nimg, self.config)
        programs = self.programs_of(count, kind)
        begun = time.monotonic()
        batch = draw(nimg, count)
        if self._newest is None or self._newest.is_ready():  # else the device was busy meanwhile
            self._waited_sec += time.monotonic() - begun
        if count > 1:
            state, metrics = programs[0](state, *batch)
        else:
            state, d_metrics = programs[0](state, *batch)
            state, g_metrics = programs[1](state, batch[1])
            metrics = counted(d_metrics | g_metrics, kind)
        self._newest = metrics["loss_g"]
        return state, metrics, nimg + count * size

    def take_waited_sec(self) -> float:
        """How long the devices have stood idle for want of images since this was last asked, at most."""
        waited, self._waited_sec = self._waited_sec, 0.0
        return waited

    def programs_of(self, count: int, penalties: Due) -> list[Any]:
        """The programs of a call, in their order, compiled now if they were not needed before."""
        for part in (parts := parts_of(count, penalties)):
            if part not in self.programs:
                self.programs[part] = self._lower(part).compile()
        return [self.programs[part] for part in parts]

    def _lower(self, part: Part) -> Any:
        count, networks, penalties = part
        where = split(self.mesh, axis=1)

        def batch(*shape: int, dtype: Any) -> Any:
            return jax.ShapeDtypeStruct((count, self.config.batch_size, *shape), dtype, sharding=where)

        config = dataclasses.replace(self.config, accumulate=self.rounds)
        labels = batch(dtype=jnp.int32) if self.family.num_classes else None
        reals = batch(*self.family.shape, dtype=jnp.uint8)
        if networks == "generator":
            step = make_generator_update(self.family, config, self.mesh, with_path=penalties.path)
            return step.lower(self.abstract, labels)
        if networks == "discriminator":
            step = make_discriminator_update(self.family, config, self.mesh, with_r1=penalties.r1)
        else:
            step = make_train_step(self.family, config, self.mesh, penalties=penalties)
        return step.lower(self.abstract, reals, labels)

    def _too_large(self, available: float) -> str:
        """The batch that would fit: temporaries grow with it, the state does not."""
        assert self.needed_bytes is not None
        program = max(self.programs.values(), key=lambda program: needed_bytes(program) or 0)
        batch, devices = self.config.batch_size, self.mesh.devices.size
        per_item = program.memory_analysis().temp_size_in_bytes / batch
        fitting = int(0.95 * (batch - (self.needed_bytes - available) / max(per_item, 1)))
        fitting = fitting // devices * devices
        needs = f"a step of batch {batch} needs {_gb(self.needed_bytes)} of a device's {_gb(available)}"
        if fitting >= devices:
            rounds = ", or --accumulate auto works it off in rounds"
            strided = self.config.network.minibatch_order == "strided"  # one round only
            return f"{needs}; --batch-size {fitting} should fit{'' if strided else rounds}"
        own = getattr(self.config.network, "has_own_widths", False)
        flags = "smaller --generator-widths and --discriminator-widths"
        narrower = flags if own else "a smaller --channel-base"
        return f"{needs}, whatever the batch; give {narrower}, or more devices --sharding fsdp"


def parts_of(count: int, penalties: Due) -> list[Part]:
    """The programs that make up a call of `count` iterations."""
    if count > 1:
        return [(count, "both", penalties)]
    r1, path = Due(r1=penalties.r1), Due(path=penalties.path)
    return [(1, "discriminator", r1), (1, "generator", path)]


def kinds_due(config: TrainConfig, *, every: int) -> list[Due]:
    """The combinations of penalties that calls of `every` iterations begin with."""
    cycle = math.lcm(config.r1_interval, config.path_interval)
    return sorted({due(i * config.batch_size, config) for i in range(0, cycle, every)}, reverse=True)


def rounds_to_try(config: TrainConfig, mesh: Mesh) -> Iterable[int]:
    """The given number of rounds; "auto": all that keep the discriminator's groups whole, fewest first.

    Strided groups reach across the batch: in rounds they would be other groups, so there is one round only.

    Raises: InputError: a device's share of the batch cannot be worked off in so many rounds.
    """
    share = config.batch_size // mesh.devices.size
    group = math.gcd(share, config.network.minibatch_group)
    strided = config.network.minibatch_order == "strided"
    possible = [r for r in range(1, 2 if strided else share // group + 1) if share // group % r == 0]
    if strided and config.accumulate not in (1, AUTO):
        raise InputError(
            f"--accumulate {config.accumulate}: with --minibatch-order strided a batch is worked off in one "
            "round; give --accumulate 1, or --minibatch-order neighbours"
        )
    if config.accumulate == AUTO:
        return possible
    if config.accumulate not in possible:
        raise InputError(
            f"--accumulate {config.accumulate}: batch {config.batch_size} on {mesh.devices.size} devices "
            f"in groups of {group} takes {', '.join(map(str, possible))}"
        )
    return [config.accumulate]


def _gb(size: float) -> str:
    return f"{size / 1e9:.3g} GB"
