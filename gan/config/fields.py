"""Fields of configs by their flat names, which are those of the flags, across groups; configs as JSON."""

import dataclasses
from typing import Any, TypeVar

from data_prep.errors import InputError
from gan.config.networks import NETWORKS
from gan.config.run import RunConfig
from gan.config.train import TrainConfig

C = TypeVar("C", bound=RunConfig)


def groups(config: RunConfig) -> dict[str, Any]:
    """Name -> group of fields, such as `config.optim`, in the order of the config."""
    values = {field.name: getattr(config, field.name) for field in dataclasses.fields(config)}
    return {name: value for name, value in values.items() if dataclasses.is_dataclass(value)}


def flat(config: RunConfig) -> dict[str, Any]:
    """Flat name -> value of every field, those of groups under their own names. All names differ."""
    fields = {field.name: getattr(config, field.name) for field in dataclasses.fields(config)}
    parts = groups(config)
    fields = {name: value for name, value in fields.items() if name not in parts}
    for group in parts.values():
        fields |= {field.name: getattr(group, field.name) for field in dataclasses.fields(group)}
    return fields


def replace(config: C, **fields: Any) -> C:
    """Copy a config with other values of `fields`, named as in `flat`, or of whole groups.

    A dataclass as the value replaces the group of that name. Raises TypeError for an unknown name.
    """
    whole: dict[str, Any] = {name: value for name, value in fields.items() if dataclasses.is_dataclass(value)}
    rest = {name: value for name, value in fields.items() if name not in whole}
    config = dataclasses.replace(config, **whole)
    changed: dict[str, Any] = {}
    for name, group in groups(config).items():
        own = [field.name for field in dataclasses.fields(group) if field.name in rest]
        if own:
            changed[name] = dataclasses.replace(group, **{field: rest.pop(field) for field in own})
    return dataclasses.replace(config, **rest, **changed)


def resumable_fields(config: RunConfig) -> frozenset[str]:
    """Flat names of fields that may differ when a run is resumed: they change no shapes and no data."""
    return frozenset(
        field.name
        for owner in (config, *groups(config).values())
        for field in dataclasses.fields(owner)
        if field.metadata.get("resumable")
    )


def difference(old: RunConfig, new: RunConfig) -> dict[str, tuple[Any, Any]]:
    """Flat name -> (old, new) of every field that differs."""
    before, after = flat(old), flat(new)
    return {k: (before.get(k), after.get(k)) for k in before | after if before.get(k) != after.get(k)}


def to_json(config: RunConfig) -> dict[str, Any]:
    """JSON-able dict with a dict for each group; `from_json` inverts it."""
    return dataclasses.asdict(config)


def from_json(value: dict[str, Any], *, kind: type[C]) -> C:
    """The config of class `kind` written by `to_json`. Fields may also lie flat; absent ones take defaults.

    Raises: InputError: unknown fields, or not a dict.
    """
    try:
        fields = {name: group for name, group in value.items() if not isinstance(group, dict)}
        for name, group in value.items():
            fields |= group if isinstance(group, dict) and name != "network" else {}
        config = kind()
        if isinstance(config, TrainConfig):
            network = NETWORKS[value["family"]](**_with_tuples(value["network"]))
            config = dataclasses.replace(config, network=network)
        return replace(config, **_with_tuples(fields))
    except (TypeError, KeyError, AttributeError) as error:
        raise InputError(f"config.json does not hold a training config of this version ({error})") from None


def _with_tuples(fields: dict[str, Any]) -> dict[str, Any]:
    return {name: tuple(v) if isinstance(v, list) else v for name, v in fields.items()}
