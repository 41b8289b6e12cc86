"""Training state on a mesh: initialised from the seed, or abstract, for restoring checkpoints."""

from collections.abc import Callable
from functools import lru_cache
from typing import Any

import jax
from jax.sharding import Mesh

from gan.devices.sharding import on_cpu, state_shardings
from gan.recipes.recipe import Recipe
from gan.steps.traced_programs import by_file


def make_state(recipe: Recipe, mesh: Mesh) -> Any:
    """Initialise the state at nimg 0 from the config's seed, on the devices of `mesh`."""
    return _initial(recipe.traced, mesh)(jax.random.key(recipe.config.seed))


def abstract_state(recipe: Recipe, mesh: Mesh) -> Any:
    """Shapes, dtypes and shardings of the state, for compiling and for restoring checkpoints."""
    return _abstract(recipe.traced, mesh)


@lru_cache(maxsize=16)
def _initial(recipe: Recipe, mesh: Mesh) -> Callable[[jax.Array], Any]:
    abstract = _abstract(recipe, mesh)
    where = jax.tree.map(lambda leaf: leaf.sharding, abstract)

    def init(key_data: jax.Array) -> tuple[Any, None]:
        return recipe.init_state(jax.random.wrap_key_data(key_data)), None

    args = (jax.random.key_data(jax.random.key(0)),)
    tree = jax.tree.structure(abstract)
    step = by_file(init, args, tree=tree, mesh=mesh, owner=recipe, parts=("initial state",))
    # On CPU compiling takes far longer than running once, and optimisation most of it.
    options: dict[str, str | bool] = {"xla_backend_optimization_level": "0"} if on_cpu(mesh) else {}
    make = jax.jit(step, out_shardings=(where, None), compiler_options=options)
    return lambda key: make(jax.random.key_data(key))[0]


@lru_cache(maxsize=16)  # tracing the initial state takes a quarter of a second
def _abstract(recipe: Recipe, mesh: Mesh) -> Any:
    shapes = jax.eval_shape(recipe.init_state, jax.random.key(0))
    where = state_shardings(shapes, mesh, kind=recipe.config.sharding)
    return jax.tree.map(lambda a, s: jax.ShapeDtypeStruct(a.shape, a.dtype, sharding=s), shapes, where)
