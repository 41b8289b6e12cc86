"""Compiled training steps: which program the next call runs, and whether it fits its devices."""

import concurrent.futures
import dataclasses
import math
import time
from collections.abc import Iterable
from typing import Any

import jax
import jax.numpy as jnp
from jax.sharding import Mesh

from data_prep.errors import InputError
from gan.choice import AUTO
from gan.config import TrainConfig
from gan.families import Family
from gan.memory import available_bytes, needed_bytes
from gan.reals import Draw
from gan.sharding import split
from gan.state import TrainState
from gan.step import Due, Metrics, due, make_train_step


class Dispatcher:
    """Runs training steps, several iterations a call.

    The variants (which lazy penalties are due) are compiled at once, in threads, before the first step. On
    CPU every call is one iteration: that makes a run the same, bit for bit, whatever
    --iterations-per-dispatch and wherever it was interrupted. `per_call` says otherwise.

    Attributes:
        rounds: in which each batch is worked off: config.accumulate, or as few as fit the devices.
        needed_bytes: of a device's memory, for the largest program; None if the compiler does not tell.
        programs: the compiled variants, by (iterations, penalties).

    Raises: InputError: the step does not fit the devices' memory; the message names a batch that would.
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
        kinds = kinds_due(config, every=full)
        available = available_bytes(mesh.local_mesh.devices.flat[0])
        for rounds in rounds_to_try(config, mesh):
            self.rounds = rounds
            with concurrent.futures.ThreadPoolExecutor() as pool:
                compiled = pool.map(lambda kind: self._compile(full, kind), kinds)
                self.programs = {(full, kind): program for kind, program in zip(kinds, compiled, strict=True)}
            sizes = [needed_bytes(program) for program in self.programs.values()]
            self.needed_bytes = max((size for size in sizes if size is not None), default=None)
            if self.needed_bytes is None or self.needed_bytes <= available:
                return
        raise InputError(self._too_large(available))

    def __call__(self, state: TrainState, draw: Draw, nimg: int) -> tuple[TrainState, Metrics, int]:
        """Run up to iterations_per_dispatch iterations; returns (state, summed metrics, nimg after)."""
        size, full = self.config.batch_size, self.full
        count = min(full - nimg // size % full, -(-(self.config.total_nimg - nimg) // size))
        variant = (count, due(nimg, self.config))
        if variant not in self.programs:  # a short call: the first after a change of settings, or the last
            self.programs[variant] = self._compile(*variant)
        begun = time.monotonic()
        batch = draw(nimg, count)
        if self._newest is None or self._newest.is_ready():  # else the device was busy meanwhile
            self._waited_sec += time.monotonic() - begun
        state, metrics = self.programs[variant](state, *batch)
        self._newest = metrics["loss_g"]
        return state, metrics, nimg + count * size

    def take_waited_sec(self) -> float:
        """How long the devices have stood idle for want of images since this was last asked, at most."""
        waited, self._waited_sec = self._waited_sec, 0.0
        return waited

    def _compile(self, count: int, penalties: Due) -> Any:
        where = split(self.mesh, axis=1)

        def batch(*shape: int, dtype: Any) -> Any:
            return jax.ShapeDtypeStruct((count, self.config.batch_size, *shape), dtype, sharding=where)

        config = dataclasses.replace(self.config, accumulate=self.rounds)
        step = make_train_step(self.family, config, self.mesh, penalties=penalties)
        labels = batch(dtype=jnp.int32) if self.family.num_classes else None
        return step.lower(self.abstract, batch(*self.family.shape, dtype=jnp.uint8), labels).compile()

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
            return f"{needs}; --batch-size {fitting} should fit, or --accumulate auto works it off in rounds"
        return f"{needs}, whatever the batch; give a smaller --channel-base, or more devices --sharding fsdp"


def kinds_due(config: TrainConfig, *, every: int) -> list[Due]:
    """The combinations of penalties that calls of `every` iterations begin with."""
    cycle = math.lcm(config.r1_interval, config.path_interval)
    return sorted({due(i * config.batch_size, config) for i in range(0, cycle, every)}, reverse=True)


def rounds_to_try(config: TrainConfig, mesh: Mesh) -> Iterable[int]:
    """The given number of rounds; "auto": all that keep the discriminator's groups whole, fewest first.

    Raises: InputError: a device's share of the batch cannot be worked off in so many rounds.
    """
    share = config.batch_size // mesh.devices.size
    group = math.gcd(share, config.network.minibatch_group)
    possible = [r for r in range(1, share // group + 1) if share // group % r == 0]
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
