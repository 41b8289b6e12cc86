"""The dtype in which the networks compute. Parameters, losses and statistics are float32."""

from typing import Literal

import jax
import jax.numpy as jnp

Dtype = Literal["auto", "float32", "bfloat16"]


def resolve_dtype(name: Dtype) -> Dtype:
    """Resolve "auto": "bfloat16" on GPU and TPU, "float32" on CPU; other names are returned unchanged."""
    if name != "auto":
        return name
    return "float32" if jax.default_backend() == "cpu" else "bfloat16"


def compute_dtype(name: Dtype) -> jnp.dtype:
    """Dtype of activations for a config's `compute_dtype`."""
    return jnp.dtype(resolve_dtype(name))
