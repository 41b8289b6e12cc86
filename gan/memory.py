"""Does a training step fit its devices? Asked of the compiled program, before the first step."""

import math
import os
from typing import Any

import jax

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
