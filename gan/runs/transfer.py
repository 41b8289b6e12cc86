"""Weights of one run as the start of another: whatever agrees by name and shape."""

from typing import Any, NamedTuple

import jax
from flax.traverse_util import flatten_dict, unflatten_dict

from gan.state import TrainState


class Transfer(NamedTuple):
    """A state with weights taken over, and the names of those that were and were not."""

    state: TrainState
    copied: list[str]
    left: list[str]


def transplant(state: TrainState, donor: TrainState) -> Transfer:
    """`state` with the donor's generator, average and discriminator wherever name and shape agree.

    Both live on one mesh, each in its own way; all processes must ask at the same point.

    Layers are named by their distance from the 4 px base, so networks of another resolution share those of
    the sizes that both have; optimizers and the clock start anew.
    """
    taken: dict[str, Any] = {}
    copied: list[str] = []
    left: list[str] = []
    for field in ("generator", "average", "discriminator"):
        mine, theirs = (flatten_dict(getattr(s, field), sep="/") for s in (state, donor))
        fits = [name for name, leaf in mine.items() if name in theirs and theirs[name].shape == leaf.shape]
        where = {name: mine[name].sharding for name in fits}
        mine |= jax.jit(lambda leaves: leaves, out_shardings=where)({name: theirs[name] for name in fits})
        if field != "average":
            copied += [f"{field}/{name}" for name in fits]
            left += [f"{field}/{name}" for name in mine if name not in where]
        taken[field] = unflatten_dict(mine, sep="/")
    return Transfer(state.replace(**taken), copied, left)


def describe(transfer: Transfer, source: str) -> str:
    """One line: how much was taken over, and which layers start anew."""
    layers = sorted({"/".join(name.split("/")[:3]).rsplit("/", 1)[0] for name in transfer.left})
    anew = f"; new: {', '.join(layers)}" if layers else ""
    return f"{len(transfer.copied)} of {len(transfer.copied) + len(transfer.left)} arrays from {source}{anew}"
