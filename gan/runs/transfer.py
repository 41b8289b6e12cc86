"""Parameters of one run as the start of another: whatever agrees by name and shape."""

from typing import Any, NamedTuple

import jax
from flax.traverse_util import flatten_dict, unflatten_dict

from gan.recipes.recipe import Recipe


class Transfer(NamedTuple):
    """A state with transferred parameters, and the names of those that were and were not."""

    state: Any
    copied: list[str]
    left: list[str]


def transfer(state: Any, source: Any, *, recipe: Recipe) -> Transfer:
    """`state` with the parameters of `source` wherever name and shape agree, in trained and exported fields.

    Both live on one mesh, each in its own shardings; all processes must call it together.

    Layers are named by their distance from the 4 px base, so networks of another resolution have those of the
    sizes that both have in common; optimizers and the clock stay those of `state`.
    """
    replaced: dict[str, Any] = {}
    copied: list[str] = []
    left: list[str] = []
    for field in dict.fromkeys((*recipe.trained, recipe.exported)):
        mine, theirs = (flatten_dict(getattr(s, field), sep="/") for s in (state, source))
        fits = [name for name, leaf in mine.items() if name in theirs and theirs[name].shape == leaf.shape]
        where = {name: mine[name].sharding for name in fits}
        mine |= jax.jit(lambda leaves: leaves, out_shardings=where)({name: theirs[name] for name in fits})
        if field in recipe.trained:
            copied += [f"{field}/{name}" for name in fits]
            left += [f"{field}/{name}" for name in mine if name not in where]
        replaced[field] = unflatten_dict(mine, sep="/")
    return Transfer(state.replace(**replaced), copied, left)


def describe(transferred: Transfer, source: str) -> str:
    """One line: how many arrays were transferred, and which layers keep their initial values."""
    layers = sorted({"/".join(name.split("/")[:3]).rsplit("/", 1)[0] for name in transferred.left})
    initial = f"; new: {', '.join(layers)}" if layers else ""
    total = len(transferred.copied) + len(transferred.left)
    return f"{len(transferred.copied)} of {total} arrays from {source}{initial}"
