"""Batches of one shape: results do not depend on the batch size."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from gan.devices.batching import iter_batches, map_in_batches, pad_batch


@pytest.mark.parametrize("batch", [1, 3, 7, 10])
@pytest.mark.parametrize("xp", [np, jnp])
def test_equals_one_call_whatever_the_batch(batch, xp):
    x = xp.arange(14.0).reshape(7, 2)
    found = map_in_batches(lambda part: part * 2, x, batch=batch)
    assert isinstance(found, np.ndarray)
    np.testing.assert_array_equal(found, np.asarray(x) * 2)


def test_trees_in_and_out_and_every_call_has_one_shape():
    seen = []

    def fn(part):
        seen.append(part["a"].shape)
        return {"sum": part["a"].sum(1) + part["b"], "b": part["b"]}

    x = {"a": np.arange(10).reshape(5, 2), "b": np.arange(5), "none": None}
    found = map_in_batches(fn, x, batch=2)
    assert seen == [(2, 2)] * 3
    np.testing.assert_array_equal(found["sum"], x["a"].sum(1) + x["b"])
    np.testing.assert_array_equal(found["b"], x["b"])


def test_parts_come_one_by_one():
    calls = []
    parts = iter_batches(lambda part: calls.append(0) or part, np.arange(5), batch=2)
    assert calls == []
    assert [part.tolist() for part in parts] == [[0, 1], [2, 3], [4]]


def test_keys_are_padded_too():
    keys = jax.random.split(jax.random.key(0), 3)
    found = map_in_batches(jax.vmap(jax.random.bits), keys, batch=2)
    np.testing.assert_array_equal(found, np.asarray(jax.vmap(jax.random.bits)(keys)))


def test_padding_repeats_the_last_item():
    assert pad_batch(np.array([4, 5]), size=4).tolist() == [4, 5, 5, 5]
    whole = np.arange(3)
    assert pad_batch(whole, size=3) is whole
