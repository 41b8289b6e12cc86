"""Parameters of one run as the start of another: whatever agrees by name and shape."""

from typing import Any, NamedTuple

import jax
from flax.traverse_util import flatten_dict, unflatten_dict

from gan.recipes.recipe import Recipe

LAYER_PARAMETERS = frozenset(["kernel", "bias", "noise_const", "noise_strength"])


class Transfer(NamedTuple):
    """A state with transferred parameters.

    Attributes:
        state: the new state.
        copied: names of the parameters that were transferred.
        left: names of the parameters of the state that keep their initial values.
        unused: names of the parameters of the source that the state does not have.
    """

    state: Any
    copied: list[str]
    left: list[str]
    unused: list[str]


def transfer(state: Any, source: Any, *, recipe: Recipe) -> Transfer:
    """`state` with the parameters of `source` wherever name and shape agree, in trained and exported fields.

    Both live on one mesh, each in its own shardings; all processes must call it together.

    Layers are named by their distance from the 4 px base, so networks of another resolution have those of the
    sizes that both have in common; optimizers and the clock stay those of `state`.
    """
    replaced: dict[str, Any] = {}
    copied: list[str] = []
    left: list[str] = []
    unused: list[str] = []
    for field in dict.fromkeys((*recipe.trained, recipe.exported)):
        mine, theirs = (flatten_dict(getattr(s, field), sep="/") for s in (state, source))
        fits = [name for name, leaf in mine.items() if name in theirs and theirs[name].shape == leaf.shape]
        where = {name: mine[name].sharding for name in fits}
        mine |= jax.jit(lambda leaves: leaves, out_shardings=where)({name: theirs[name] for name in fits})
        if field in recipe.trained:
            copied += [f"{field}/{name}" for name in fits]
            left += [f"{field}/{name}" for name in mine if name not in where]
            unused += [f"{field}/{name}" for name in theirs if name not in mine]
        replaced[field] = unflatten_dict(mine, sep="/")
    return Transfer(state.replace(**replaced), copied, left, unused)


def describe(transferred: Transfer, source: str) -> str:
    """One line: how many arrays were transferred, which layers keep their initial values, and which layers
    of the source are not used."""
    total = len(transferred.copied) + len(transferred.left)
    line = f"{len(transferred.copied)} of {total} arrays from {source}"
    for title, names in (("new", transferred.left), ("not used", transferred.unused)):
        if layers := sorted({_layer(name) for name in names}):
            line += f"; {title}: {', '.join(layers)}"
    return line


def _layer(name: str) -> str:
    """Path of the layer of a parameter, of at most three parts; a parameter outside layers is its own."""
    parts = name.split("/")
    return "/".join((parts[:-1] if parts[-1] in LAYER_PARAMETERS else parts)[:3])
