"""A recipe for tests: linear regression of an image's mean on its pixels, by stochastic gradient descent."""

import dataclasses
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from flax import struct

from configs.gan.tiny import CONFIG
from data_prep.images import to_float, to_uint8
from data_prep.records.dataset import Dataset
from gan.config import replace
from gan.latents import item_keys, numbered
from gan.ops.scan import scan_or_unroll
from gan.recipes.recipe import Update

LEARNING_RATE, MOMENTUM, NOISE = 0.0005, 0.9, 7  # NOISE is a random stream


class State(struct.PyTreeNode):
    nimg: jax.Array
    key: jax.Array
    weights: Any
    velocity: Any


@dataclasses.dataclass(frozen=True)
class LinearRegression:
    config: Any
    shape: tuple[int, int, int]
    num_classes: int = 0
    rewinds: int = 0

    cycle = 2
    losses = ("loss",)
    trained = ("weights",)
    exported = "weights"
    measured = False
    smaller = "smaller images"
    can_accumulate = True
    remedy = "a lower learning rate"
    collapse_remedy = "lower the learning rate"

    @property
    def item(self):
        return jax.ShapeDtypeStruct(self.shape, jnp.uint8)

    @property
    def batch_size(self):
        return self.config.batch_size

    @property
    def lazy_metrics(self):
        return {"weight_norm": "model"}

    @property
    def traced(self):
        return self

    def with_remedy(self, count):
        return dataclasses.replace(self, rewinds=self.rewinds + count)

    def init_state(self, key):
        weights = {"w": jnp.zeros(self.shape), "b": jnp.zeros(())}
        return State(jnp.int32(0), key, weights, jax.tree.map(jnp.zeros_like, weights))

    def due(self, nimg):
        return (Update("model", lazy=nimg // self.config.batch_size % self.cycle == 0),)

    def accumulation_steps(self, devices):
        return [1, 2]

    def update(self, update, state, reals, labels, *, accumulation_steps, unroll, mesh):
        keys = item_keys(jax.random.fold_in(state.key, NOISE), numbered(state.nimg, len(reals)))
        noise = jax.vmap(lambda key: jax.random.normal(key, self.shape))(keys)
        images = to_float(reals)

        def loss(weights, part):
            images, noise = part
            seen = (images + 0.1 * noise) * weights["w"][None]
            error = seen.sum((1, 2, 3)) + weights["b"] - images.mean((1, 2, 3))
            return jnp.square(error).mean()

        def body(total, part):
            return jax.tree.map(jnp.add, total, jax.value_and_grad(loss)(state.weights, part))

        parts = jax.tree.map(lambda a: a.reshape(accumulation_steps, -1, *self.shape), (images, noise))
        zero = (jnp.zeros(()), jax.tree.map(jnp.zeros_like, state.weights))
        total = scan_or_unroll(body, zero, parts, unroll=unroll)
        value, gradient = jax.tree.map(lambda a: a / accumulation_steps, total)
        rate = LEARNING_RATE / 2**self.rewinds
        velocity = jax.tree.map(lambda v, g: MOMENTUM * v - rate * g, state.velocity, gradient)
        weights = jax.tree.map(jnp.add, state.weights, velocity)
        metrics = {"loss": value}
        if update.lazy:
            metrics |= {"weight_norm": jnp.sqrt(jnp.square(weights["w"]).sum())}
        return state.replace(nimg=state.nimg + len(reals), weights=weights, velocity=velocity), metrics

    def sample_grid(self, params, *, count):
        yield np.asarray(to_uint8(jnp.broadcast_to(params["w"], (count, *self.shape))))

    def export(self, folder, params, *, nimg, class_names):
        np.savez(folder / "regression.npz", **params)

    def generator(self, params, *, nimg, class_names):
        raise NotImplementedError


def recipe_for(shape, *, total_nimg):
    config = replace(
        CONFIG,
        batch_size=8,
        total_nimg=total_nimg,
        tick_nimg=32,
        snapshot_nimg=320,
        checkpoint_nimg=32,
        grid_size=(2, 2),
    )
    return LinearRegression(config, shape)


def main(words):
    """Train it; the words are DATASET RUN TOTAL_NIMG."""
    from gan.data.reals import RecordReals
    from gan.loop import train

    dataset, run, total_nimg = words
    reals = RecordReals(Dataset(Path(dataset)))
    Path(run).mkdir(exist_ok=True)
    train(recipe_for(reals.image_shape, total_nimg=int(total_nimg)), reals, Path(run))
