"""Configs of training: frozen, typed, in groups, every field with its unit. Values are in configs/gan.

Flags and files name a field by its own name, whatever its group (`gan.config.fields`). No jax is imported.
"""

from gan.config.checks import check, check_run, check_shape
from gan.config.fields import difference, flat, from_json, replace, resumable_fields, to_json
from gan.config.networks import NETWORKS, FieldConfig, Network, ProganConfig, Stylegan2Config
from gan.config.run import FEWEST, EvaluationConfig, IntervalsConfig, LiveConfig, OptimConfig, RunConfig
from gan.config.train import EmaConfig, Loss, LossConfig, TrainConfig

__all__ = [
    "FEWEST",
    "NETWORKS",
    "EmaConfig",
    "EvaluationConfig",
    "FieldConfig",
    "IntervalsConfig",
    "LiveConfig",
    "Loss",
    "LossConfig",
    "Network",
    "OptimConfig",
    "ProganConfig",
    "RunConfig",
    "Stylegan2Config",
    "TrainConfig",
    "check",
    "check_run",
    "check_shape",
    "difference",
    "flat",
    "from_json",
    "replace",
    "resumable_fields",
    "to_json",
]
