"""Updates with the relativistic loss, R2 and schedules, on networks that compile at once."""

from functools import cache, partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from configs.gan.tiny import CONFIG
from gan import losses
from gan.config import FieldConfig, replace
from gan.devices.sharding import make_mesh
from gan.families.field import Field
from gan.recipes import adversarial_updates
from gan.recipes.adversarial import Adversarial
from gan.recipes.adversarial_state import TrainState
from gan.recipes.recipe import Update
from gan.runs.checkpoint import Checkpoints
from gan.steps.state import abstract_state, make_state
from gan.steps.step import jit_train_step, means
from tests.gan.dense_family import DenseFamily
from tests.slow_cases import slow_rows

FAMILY = DenseFamily()
CONSTANT = replace(CONFIG, compute_dtype="float32", r1_interval=2, symmetries="mirror")
CONSTANT = replace(CONSTANT, loss="relativistic", r2_gamma="same")
SCHEDULED = replace(
    CONSTANT, r1_gamma_final=0.1, learning_rate_final=0.0001, beta2=0.9, beta2_final=0.99, schedule_nimg=24
)
SCHEDULED = replace(SCHEDULED, ema_halflife_nimg_final=8)


def batches(count, *, size=8):
    rng = np.random.default_rng(3)
    return rng.integers(0, 256, (count, size, *FAMILY.shape), dtype=np.uint8)


@cache
def program(config, devices, updates, steps):
    mesh = make_mesh(devices=jax.devices()[:devices])
    return jit_train_step(
        Adversarial(config, FAMILY), mesh, updates=updates, accumulation_steps=steps, unroll=True
    )


def run(config, *, devices=1, steps=1, state=None, iterations=(0, 1, 2)) -> tuple[TrainState, list[dict]]:
    recipe, reported = Adversarial(config, FAMILY), []
    state = make_state(recipe, make_mesh(devices=jax.devices()[:devices])) if state is None else state
    for i in iterations:
        due = recipe.due(i * 8)
        state, metrics = program(config, devices, due, steps)(state, batches(3)[i][None], None)
        reported.append(means(jax.device_get(metrics), recipe))
    return state, reported


def arrays(state):
    return [np.asarray(leaf) for leaf in jax.tree.leaves(state.replace(key=jax.random.key_data(state.key)))]


@pytest.mark.slow
def test_pairs_do_not_depend_on_devices_and_accumulation():
    config = replace(CONSTANT, minibatch_group=1)
    (one, reported), (other, others) = (run(config, devices=n, steps=n, iterations=(0,)) for n in (1, 2))
    for a, b in zip(arrays(one), arrays(other), strict=True):
        np.testing.assert_allclose(a, b, rtol=2e-3, atol=1e-5)
    for a, b in zip(reported, others, strict=True):
        assert a == pytest.approx(b, rel=1e-3, abs=1e-5)


@pytest.mark.slow
def test_metrics_name_r2_where_it_is_due_and_what_is_scheduled():
    _, reported = run(SCHEDULED)
    assert ["penalty_r2" in metrics for metrics in reported] == [True, False, True]
    ends = {"r1_gamma": (1.0, 0.1), "learning_rate": (0.002, 0.0001), "beta2": (0.9, 0.99)}
    for name, (initial, final) in (ends | {"ema_halflife_nimg": (64, 8)}).items():
        left = (1 + np.cos(np.pi * np.arange(3) / 3)) / 2
        values = [metrics[name] for metrics in reported]
        np.testing.assert_allclose(values, final + (initial - final) * left, rtol=1e-5)
    plain = run(replace(CONFIG, compute_dtype="float32", r1_interval=2))[1]
    assert not plain[0].keys() & {"penalty_r2", *ends, "ema_halflife_nimg"}
    assert all("margin" in metrics for metrics in reported + plain)


