"""How arguments appear in help: placeholders of values and titles of groups, from names and types.

A command may set its own: `out: Annotated[Path, tyro.conf.arg(metavar="FILE")]`.
"""

import dataclasses
import functools
import inspect
import re
import types
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

import tyro
from tyro.constructors import ConstructorRegistry, StructConstructorSpec, StructTypeInfo

Command = Callable[..., None]

METAVARS = {  # argument -> placeholder of its value
    "adjustments": "FILE",
    "cols": "N|auto",
    "coordinator": "HOST:PORT",
    "data": "DATASET",
    "dataset": "DATASET",
    "init_from": "RUN",
    "lpips": "FILE",
    "metric_weights": "FILE",
    "out": "OUT",
    "pages": "DIR",
    "palette": "PALETTE",
    "path": "PATH.npz",
    "rows": "N|auto",
    "run": "RUN",
    "save_path": "PATH.npz",
    "scans": "SCANS",
    "weights": "FILE",
}
TITLES = {  # config class, by package where names repeat -> title of its group; " options" is appended
    "AugmentConfig": "augmentation",
    "DrawNetworkConfig": "network",
    "DrawOptimConfig": "optimizer",
    "EmaConfig": "weight average",
    "Encoding": "video encoding",
    "fill.VideoConfig": "colour",
    "FilesConfig": "file",
    "InkConfig": "drawing",
    "IntervalsConfig": "interval",
    "LiveConfig": "live tile",
    "OptimConfig": "optimizer",
    "PaletteConfig": "palette",
    "ProganConfig": "network",
    "RecordFiles": "output",
    "Stylegan2Config": "network",
    "TileFiles": "output",
}
_WORDS = {int: "INT", float: "FLOAT", Path: "PATH"}


def present(command: Command) -> Callable[..., Callable[[], None]]:
    """A function with the arguments of `command`, for tyro, that returns the call instead of making it."""
    hints = get_type_hints(command, include_extras=True)

    def bind(**arguments: Any) -> Callable[[], None]:
        return functools.partial(command, **arguments)

    parameters = [
        parameter.replace(annotation=_shown(name, hints.get(name, Any), parameter.default))
        for name, parameter in inspect.signature(command).parameters.items()
    ]
    bind.__name__, bind.__doc__ = getattr(command, "__name__", "command"), command.__doc__
    bind.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    bind.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    return bind


def make_registry() -> ConstructorRegistry:
    """tyro's rules, with the placeholders and titles of this module for the fields of config classes."""
    constructors = ConstructorRegistry()
    busy = False

    @constructors.struct_rule
    def show_fields(info: StructTypeInfo) -> StructConstructorSpec | None:
        nonlocal busy
        if busy or not dataclasses.is_dataclass(info.type):
            return None
        busy = True
        try:
            spec = ConstructorRegistry.get_struct_spec(info)
        finally:
            busy = False
        if not isinstance(spec, StructConstructorSpec):
            return None
        fields = [
            dataclasses.replace(field, type=_shown(field.name, field.type, field.default))
            for field in spec.fields
        ]
        return dataclasses.replace(spec, fields=tuple(fields))

    return constructors


def _shown(name: str, hint: Any, default: Any) -> Any:
    """`hint` with the placeholder, or the group title, that an argument of this name and type has."""
    kind, own = hint, [None]
    if get_origin(hint) is Annotated:
        kind, *metadata = get_args(hint)
        own = [m for m in metadata if hasattr(m, "metavar")] or own
    config = kind if dataclasses.is_dataclass(kind) else type(default)
    if dataclasses.is_dataclass(config):
        if any(getattr(m, "name", None) is not None for m in own):
            return hint
        return Annotated[hint, tyro.conf.arg(name=_title(config), prefix_name=False)]
    metavar = None if any(getattr(m, "metavar", None) for m in own) else _metavar(name, kind)
    hint = Annotated[hint, tyro.conf.arg(metavar=metavar)] if metavar else hint
    return Annotated[hint, tyro.conf.arg(help_behavior_hint="(optional)")] if default in (None, ()) else hint


def _title(config: Any) -> str:
    kind = config if isinstance(config, type) else type(config)
    package, name = kind.__module__.split(".")[0], kind.__name__
    words = re.sub("(?<=[a-z0-9])(?=[A-Z])", " ", name.removesuffix("Config")).lower()
    return TITLES.get(f"{package}.{name}") or TITLES.get(name) or words


def _metavar(name: str, kind: Any) -> str | None:
    """The placeholder of an argument's value; None leaves it to tyro."""
    union = get_origin(kind) in (Union, types.UnionType)
    kinds = [k for k in (get_args(kind) if union else (kind,)) if k is not type(None)]
    if bool in kinds:
        return None
    if name in METAVARS and not any(get_origin(k) is tuple for k in kinds):
        return METAVARS[name]
    words = [_word(name, k) for k in kinds]
    return None if None in words else "|".join(filter(None, words))


def _word(name: str, kind: Any) -> str | None:
    if kind is str:
        return name.split("_")[-1].upper()
    if get_origin(kind) is Literal:
        values = [str(value) for value in get_args(kind)]
        return values[0] if len(values) == 1 else f"{{{','.join(values)}}}"
    if get_origin(kind) is tuple:
        first, *rest = (METAVARS.get(name) or _metavar(name, k) for k in get_args(kind) if k is not ...)
        if first is None:
            return None
        return f"{first} ..." if ... in get_args(kind) else " ".join(filter(None, [first, *rest]))
    return _WORDS.get(kind)
