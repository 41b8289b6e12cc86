"""Training state on a mesh: initialised from the seed, or abstract, for restoring checkpoints."""

from functools import lru_cache
from typing import Any

import jax
from jax.sharding import Mesh

from gan.recipes.recipe import Recipe
from gan.sharding import state_shardings


def make_state(recipe: Recipe, mesh: Mesh) -> Any:
    """Initialise the state at nimg 0 from the config's seed, on the devices of `mesh`."""
    return _initial(recipe.traced, mesh)(jax.random.key(recipe.config.seed))


def abstract_state(recipe: Recipe, mesh: Mesh) -> Any:
    """Shapes, dtypes and shardings of the state, for compiling and for restoring checkpoints."""
    return _abstract(recipe.traced, mesh)


@lru_cache(maxsize=16)
def _initial(recipe: Recipe, mesh: Mesh) -> Any:
    where = jax.tree.map(lambda leaf: leaf.sharding, _abstract(recipe, mesh))
    return jax.jit(recipe.init_state, out_shardings=where)


@lru_cache(maxsize=16)  # tracing the initial state takes a quarter of a second
def _abstract(recipe: Recipe, mesh: Mesh) -> Any:
    shapes = jax.eval_shape(recipe.init_state, jax.random.key(0))
    where = state_shardings(shapes, mesh, kind=recipe.config.sharding)
    return jax.tree.map(lambda a, s: jax.ShapeDtypeStruct(a.shape, a.dtype, sharding=s), shapes, where)
