"""Configs whose fields hold several values each, for sweeps: flags of several values, split into axes.

This module imports no jax.
"""

import dataclasses
import types
from typing import Annotated, Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

import tyro

from data_prep.errors import InputError
from gan.config.fields import flat, replace
from gan.config.train import TrainConfig

SINGLE_GROUPS = ("intervals", "evaluation")  # output, not training
SINGLE = ("preset", "family", "resolution", "channels", "compute_dtype", "sharding")
SET_BY_SWEEP = ("seed", "total_nimg")  # by flags of their own
T = TypeVar("T")


def listed(config: TrainConfig) -> Any:
    """A copy whose numbers and choices are tuples of values, here of one.

    Its class and those of its groups are derived from the config's, with the same names, fields and help.
    Output settings, tuples, paths and switches stay single; `seed` and `total_nimg` are no flags.
    """
    return _listed(config)


def split(several: Any, *, like: TrainConfig) -> tuple[TrainConfig, dict[str, tuple[Any, ...]]]:
    """(config of the first values, field -> values of every field that has several).

    Args:
        several: from `listed`, with other values.
        like: the config that it was made of.

    Raises: InputError: a field without a value, or with one value twice.
    """
    values, single = flat(several), flat(like)
    first: dict[str, Any] = {}
    axes: dict[str, tuple[Any, ...]] = {}
    for name, value in values.items():
        is_listed = isinstance(value, tuple) and not isinstance(single[name], tuple)
        first[name] = value
        if is_listed:
            check_values(name, value)
            first[name] = value[0]
            axes |= {name: value} if len(value) > 1 else {}
    return replace(like, **first), axes


def check_values(name: str, values: tuple[Any, ...]) -> None:
    """Raise InputError, naming the flag, if there is no value or one is repeated."""
    flag = f"--{name.replace('_', '-')}"
    if not values:
        raise InputError(f"{flag}: give one value or more")
    if len(set(values)) < len(values):
        raise InputError(f"{flag} {' '.join(map(str, values))}: values must differ")


def _listed(owner: T, *, single: bool = False) -> T:
    hints = get_type_hints(type(owner), include_extras=True)
    fields: list[tuple[str, Any, Any]] = []
    for field in dataclasses.fields(owner):  # type: ignore[arg-type]
        name, hint, value = field.name, hints[field.name], getattr(owner, field.name)
        if dataclasses.is_dataclass(value) and not isinstance(value, type):
            value = _listed(value, single=name in SINGLE_GROUPS)
            hint = type(value)
        elif name in SET_BY_SWEEP:
            hint = Annotated[hint, tyro.conf.Suppress, tyro.conf.Fixed]
        elif not single and name not in SINGLE and _is_scalar(hint):
            hint, value = tuple.__class_getitem__((hint, ...)), (value,)
        fields.append((name, hint, dataclasses.field(default=value)))
    kind = type(owner)
    namespace = {"__module__": kind.__module__}
    made = dataclasses.make_dataclass(kind.__name__, fields, bases=(kind,), namespace=namespace, frozen=True)
    return made()


def _is_scalar(hint: Any) -> bool:
    """Whether values of this type are numbers, choices or None."""
    if get_origin(hint) is Annotated:
        return False
    kinds = get_args(hint) if get_origin(hint) in (Union, types.UnionType) else (hint,)
    return all(k in (int, float, type(None)) or get_origin(k) is Literal for k in kinds)
