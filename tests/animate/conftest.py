"""A small generator of the shape that gan.sample gives: smooth in z, the same on every machine."""

import dataclasses
from typing import Any

import jax
import jax.numpy as jnp
import pytest


@dataclasses.dataclass(frozen=True)
class FakeGenerator:
    """Dense to 4 x 4, repeated to size, bent by tanh: w [N, 1, Z] = z, or the mean 0 by truncation."""

    params: Any
    z_dim: int
    shape: tuple[int, int, int]
    identity: str = "fake"

    def map_with(self, params, z, *, labels=None, truncation=1.0):
        return (truncation * z)[:, None, :]

    def synthesize_with(self, params, w, *, noise="const"):
        height, width, _ = self.shape
        x = jnp.tanh(jnp.einsum("nz,zhwc->nhwc", w[:, 0], params["weight"]))
        x = jnp.repeat(jnp.repeat(x, height // 4, axis=1), width // 4, axis=2)
        return x * 1.1 + (0.1 * params["noise"][None, :, :, None] if noise == "const" else 0.0)


def make_generator(*, z_dim=6, height=16, width=24, channels=1, seed=0) -> FakeGenerator:
    weight_key, noise_key = jax.random.split(jax.random.key(seed))
    params = {
        "weight": jax.random.normal(weight_key, (z_dim, 4, 4, channels)) / z_dim**0.5,
        "noise": jax.random.normal(noise_key, (height, width)),
    }
    return FakeGenerator(params, z_dim, (height, width, channels), identity=f"fake-{seed}-{channels}")


@pytest.fixture(scope="session")
def new_generator():
    """The maker of fakes: (z_dim=6, height=16, width=24, channels=1, seed=0) -> FakeGenerator."""
    return make_generator


@pytest.fixture
def generator() -> FakeGenerator:
    return make_generator()


@pytest.fixture
def walk():
    """Two thirds of a second of bezier for the fake."""
    from animate.walk import make_walk
    from configs.animate import TINY

    return make_walk("bezier", TINY["bezier"], seed=3, generator="fake-0-1")
