"""The adversarial recipe: when its penalties are due, and gradient accumulation steps."""

import dataclasses
import math

import pytest

from data_prep.errors import InputError
from gan.config import replace
from gan.config_fields import AUTO
from gan.recipes.adversarial import Adversarial
from gan.recipes.recipe import Update

SHAPE = (8, 8, 1)


def recipe_of(config, **changes) -> Adversarial:
    return Adversarial.build(replace(config, **changes), SHAPE, num_classes=0)


@pytest.mark.parametrize("r1_interval", [1, 3, 4])
@pytest.mark.parametrize("path_interval", [1, 2, 6])
@pytest.mark.parametrize("path_weight", [0.0, 2.0])
def test_penalties_are_due_every_interval_and_repeat_after_the_cycle(
    tiny, r1_interval, path_interval, path_weight
):
    recipe = recipe_of(
        tiny, r1_interval=r1_interval, path_interval=path_interval, path_weight=path_weight, batch_size=8
    )
    assert recipe.cycle == math.lcm(r1_interval, path_interval)
    due = [recipe.due(8 * i) for i in range(3 * recipe.cycle)]
    for i, updates in enumerate(due):
        path = path_weight > 0 and i % path_interval == 0
        assert updates == (Update("discriminator", i % r1_interval == 0), Update("generator", path))
    assert due[: recipe.cycle] == due[recipe.cycle : 2 * recipe.cycle] == due[2 * recipe.cycle :]


def test_an_iteration_is_the_same_for_all_its_images(tiny):
    """A run may resume with another batch size, at an nimg that is no multiple of it."""
    recipe = recipe_of(tiny, r1_interval=4, batch_size=8)
    assert [recipe.due(nimg)[0].lazy for nimg in (0, 7, 8, 31, 32, 39, 40)] == [1, 1, 0, 0, 1, 1, 0]


def test_lazy_metrics_name_updates_of_the_recipe(tiny):
    recipe = recipe_of(tiny)
    assert set(recipe.lazy_metrics.values()) <= {update.name for update in recipe.due(0)}
    assert not set(recipe.lazy_metrics) & set(recipe.losses)


def grouped(config, *, order="neighbours", **changes) -> Adversarial:
    network = dataclasses.replace(config.network, minibatch_group=4, minibatch_order=order)
    return recipe_of(config, network=network, batch_size=32, **changes)


@pytest.mark.parametrize(
    ("devices", "possible"), [(1, [1, 2, 4, 8]), (2, [1, 2, 4]), (8, [1]), (16, [1]), (32, [1])]
)
def test_accumulation_steps_keep_the_groups_of_a_device_whole(tiny, devices, possible):
    assert list(grouped(tiny, accumulate=AUTO).accumulation_steps(devices)) == possible
    assert grouped(tiny, accumulate=possible[-1]).accumulation_steps(devices) == possible[-1:]
    for steps in (3, possible[-1] * 2):
        with pytest.raises(InputError, match=f"--accumulate {steps}"):
            grouped(tiny, accumulate=steps).accumulation_steps(devices)


def test_strided_groups_take_one_step(tiny):
    strided = grouped(tiny, order="strided", accumulate=AUTO)
    assert not strided.can_accumulate
    assert list(strided.accumulation_steps(1)) == [1]
    with pytest.raises(InputError, match="--accumulate 2"):
        grouped(tiny, order="strided", accumulate=2).accumulation_steps(1)
