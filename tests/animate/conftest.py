"""A generator small enough to be checked by hand: smooth in z, the same on every machine."""

import dataclasses
import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from gan.config import FieldConfig
from gan.families.field import Field
from gan.sample import Generator


@dataclasses.dataclass(frozen=True)
class FakeFamily:
    """Dense to 4 x 4, bent by tanh, repeated to size: w [N, L, Z] is z drawn towards 0 by truncation.

    Of several layers the later ones count more. Of several classes the first one leaves z as it is.
    """

    z_dim: int
    shape: tuple[int, int, int]
    num_classes: int = 0
    layers: int = 1

    def init_generator(self, key):
        weight_key, noise_key = jax.random.split(key)
        weight = jax.random.normal(weight_key, (self.z_dim, 4, 4, self.shape[2])) / self.z_dim**0.5
        return {"weight": weight, "noise": jax.random.normal(noise_key, self.shape[:2])}

    def map(self, params, z, *, labels=None, truncation=1.0):
        w = (truncation * z)[:, None, :]
        if self.num_classes:
            w = w + labels.astype(jnp.float32)[:, None, None]
        return jnp.repeat(w, self.layers, axis=1)

    def synthesize(self, params, w, *, noise="const"):
        height, width, _ = self.shape
        fraction = np.arange(1, self.layers + 1, dtype=np.float32) * 2 / (self.layers * (self.layers + 1))
        mixed = jnp.sum(w * fraction[None, :, None], axis=1)
        x = jnp.tanh(jnp.einsum("nz,zhwc->nhwc", mixed, params["weight"]))
        x = jnp.repeat(jnp.repeat(x, height // 4, axis=1), width // 4, axis=2)
        return x * 1.1 + (0.1 * params["noise"][None, :, :, None] if noise == "const" else 0.0)


def make_generator(*, z_dim=6, height=16, width=24, channels=1, seed=0, layers=1, classes=()) -> Generator:
    family = FakeFamily(z_dim, (height, width, channels), len(classes), layers)
    params = family.init_generator(jax.random.key(seed))
    return Generator(family, params, f"fake-{seed}-{channels}", nimg=0, class_names=classes)


@pytest.fixture(scope="session")
def new_generator():
    """The maker of fakes: see make_generator."""
    return make_generator


@functools.cache
def make_field_generator() -> Generator:
    """A small network of family field with cells of 4 px."""
    config = FieldConfig(
        cell_px=4,
        global_dim=2,
        local_dim=3,
        trunk_layers=1,
        channel_base=128,
        channel_max=4,
        rgb_init_std=1.0,
    )
    family = Field(config, (16, 16, 1), jnp.float32)
    return Generator(family, jax.jit(family.init_generator)(jax.random.key(0)), "field", nimg=0)


@pytest.fixture
def field_generator() -> Generator:
    """A generator without a frame."""
    return make_field_generator()


@pytest.fixture
def generator() -> Generator:
    return make_generator()


@pytest.fixture
def curve():
    """Two thirds of a second of bezier for the fake."""
    from animate.paths.path import make_path
    from configs.animate import TINY

    return make_path("bezier", TINY["bezier"], seed=3, generator="fake-0-1")