def test_a_restored_run_goes_on_with_the_same_bits_amid_schedules(tmp_path):
    whole, _ = run(SCHEDULED)
    state, _ = run(SCHEDULED, iterations=(0, 1))
    with Checkpoints(tmp_path, keep_latest=1, keep_every_nimg=0) as checkpoints:
        checkpoints.save(state, 16)
    mesh = make_mesh(devices=jax.devices()[:1])
    restored, nimg, _ = checkpoints.restore(abstract_state(Adversarial(SCHEDULED, FAMILY), mesh))
    assert nimg == 16
    again, _ = run(SCHEDULED, state=restored, iterations=(2,))
    for a, b in zip(arrays(whole), arrays(again), strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.fixture
def recorded(monkeypatch):
    """Calls of symmetries and augmentation, which leave images as they are; run updates without jit."""
    calls = {"symmetries": [], "augment": []}

    def random_symmetries(key, images, items, *, kind):
        calls["symmetries"].append((key, images, items))
        return images

    def augment(key, images, p, *, items, config):
        calls["augment"].append((key, images, items))
        return images

    monkeypatch.setattr(adversarial_updates, "random_symmetries", random_symmetries)
    monkeypatch.setattr(adversarial_updates, "augment", augment)
    return calls


def update(config, index, *, lazy=False):
    """One update without jit, of a state at nimg 8."""
    recipe = Adversarial(config, FAMILY)
    state = recipe.init_state(jax.random.key(1)).replace(nimg=jnp.int32(8))
    options = {"accumulation_steps": 1, "unroll": True, "mesh": None}
    name = recipe.due(0)[index].name
    return recipe.update(Update(name, lazy), state, batches(1)[0], None, **options)


def same_draws(a, b):
    """Whether two recorded calls have equal keys, images and items."""
    keys = (np.asarray(jax.random.key_data(call[0])) for call in (a, b))
    pairs = [keys, *zip(a[1:], b[1:], strict=True)]
    return all(np.array_equal(*pair) for pair in pairs)


@pytest.mark.slow
def test_the_generator_is_compared_with_the_reals_that_the_discriminator_saw(recorded):
    """With the same symmetries and augmentation; the logistic loss takes no reals there."""
    update(CONSTANT, 0)
    (symmetries,), (real, _) = recorded["symmetries"], recorded["augment"]
    for calls in recorded.values():
        calls.clear()
    update(CONSTANT, 1)
    assert same_draws(symmetries, recorded["symmetries"][0])
    generated, compared = recorded["augment"]
    assert same_draws(real, compared)
    assert not same_draws(real, generated)
    for calls in recorded.values():
        calls.clear()
    update(replace(CONSTANT, loss="logistic"), 1)
    assert (len(recorded["symmetries"]), len(recorded["augment"])) == (0, 1)


@pytest.mark.parametrize(
    ("changes", "weights"),
    [
        ({"r1_gamma": 4.0, "r1_interval": 3, "r2_gamma": 2.0}, (6.0, 3.0)),
        ({"r1_gamma": 4.0, "r1_gamma_final": 0.0, "schedule_nimg": 16, "r1_interval": 2}, (2.0, 2.0)),
        *slow_rows(
            ({"r1_gamma": 4.0, "r1_interval": 3, "r2_gamma": 0.0}, (6.0, None)),
            ({"r1_gamma": 4.0, "r1_interval": 1, "r2_gamma": "same"}, (2.0, 2.0)),
        ),
    ],
)
def test_penalties_weigh_half_of_gamma_times_the_interval(recorded, monkeypatch, changes, weights):
    """At nimg 8, half of the schedule of 16 images."""
    found, plain = [], losses.discriminator_loss

    def discriminator_loss(*args, **options):
        found.append((options["r1_weight"], options["r2_weight"]))
        return plain(*args, **options)

    monkeypatch.setattr(losses, "discriminator_loss", discriminator_loss)
    for lazy in (True, False):
        update(replace(CONSTANT, **changes), 0, lazy=lazy)
    assert found[0] == pytest.approx(weights)
    assert found[1] == (None, None)


def test_both_updates_see_the_same_parts_of_real_images():
    """Offsets are drawn from the number of the item alone."""
    family = Field(
        FieldConfig(cell_px=4, crop_px=8, channel_base=64, channel_max=2), (16, 16, 1), jnp.float32
    )
    state = TrainState(jnp.int32(40), jax.random.key(0), *[None] * 7)
    items = jnp.arange(40, 72)
    ramp = np.broadcast_to(np.arange(256, dtype=np.uint8).reshape(1, 16, 16, 1), (32, 16, 16, 1))
    seen = partial(adversarial_updates._seen, state, family=family, config=CONFIG)
    parts = np.rint(np.asarray(seen(jnp.asarray(ramp), items)) * 127.5 + 127.5).astype(int)
    corners = parts[:, 0, 0, 0]
    assert parts.shape == (32, 8, 8, 1)
    np.testing.assert_array_equal(parts[:, :, 0, 0] - corners[:, None], np.tile(np.arange(8) * 16, (32, 1)))
    assert len({*corners.tolist()}) > 16
    alone = seen(jnp.asarray(ramp[5:6]), items[5:6])
    np.testing.assert_array_equal(np.rint(np.asarray(alone) * 127.5 + 127.5).astype(int), parts[5:6])
