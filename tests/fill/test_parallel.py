"""Parts of a batch on several cores give the same bits; freed memory is reused, lack of it reported."""

import platform
import subprocess
import sys

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.dtypes import TypePromotionError
from jax.sharding import NamedSharding, PartitionSpec

from data_prep.errors import WorkError
from fill import parallel
from fill.config import BlobConfig, SpecConfig
from fill.palette import from_hex
from fill.parallel import explain_out_of_memory
from fill.pipeline import _fill_batch, fill_blob, flat_pins
from fill.specimen import fill_spec
from tests.fill.conftest import draw_specimen
from tests.slow_cases import slow

KEY = jax.random.key(5)
PALETTE = from_hex(["#000000", "#ffffff", "#d03020", "#2060a0"])


@pytest.fixture(scope="module")
def images(drawing):
    return np.stack([np.roll(drawing, 7 * i, axis=0) for i in range(5)])


@pytest.mark.parametrize("count", [2, *slow(1, 3, 5)])
@pytest.mark.parametrize("kind", [np.asarray, jnp.asarray])
def test_the_parts_change_no_bit(images, count, kind):
    ids, limits = np.arange(5, dtype=np.uint32), np.array([160, 100, 160, 200, 160], np.int32)

    def fill(images, ids, limits):
        pins = flat_pins(None, (len(images),))
        return _fill_batch(KEY, images, ids, limits, pins, PALETTE, BlobConfig())

    whole = fill(images, ids, limits)
    np.testing.assert_array_equal(parallel.over_cores(fill, kind(images), ids, limits, parts=count), whole)


def test_every_row_is_done_once_and_programs_are_of_one_size():
    seen = []

    def double(rows, more):
        seen.append((len(rows), len(more)))
        return jnp.asarray(rows) * 2, {"more": jnp.asarray(more)}

    numbers = np.arange(7 * 2).reshape(7, 2)
    doubled, rest = parallel.over_cores(double, numbers, numbers[:, :1], parts=3)
    np.testing.assert_array_equal(doubled, 2 * numbers)
    np.testing.assert_array_equal(rest["more"], numbers[:, :1])
    assert seen == [(3, 3)] * 3


def test_large_batches_are_split(images, monkeypatch):
    monkeypatch.setattr(parallel, "default_workers", lambda: 3)
    rows = []

    def note(images):
        rows.append(len(images))
        return jnp.asarray(images)

    parallel.over_cores(note, images)
    assert rows == [5]  # too small
    monkeypatch.setattr(parallel, "LEAST_PX", images[0].size)
    parallel.over_cores(note, images)
    assert rows[1:] == [2, 2, 2]
    parallel.over_cores(note, images[:1])
    assert rows[4:] == [1]
    mesh = jax.make_mesh((5,), ("data",), devices=jax.devices()[:5])
    parallel.over_cores(note, jax.device_put(images, NamedSharding(mesh, PartitionSpec("data"))))
    assert rows[5:] == [5]
    jax.eval_shape(lambda images: parallel.over_cores(note, images), images)
    assert rows[6:] == [5]


@pytest.mark.slow
def test_fill_blob_takes_all_cores(images, monkeypatch):
    whole = fill_blob(KEY, images, PALETTE, BlobConfig())
    monkeypatch.setattr(parallel, "LEAST_PX", 1)
    monkeypatch.setattr(parallel, "default_workers", lambda: 3)
    np.testing.assert_array_equal(fill_blob(KEY, images, PALETTE, BlobConfig()), whole)
    under_jit = jax.jit(
        lambda key: fill_blob(key, images, PALETTE, BlobConfig())
    )  # the images are not traced
    np.testing.assert_array_equal(under_jit(KEY), whole)


@pytest.mark.slow
def test_fill_spec_takes_all_cores(monkeypatch):
    specimens = np.stack([np.where(draw_specimen(64, seed=i), 0, 255) for i in range(3)])
    specimens = specimens.astype(np.uint8)[..., None]
    whole = fill_spec(KEY, specimens, PALETTE, SpecConfig())
    monkeypatch.setattr(parallel, "LEAST_PX", 1)
    monkeypatch.setattr(parallel, "default_workers", lambda: 2)
    np.testing.assert_array_equal(fill_spec(KEY, specimens, PALETTE, SpecConfig()), whole)


def test_thread_local_settings_apply_in_every_part():
    def add(rows):
        return jnp.asarray(rows) + jnp.zeros(rows.shape, jnp.int8)  # refused where promotion is strict

    numbers = np.full((6, 1), 1 << 40)
    with jax.enable_x64(True), jax.numpy_dtype_promotion("standard"):
        np.testing.assert_array_equal(parallel.over_cores(add, numbers, parts=3), numbers)
    with pytest.raises(TypePromotionError):  # in the same threads, and no longer
        parallel.over_cores(add, np.ones((6, 1), np.int32), parts=3)


def test_errors_of_parts_are_raised():
    def fail(rows):
        raise ValueError(f"{len(rows)} rows")

    with pytest.raises(ValueError, match="2 rows"):
        parallel.over_cores(fail, np.zeros((4, 3, 3)), parts=2)


PROGRAM = """
import resource
import numpy as np
from fill.parallel import reuse_freed_memory

def faults():
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    np.empty(48 << 20, np.uint8).fill(1)
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before

if {keep}:
    reuse_freed_memory()
print(faults(), faults())
"""


@pytest.mark.slow
@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="requires glibc")
def test_memory_of_large_arrays_is_reused():
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
    with pytest.raises(error, match=message), explain_out_of_memory(12):
        raise given
