"""Recipe `pixels`: the generator is fine-tuned to draw the next frame from area means of frame and page.

The latent of frame t is z = [n x n area means of the grey frame, n x n of its page], both in [-1, 1], with
n = floor(sqrt(Z / 2)): 16 for Z = 512. Where 2 n^2 < Z the rest is 1, so that brightness survives the
normalisation of z. The loss is the mean squared error of the image to frame t + 1.
"""

import math
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.sharding import Mesh

from data_prep.images import to_float, to_uint8
from gan.families import GeneratorFamily
from gan.recipes.next_frame import NextFrameRecipe, NextFrameState, Pair
from gan.recipes.recipe import Metrics, Update


class NextImage(NextFrameRecipe):
    """Fine-tune the generator; see `gan.recipes.recipe.Recipe`."""

    cycle = 1
    smaller = "a smaller --batch-size"

    @property
    def lazy_metrics(self) -> dict[str, str]:
        """None."""
        return {}

    def init_state(self, key: jax.Array) -> NextFrameState:
        """The state at nimg 0: the generator as it was trained."""
        return self.new_state(key, jax.tree.map(jnp.asarray, self.networks.generator), {})

    def due(self, nimg: int) -> tuple[Update, ...]:
        """One update."""
        return (Update("model"),)

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
        """One step on a batch of pairs: the mean squared error to the next frame, in [-1, 1] squared."""

        def loss(model: Any) -> jax.Array:
            images = predict_image(self.networks.family, model, reals.code, reals.page)
            return jnp.square(images - to_float(reals.target)).mean()

        value, gradient = jax.value_and_grad(loss)(state.model)
        return self.step(state, gradient, count=len(reals.frame)), {"loss": value}

    def predict_images(self, params: Any, pairs: Pair) -> np.ndarray:
        """Predicted next frames: uint8 [N, H, W, C]."""
        return predicted_image(self.networks.family, params, pairs.code, pairs.page)


def code_side(z_dim: int) -> int:
    """n, the side of the codes of frame and page in a latent of length `z_dim`."""
    return math.isqrt(z_dim // 2)


def latent_of(code: jax.Array, page: jax.Array, *, z_dim: int) -> jax.Array:
    """z [N, Z] of the codes [N, n, n] of frames and of their pages."""
    both = [part.reshape(len(part), -1) for part in (code, page)]
    rest = jnp.ones((len(code), z_dim - sum(part.shape[1] for part in both)))
    return jnp.concatenate([*both, rest], axis=1)


def predict_image(
    family: GeneratorFamily, params: Any, code: jax.Array, page: jax.Array, *, truncation: Any = 1.0
) -> jax.Array:
    """Next frames [N, H, W, C] float32, unclipped, of the codes [N, n, n] of frames and of their pages."""
    labels = jnp.zeros(len(code), jnp.int32) if family.num_classes else None
    z = latent_of(code, page, z_dim=family.z_dim)
    return family.synthesize(
        params, family.map(params, z, labels=labels, truncation=truncation), noise="const"
    )


def predicted_image(
    family: GeneratorFamily, params: Any, code: np.ndarray, page: np.ndarray, *, truncation: float = 1.0
) -> np.ndarray:
    """`predict_image` of NumPy arrays, compiled: uint8 [N, H, W, C]."""
    return np.asarray(to_uint8(_predict(family, params, code, page, truncation)))


@partial(jax.jit, static_argnums=0)
def _predict(
    family: GeneratorFamily, params: Any, code: jax.Array, page: jax.Array, truncation: Any
) -> jax.Array:
    return predict_image(family, params, code, page, truncation=truncation)
