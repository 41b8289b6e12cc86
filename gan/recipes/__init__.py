"""Training recipes: what is trained, and how one iteration updates it.

The loop, checkpoints, compiled steps, monitor and data know only the protocol `gan.recipes.recipe.Recipe`. To
write a recipe:

1. Write a state: a `flax.struct.PyTreeNode` with `nimg` (int32 []), `key`, parameters, optimizers.
2. Write a frozen dataclass with `config`, `shape` and `num_classes`: it is hashed, so its fields are too.
3. `init_state(key)`: the state at nimg 0, pure.
4. `due(nimg)`: the updates of one iteration, `(Update("model"),)` if there is one; `cycle` iterations repeat.
5. `update(update, state, reals, labels, ...)`: new state and metrics, pure. Derive keys from `state.key`,
   a `Stream` and the item number `state.nimg + row`; the last update adds the batch size to `nimg`.
6. Name `losses` (must stay finite), `lazy_metrics`, `trained` fields and the `exported` field.
7. `sample_grid(params, count=)` draws the grid; `export(folder, params, ...)` writes what others load.
8. Set `measured` and return a `Generator` if metrics can be measured on it.
9. Name new random streams in `gan.random_streams`; add the recipe to `RECIPES` below.
10. Test that a run killed at any time resumes with the same bits, as tests/gan/recipes does.
"""

from collections.abc import Callable

from gan.config import TrainConfig
from gan.recipes.adversarial import Adversarial

RECIPES: dict[type, Callable[..., Adversarial]] = {TrainConfig: Adversarial.build}
"""Type of a config -> what builds its recipe."""


def build_recipe(config: TrainConfig, shape: tuple[int, int, int], *, num_classes: int = 0) -> Adversarial:
    """The recipe of `config` for images of `shape` (H, W, C) and, if it is conditional, classes."""
    return RECIPES[type(config)](config, shape, num_classes=num_classes)
