"""Pages that stay, and memory that is full."""

import platform
import subprocess
import sys

import jax
import pytest

from data_prep.errors import WorkError
from fill.memory import told_when_full

PROGRAM = """
import resource
import numpy as np
from fill.memory import keep_pages

def faults():
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    np.empty(48 << 20, np.uint8).fill(1)
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before

if {keep}:
    keep_pages()
print(faults(), faults())
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc can be told")
def test_pages_of_large_arrays_are_kept():
    def counted(keep):
        done = subprocess.run(
            [sys.executable, "-c", PROGRAM.format(keep=keep)], capture_output=True, text=True, check=True
        )
        return [int(number) for number in done.stdout.split()]

    first, second = counted(True)
    assert second < first / 4
    first, second = counted(False)
    assert second > first / 2


FULL = "12 images do not fit .* try a smaller --batch"


@pytest.mark.parametrize(
    ("given", "error", "message"),
    [
        (jax.errors.JaxRuntimeError("RESOURCE_EXHAUSTED: no room"), WorkError, FULL),
        (MemoryError("Unable to allocate 1 TiB"), WorkError, FULL),
        (jax.errors.JaxRuntimeError("INTERNAL: something else"), jax.errors.JaxRuntimeError, "INTERNAL"),
    ],
)
def test_full_memory_names_the_flag(given, error, message):
    with pytest.raises(error, match=message), told_when_full(12):
        raise given
