"""Both next-frame recipes on a linear generator of 2 x 2 px, and random pairs for them."""

import functools

import jax
import jax.numpy as jnp
import numpy as np

from configs.gan.next_frame import CONFIG
from gan.config import replace
from gan.recipes.next_frame import Networks, Pair
from gan.recipes.next_image import NextImage
from gan.recipes.next_latent import NextLatent
from tests.gan.dense_family import DenseFamily

FAMILY = DenseFamily()


@functools.cache
def networks():
    return Networks(
        identity="dense",
        family=FAMILY,
        generator=FAMILY.init_generator(jax.random.key(7)),
        distance=lambda params, a, b: jnp.square(params["scale"] * (a - b)).mean((1, 2, 3)),
        distance_params={"scale": jnp.ones(())},
        mean=np.array([0.1, -0.2, 0.3], np.float32),
        std=0.4,
        side=1,
        step=0.2,
    )


def latent_recipe(**fields):
    config = replace(CONFIG, **{"batch_size": 8, "width": 8, "learning_rate": 0.01} | fields)
    return NextLatent(config, networks())


def pixels_recipe(**fields):
    config = replace(CONFIG, **{"batch_size": 8, "recipe": "pixels", "learning_rate": 0.05} | fields)
    return NextImage(config, networks())


def pairs_of(recipe, *, count, seed=0):
    """Random pairs of the recipe's shapes."""
    rng = np.random.default_rng(seed)

    def draw(leaf):
        shape = (count, *leaf.shape)
        if leaf.dtype == np.uint8:
            return rng.integers(60, 200, shape, dtype=np.uint8)
        return rng.normal(size=shape).astype(np.float32)

    return Pair(*jax.tree.map(draw, tuple(recipe.item)))


@functools.cache
def initial(recipe):
    """The state at nimg 0."""
    return jax.jit(recipe.init_state)(jax.random.key(0))


def train(recipe, pairs, *, iterations, state=None):
    """(state after so many iterations on the same pairs, metrics of each)."""
    state = initial(recipe.traced) if state is None else state
    options = {"accumulation_steps": 1, "unroll": True, "mesh": None}
    steps, metrics = {}, []
    for i in range(iterations):
        (update,) = recipe.due(i * recipe.batch_size)
        if update not in steps:
            steps[update] = jax.jit(
                lambda state, batch, update=update: recipe.update(update, state, batch, None, **options)
            )
        state, found = steps[update](state, pairs)
        metrics.append({name: float(value) for name, value in found.items()})
    return state, metrics
