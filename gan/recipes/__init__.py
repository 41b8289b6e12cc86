"""Training recipes: what is trained, and how one iteration updates it.

The loop, checkpoints, compiled steps, monitor and data know only the protocol `gan.recipes.recipe.Recipe`. To
write a recipe:

1. Write a config: a frozen dataclass that extends `gan.config.RunConfig` by the recipe's own fields.
2. Write a state: a `flax.struct.PyTreeNode` with `nimg` (int32 []), `key`, parameters, optimizers.
3. Write a frozen dataclass with `config`, `shape` and `num_classes`: it is hashed, so its fields are too.
   `item` is what one row of a batch holds: an image, or a pytree of arrays.
   `batch_size` is the resolved number of images per iteration.
4. `init_state(key)`: the state at nimg 0, pure.
5. `due(nimg)`: the updates of one iteration, `(Update("model"),)` if there is one; `cycle` iterations repeat.
6. `update(update, state, reals, labels, ...)`: new state and metrics, pure. Derive keys from `state.key`,
   a `Stream` and the item number `state.nimg + row`; the last update adds the batch size to `nimg`.
   `accumulation_steps(devices)` lists the numbers of parts that a batch may be split into, and
   `can_accumulate` says whether there is more than one.
7. Name `losses` (must stay finite), `lazy_metrics`, `trained` fields and the `exported` field; `remedy` and
   `smaller` name the flags for the messages about losses that are not finite, and about memory.
   `collapse_remedy` and `with_remedy(count)` say and apply what helps against loss of variety.
   `traced` is the recipe itself, or one without fields that no program depends on, such as the seed.
8. `sample_grid(params, count=)` draws the grid; `export(folder, params, ...)` writes what others load.
9. Set `measured` and return a `Generator` if metrics can be measured on it.
10. Name new random streams in `gan.random_streams`; add the recipe to `RECIPES` below.
11. Test that a run killed at any time resumes with the same bits, as tests/gan/recipes does.
"""

from collections.abc import Callable
from typing import NamedTuple

from data_prep.errors import InputError
from gan.config import RunConfig, TrainConfig
from gan.config.draw import DrawConfig
from gan.config.next_frame import NextFrameConfig
from gan.recipes.adversarial import Adversarial
from gan.recipes.draw import Draw
from gan.recipes.recipe import Recipe


class Entry(NamedTuple):
    """A recipe: its type of config, and what builds it from (config, shape, num_classes=)."""

    config: type[RunConfig]
    build: Callable[..., Recipe]


def _next_frame(config: RunConfig, shape: tuple[int, int, int], *, num_classes: int) -> Recipe:
    raise InputError(
        "this is the run of a next-frame model, which `inkloop gan next-frame` opens; give the folder of a "
        "GAN's training"
    )


RECIPES: dict[str, Entry] = {
    "adversarial": Entry(TrainConfig, Adversarial.build),
    "draw": Entry(DrawConfig, Draw.build),
    "next-frame": Entry(NextFrameConfig, _next_frame),  # gan.next_frame.training builds it with its networks
}
"""Name, as in config.json -> recipe. Each has a type of config of its own."""


def recipe_name(config: RunConfig) -> str:
    """Name of the recipe that has this type of config. Raises KeyError if none has."""
    names = {entry.config: name for name, entry in RECIPES.items()}
    return names[type(config)]


def build_recipe(config: RunConfig, shape: tuple[int, int, int], *, num_classes: int = 0) -> Recipe:
    """The recipe of `config` for images of `shape` (H, W, C) and, if it is conditional, classes."""
    return RECIPES[recipe_name(config)].build(config, shape, num_classes=num_classes)
