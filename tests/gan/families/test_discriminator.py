"""The discriminator: items meet only within their minibatch group; features; classes."""

from functools import partial
from itertools import pairwise

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from gan.config import ProganConfig
from gan.families.discriminator import Discriminator, block_features
from tests.slow_cases import slow, slow_rows

WIDTHS = (8, 6, 4)  # base 2 x 2, images 8 x 8


def network(*, order="neighbours", **options) -> Discriminator:
    return Discriminator(
        ProganConfig(minibatch_group=4, minibatch_order=order), WIDTHS, jnp.float32, class_layers=2, **options
    )


def images(count: int, *, seed: int = 1) -> jax.Array:
    return jax.random.normal(jax.random.key(seed), (count, 8, 8, 1))


def initialised(net: Discriminator, labels=None):
    return jax.jit(net.init)(jax.random.key(0), images(8), labels)["params"]


@pytest.mark.parametrize(
    ("order", "group"), [("neighbours", [0, 1, 2, 3]), *slow_rows(("strided", [0, 2, 4, 6]))]
)
def test_an_item_changes_the_logits_of_its_minibatch_group_alone(order, group):
    net = network(order=order)
    params, logits = initialised(net), jax.jit(net.apply)
    batch = images(8)
    before = logits({"params": params}, batch)
    after = logits({"params": params}, batch.at[group[0]].multiply(3.0))
    np.testing.assert_array_equal(np.flatnonzero(before != after), group)


def test_the_logit_of_an_image_depends_on_how_varied_its_group_is():
    net = network()
    params = initialised(net)
    same = jnp.broadcast_to(images(1), (4, 8, 8, 1))
    apply = jax.jit(net.apply)
    alike, varied = (apply({"params": params}, x) for x in (same, same.at[1:].set(images(3, seed=2))))
    np.testing.assert_allclose(alike, alike[0], rtol=1e-5)
    assert abs(float(varied[0] - alike[0])) > 1e-4


@pytest.mark.slow
@pytest.mark.parametrize("classes", [3, *slow(0)])
def test_features_come_finest_first_each_item_alone(classes):
    net = network(num_classes=classes)
    params = initialised(net, jnp.zeros(8, jnp.int32) if classes else None)
    features = jax.jit(partial(block_features, net))
    batch = images(8)
    levels = features(params, batch)
    assert [level.shape for level in levels] == [(8, 8, 8, 4), (8, 4, 4, 6)]
    assert all(fine.shape[1] == 2 * coarse.shape[1] for fine, coarse in pairwise(levels))
    changed = features(params, batch.at[0].multiply(3.0))
    for level, other in zip(levels, changed, strict=True):
        np.testing.assert_array_equal(level[1:], other[1:])
        assert not np.array_equal(level[0], other[0])


def test_classes_are_judged_by_their_embedding():
    net = network(num_classes=3)
    labels = jnp.array([0, 1, 2, 0])
    params = initialised(net, jnp.zeros(8, jnp.int32))
    batch = images(4)
    apply = jax.jit(net.apply)
    first, second = (apply({"params": params}, batch, x) for x in (labels, labels.at[0].set(2)))
    assert (first.shape, first.dtype) == ((4,), jnp.float32)
    np.testing.assert_array_equal(np.flatnonzero(first != second), [0])  # labels do not meet in the group


def test_without_shortcuts_blocks_have_no_weights_for_them():
    def names(net):
        return set(jax.eval_shape(net.init, jax.random.key(0), images(8))["params"])

    assert names(network()) - names(network(residual=False)) == {"skip_1", "skip_2"}
