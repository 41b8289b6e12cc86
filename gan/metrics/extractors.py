"""Feature extractors: a table of pure functions with their parameters."""

import dataclasses
import hashlib
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from data_prep.errors import InputError
from data_prep.images import to_float
from gan.devices.batching import map_in_batches
from gan.imports.state_dict import read_state_dict
from gan.metrics.features import KEY, random_features
from gan.metrics.inception import Protocol, from_state_dict, inception_features


@dataclasses.dataclass(frozen=True)
class Extractor:
    """Map from images to features.

    Attributes:
        name: its key in EXTRACTORS.
        identity: of everything that determines a feature; stored in caches and results.
        params: pytree, an argument of `apply`.
        apply: (params, images [N, H, W, C] float32 in [-1, 1]) -> features [N, D] float32; pure, jittable.
        batch: images per device call.
    """

    name: str
    identity: str
    params: Any
    apply: Callable[[Any, jax.Array], jax.Array]
    batch: int

    def __call__(self, images: np.ndarray) -> np.ndarray:
        """Features [N, D] float32 of uint8 images [N, H, W, C]."""
        features: np.ndarray = map_in_batches(
            lambda part: _apply(self.apply, self.params, jnp.asarray(part)), images, batch=self.batch
        )
        return features

    def of_batches(
        self, batches: Iterable[np.ndarray], *, report: Callable[[int], Any] = lambda count: None
    ) -> np.ndarray:
        """Features of batches of images of any size; `report` is called with the size of each."""
        parts = []
        for images in batches:
            parts.append(self(images))
            report(len(images))
        return np.concatenate(parts)


@partial(jax.jit, static_argnums=0)
def _apply(apply: Callable[[Any, jax.Array], jax.Array], params: Any, images: jax.Array) -> jax.Array:
    with jax.default_matmul_precision("float32"):
        return apply(params, to_float(images))


def random(weights: Path | None, *, protocol: Protocol = "tensorflow") -> Extractor:
    """Fixed random convolutions (`gan.metrics.features`), without weights.

    Raises: InputError: weights are passed.
    """
    if weights is not None:
        raise InputError(
            f"--weights {weights}: the random extractor has no weights file; add --extractor inception"
        )
    return Extractor("random", f"random-{KEY}", None, _random, batch=64)


def inception(weights: Path | None, *, protocol: Protocol = "tensorflow") -> Extractor:
    """FID's network (`gan.metrics.inception`) with the weights of a state-dict file.

    Raises: InputError: no file is passed, or it does not hold that network's weights.
    """
    if weights is None:
        raise InputError(
            "--extractor inception needs --weights FILE: a state dict of FID's Inception-v3 "
            "(pt_inception-2015-12-05), as .pth or .safetensors"
        )
    state = read_state_dict(weights)
    try:
        params = from_state_dict(state)
    except ValueError as error:
        raise InputError(f"{weights} does not hold the weights of FID's network: {error}") from None
    digest = hashlib.sha256()
    for name in sorted(state):
        digest.update(np.ascontiguousarray(state[name]).tobytes())
    identity = f"inception-{protocol}-{digest.hexdigest()[:16]}"
    apply = partial(inception_features, protocol=protocol)
    return Extractor("inception", identity, jax.device_put(params), apply, batch=32)


EXTRACTORS: dict[str, Callable[..., Extractor]] = {"random": random, "inception": inception}
"""Name -> (weights file or None, protocol=) -> extractor."""


def _random(params: Any, images: jax.Array) -> jax.Array:
    return random_features(images)
