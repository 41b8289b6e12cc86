"""Penalties against collapse: tripled each time, from 1 on, and nothing else."""

import dataclasses

import pytest

from configs.gan.tiny import CONFIG
from gan.config import difference, replace, resumable_fields
from gan.recipes import build_recipe
from gan.recipes.collapse import advice, with_stronger_penalties


@pytest.mark.parametrize(
    ("gamma", "times", "expected"), [(10.0, 1, 30.0), (2.0, 3, 54.0), (0.0, 1, 3.0), (0.1, 2, 9.0)]
)
def test_gamma_is_tripled_from_one_on(gamma, times, expected):
    config = replace(CONFIG, r1_gamma=gamma)
    changed = difference(config, with_stronger_penalties(config, times=times))
    assert changed == {"r1_gamma": (gamma, expected)}
    assert set(changed) <= resumable_fields(config)


def test_other_gammas_follow_in_proportion():
    config = replace(CONFIG, r1_gamma=20.0, r1_gamma_final=2.0, r2_gamma=5.0)
    changed = difference(config, with_stronger_penalties(config, times=2))
    assert changed == {"r1_gamma": (20, 180), "r1_gamma_final": (2, 18), "r2_gamma": (5, 45)}
    assert set(changed) <= resumable_fields(config)


@pytest.mark.parametrize("r2_gamma", [0.0, "same"])
def test_the_relativistic_loss_has_r2(r2_gamma):
    config = replace(CONFIG, loss=dataclasses.replace(CONFIG.loss, loss="relativistic", r2_gamma=r2_gamma))
    assert with_stronger_penalties(config, times=1).loss.r2_gamma == "same"
    assert with_stronger_penalties(CONFIG, times=1).loss.r2_gamma == 0


def test_nothing_changes_before_the_first_rewind():
    recipe = build_recipe(CONFIG, (8, 8, 1))
    assert recipe.with_remedy(0) == recipe
    assert hash(recipe.with_remedy(0)) == hash(recipe)
    assert recipe.with_remedy(2).config.loss.r1_gamma == 9 * CONFIG.loss.r1_gamma
    assert dataclasses.replace(recipe.with_remedy(2), config=CONFIG) == recipe


def test_advice_names_the_flag_and_its_value():
    assert advice(replace(CONFIG, r1_gamma=1.0)).startswith("raise --r1-gamma (now 1) to 10, or set --loss")
    assert advice(replace(CONFIG, r1_gamma=10.0)).startswith("raise --r1-gamma (now 10) to 30")
