"""Recipe `latent`: a multilayer perceptron predicts the step in w to the next frame.

u is w standardised. With v = u_t - u_{t-1} and the code c of the page,

    u_{t+1} = u_t + g v + s MLP(u_t, v / s, c),

where s is the root mean square step of the training frames, and g is trained. g and the last layer start at
0: the model starts from repeating the frame. Noise on u_t teaches it to correct its own errors.

Source: Sanchez-Gonzalez et al. 2020, "Learning to simulate complex physics with graph networks" (noise on the
input, the target unchanged).
"""

import itertools
import math
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.random import fold_in
from jax.sharding import Mesh

from data_prep.images import to_float, to_uint8
from gan.latents import item_keys, numbered
from gan.random_streams import Stream
from gan.recipes.next_frame import (
    Networks,
    NextFrameRecipe,
    NextFrameState,
    Pair,
    clipped,
    drawn,
)
from gan.recipes.recipe import Metrics, Update

TINY = 1e-8


class NextLatent(NextFrameRecipe):
    """Predict the step in w; see `gan.recipes.recipe.Recipe`."""

    @property
    def cycle(self) -> int:
        """Iterations between batches with the perceptual distance."""
        return self.config.model.perceptual_interval if self._perceptual else 1

    @property
    def lazy_metrics(self) -> dict[str, str]:
        """The perceptual distance, relative to that of repeating the frame."""
        return {"distance_ratio": "model"} if self._perceptual else {}

    @property
    def _perceptual(self) -> bool:
        return self.config.model.perceptual_weight > 0

    def init_state(self, key: jax.Array) -> NextFrameState:
        """The state at nimg 0: a model that repeats the frame."""
        networks, model = self.networks, self.config.model
        run_key, model_key = jax.random.split(key)
        w_dim = networks.family.w_dim
        sizes = [2 * w_dim + networks.side**2, *[model.width] * model.layers, w_dim]
        layers: dict[str, Any] = {}
        for i, (inputs, outputs) in enumerate(itertools.pairwise(sizes)):
            kernel = jax.random.normal(fold_in(model_key, i), (inputs, outputs)) * math.sqrt(2 / inputs)
            last = i == model.layers
            layers[f"layer_{i}"] = {
                "kernel": jnp.zeros_like(kernel) if last else kernel,
                "bias": jnp.zeros(outputs),
            }
        params = {"gain": {"scale": jnp.zeros(())}, **layers}
        frozen: dict[str, Any] = {}
        if self._perceptual:
            frozen = {"generator": networks.generator, "distance": networks.distance_params}
            frozen = jax.tree.map(jnp.asarray, frozen)
        return self.new_state(run_key, params, frozen)

    def due(self, nimg: int) -> tuple[Update, ...]:
        """One update, at intervals with the perceptual distance."""
        return (Update("model", self._perceptual and nimg // self.batch_size % self.cycle == 0),)

    def update(
        self,
        update: Update,
        state: NextFrameState,
        reals: Pair,
        labels: jax.Array | None,
        *,
        accumulation_steps: int,
        unroll: bool,
        mesh: Mesh | None,
    ) -> tuple[NextFrameState, Metrics]:
        """One step on a batch of pairs: squared error in w, at intervals also the perceptual distance."""
        networks, options = self.networks, self.config.model
        count = len(reals.now)
        keys = item_keys(fold_in(state.key, Stream.NEXT_FRAME_NOISE), numbered(state.nimg, count))
        noise = jax.vmap(lambda key: jax.random.normal(key, reals.now.shape[1:]))(keys)
        shaken = reals.now + options.input_noise * networks.step * noise

        def loss(model: Any) -> tuple[jax.Array, Metrics]:
            after = predict_w(model, reals.before, shaken, reals.page, step=networks.step)
            squared = jnp.square((after - reals.after) / networks.step).mean()
            metrics, total = {"loss_w": squared}, squared
            if update.lazy:
                frame, target = to_float(reals.frame), to_float(reals.target)
                predicted = draw_after(
                    networks,
                    state.frozen["generator"],
                    frame,
                    reals.now,
                    after,
                    add_residual=self.config.add_residual,
                )
                far = partial(networks.distance, state.frozen["distance"])
                ratio = far(predicted, target).sum() / (far(frame, target).sum() + TINY)
                metrics["distance_ratio"] = ratio
                total = total + options.perceptual_weight * ratio
            return total, metrics | {"loss": total}

        gradient, metrics = jax.grad(loss, has_aux=True)(state.model)
        return self.step(state, gradient, count=count), metrics

    def predict_images(self, params: Any, pairs: Pair) -> np.ndarray:
        """Predicted next frames: uint8 [N, H, W, C]."""
        after = predicted_w(self.networks, params, pairs.before, pairs.now, pairs.page)
        add_residual = self.config.add_residual
        return drawn_after(self.networks, pairs.frame, pairs.now, after, add_residual=add_residual)


def draw_after(
    networks: Networks,
    generator: Any,
    frame: jax.Array,
    now: jax.Array,
    after: jax.Array,
    *,
    add_residual: bool,
) -> jax.Array:
    """Images [N, H, W, C] in [-1, 1] of the w that follow frames.

    Args:
        networks: the family, and the standardisation of w.
        generator: its parameters.
        frame: the frames in [-1, 1], [N, H, W, C].
        now: their standardised w, [N, W].
        after: standardised w to draw, [N, W].
        add_residual: frame + G(after) - G(now) instead of G(after).
    """
    mean, std = jnp.asarray(networks.mean)[None], networks.std
    images = drawn(networks.family, generator, mean + std * after)
    if add_residual:
        images = frame + images - drawn(networks.family, generator, mean + std * now)
    return clipped(images)


def predict_w(params: Any, before: jax.Array, now: jax.Array, page: jax.Array, *, step: float) -> jax.Array:
    """Standardised w of the next frame: [N, W].

    Args:
        params: of the model.
        before: standardised w of the frame before, [N, W].
        now: that of the frame.
        page: code of its page, [N, n, n].
        step: root mean square step of the training frames.
    """
    moved = now - before
    x = jnp.concatenate([now, moved / step, page.reshape(len(page), -1)], axis=1)
    names = (name for name in params if name.startswith("layer_"))
    layers = sorted(names, key=lambda name: int(name.removeprefix("layer_")))
    for name in layers:
        x = x @ params[name]["kernel"] + params[name]["bias"][None]
        x = x if name == layers[-1] else jax.nn.gelu(x)
    return now + params["gain"]["scale"] * moved + step * x


def predicted_w(
    networks: Networks, params: Any, before: np.ndarray, now: np.ndarray, page: np.ndarray
) -> np.ndarray:
    """`predict_w` of NumPy arrays, compiled."""
    return np.asarray(_predict_w(params, before, now, page, networks.step))


def drawn_after(
    networks: Networks, frame: np.ndarray, now: np.ndarray, after: np.ndarray, *, add_residual: bool
) -> np.ndarray:
    """`draw_after` of NumPy arrays, compiled; frames and results are uint8 [N, H, W, C]."""
    images = _draw_after(networks, networks.generator, frame, now, after, add_residual=add_residual)
    return np.asarray(to_uint8(images))


def drawn_w(networks: Networks, w: np.ndarray) -> np.ndarray:
    """Images [N, H, W, C] float32 of standardised w [N, W], unclipped."""
    return np.asarray(_draw_w(networks, networks.generator, w))


_predict_w = jax.jit(lambda params, before, now, page, step: predict_w(params, before, now, page, step=step))


@partial(jax.jit, static_argnums=0, static_argnames="add_residual")
def _draw_after(
    networks: Networks,
    generator: Any,
    frame: jax.Array,
    now: jax.Array,
    after: jax.Array,
    *,
    add_residual: bool,
) -> jax.Array:
    return draw_after(networks, generator, to_float(frame), now, after, add_residual=add_residual)


@partial(jax.jit, static_argnums=0)
def _draw_w(networks: Networks, generator: Any, w: jax.Array) -> jax.Array:
    return drawn(networks.family, generator, jnp.asarray(networks.mean)[None] + networks.std * w)
