"""The compute dtype follows the backend only where it is "auto"."""

import jax
import jax.numpy as jnp
import pytest

from gan.devices.precision import compute_dtype, resolve_dtype


@pytest.mark.parametrize("backend", ["cpu", "gpu", "tpu"])
def test_explicit_names_are_unchanged(monkeypatch, backend):
    monkeypatch.setattr(jax, "default_backend", lambda: backend)
    assert [resolve_dtype(name) for name in ("float32", "bfloat16")] == ["float32", "bfloat16"]


@pytest.mark.parametrize(
    ("backend", "dtype"), [("cpu", jnp.float32), ("gpu", jnp.bfloat16), ("tpu", jnp.bfloat16)]
)
def test_auto_is_low_precision_on_accelerators(monkeypatch, backend, dtype):
    monkeypatch.setattr(jax, "default_backend", lambda: backend)
    assert compute_dtype("auto") == dtype
    assert compute_dtype(resolve_dtype("auto")) == dtype
