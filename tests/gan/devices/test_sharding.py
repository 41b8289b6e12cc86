"""Shardings cover every array, and batches are split and joined without loss."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.sharding import PartitionSpec

from data_prep.errors import InputError
from gan.devices.sharding import (
    AXIS,
    FSDP_SIZE,
    check_batch,
    join,
    make_mesh,
    part,
    replicated,
    split,
    split_steps,
    state_shardings,
)


@pytest.fixture(params=[1, 4])
def mesh(request):
    return make_mesh(devices=jax.devices()[: request.param])


def test_a_mesh_has_the_requested_devices_in_order():
    assert make_mesh().devices.size == len(jax.devices())
    assert list(make_mesh(devices=jax.devices()[2::-1]).devices) == jax.devices()[:3]


def test_large_leaves_are_split_along_their_largest_divisible_axis():
    mesh = make_mesh(devices=jax.devices()[:4])
    leaves = {"small": (4, 4), "odd": (63, 65), "tall": (128, 64), "wide": (64, 130, 32), "scalar": ()}
    state = {name: jax.ShapeDtypeStruct(shape, jnp.float32) for name, shape in leaves.items()}
    assert all(s == replicated(mesh) for s in state_shardings(state, mesh, kind="data").values())
    found = {name: s.spec for name, s in state_shardings(state, mesh, kind="fsdp").items()}
    assert found["small"] == found["odd"] == found["scalar"] == PartitionSpec()
    assert found["tall"] == found["wide"] == PartitionSpec(AXIS)
    assert 63 * 65 > FSDP_SIZE > 4 * 4


def test_joined_batches_come_apart_again(mesh):
    first, second = jnp.arange(16.0).reshape(8, 2), -jnp.arange(16.0).reshape(8, 2)
    split_again = jax.jit(lambda a, b: part(join(a, b, mesh), mesh))(first, second)
    for found, expected in zip(split_again, (first, second), strict=True):
        np.testing.assert_array_equal(found, expected)


def test_steps_take_every_item_once_from_every_device(mesh):
    x = jax.device_put(jnp.arange(16), split(mesh))
    steps = np.asarray(jax.jit(lambda x: split_steps(x, mesh, steps=2))(x))
    assert steps.shape == (2, 8)
    assert sorted(steps.ravel()) == list(range(16))
    block = 16 // mesh.devices.size
    for step in steps:
        assert list(np.bincount(step // block)) == [block // 2] * mesh.devices.size


def test_batches_that_do_not_fit_raise_with_those_that_do():
    mesh = make_mesh(devices=jax.devices()[:4])
    check_batch(8, mesh)
    with pytest.raises(InputError, match=r"--batch-size 6 .* take 4 or 8"):
        check_batch(6, mesh)
    with pytest.raises(InputError, match=r"take 4$"):
        check_batch(3, mesh)
