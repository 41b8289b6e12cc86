"""What families have in common that are trained on whole images."""

from typing import Any, cast

import jax


class WholeImages:
    """Training on the images that the network makes, with noise of their own."""

    shape: tuple[int, int, int]

    @property
    def training_shape(self) -> tuple[int, int, int]:
        """(H, W, C) of the images that are trained on."""
        return self.shape

    def generate_for_training(self: Any, params: Any, w: jax.Array, *, keys: jax.Array) -> jax.Array:
        """Images [N, H, W, C] of w [N, L, W], one key of noise per item [N]."""
        return cast(jax.Array, self.synthesize(params, w, noise=keys))

    def crop_for_training(self, images: jax.Array, *, keys: jax.Array) -> jax.Array:
        """Images as they are; no key is used."""
        return images
