"""Edits of latents in w: truncation, steps along directions, parts of another latent.

Sources: Karras et al. 2019, "A style-based generator architecture for GANs", section 3.1 (mixing) and
appendix B (truncation); Härkönen et al. 2020, "GANSpace", section 2.1 (steps along directions).
"""

import dataclasses
from collections.abc import Sequence
from typing import Any

import jax.numpy as jnp
import numpy as np

from data_prep.errors import InputError
from gan import latents
from gan.explore.style_mixing import taken_from_column
from gan.sample import Generator

Source = int | np.ndarray
"""A seed, or w float32 [L, W], truncated already."""


@dataclasses.dataclass(frozen=True, eq=False)
class LatentEdit:
    """One latent, and what is done with it, in this order: mixing, then steps.

    Attributes:
        source: where it starts.
        mixed: takes `layers` from this one; None: from none.
        layers: layers or part of w, as of `inkloop gan mix --layers`.
        moves: (number of a direction, standard deviations of w along it).
    """

    source: Source
    mixed: Source | None = None
    layers: str = ""
    moves: tuple[tuple[int, float], ...] = ()


def edited_latents(
    generator: Generator,
    edits: Sequence[LatentEdit],
    *,
    truncation: float,
    steps: np.ndarray | None = None,
    label: int | None = None,
) -> np.ndarray:
    """w of edits, float32 [N, L, W].

    Args:
        generator: maps seeds to w.
        edits: at least one.
        truncation: psi of seeds: 1 = off, 0 = mean image.
        steps: directions times one standard deviation of w along each, [K, L, W], for `moves`.
        label: class of seeds; None: the first, if there are classes.

    Raises: InputError: layers, a direction or a latent does not fit the generator.
    """
    shape = (generator.family.num_ws, generator.family.w_dim)
    sources = [source for edit in edits for source in (edit.source, edit.mixed) if source is not None]
    seeds = sorted({source for source in sources if isinstance(source, int)})
    mapped: dict[int, np.ndarray] = {}
    if seeds:
        w = map_seeds(generator, seeds, truncation=truncation, label=label)
        mapped = dict(zip(seeds, w, strict=True))

    def of(source: Source) -> np.ndarray:
        found = mapped[source] if isinstance(source, int) else np.asarray(source, np.float32)
        if found.shape != shape:
            raise InputError(f"the latent in w is {list(found.shape)}, the generator takes {list(shape)}")
        return found

    rows = []
    for edit in edits:
        row = of(edit.source)
        if edit.mixed is not None:
            row = np.where(taken_from_column(generator.family, edit.layers), of(edit.mixed), row)
        for number, strength in edit.moves:
            if steps is None or not 0 <= number < len(steps):
                raise InputError(f"direction {number}: there are {0 if steps is None else len(steps)}")
            if steps.shape[1:] != shape:
                found = list(steps.shape[1:])
                raise InputError(f"the directions are {found}, the generator's w {list(shape)}")
            row = row + np.float32(strength) * steps[number]
        rows.append(row)
    return np.stack(rows).astype(np.float32)


def map_seeds(
    generator: Generator, seeds: Sequence[int], *, truncation: float, label: int | None = None
) -> np.ndarray:
    """w of seeds, float32 [N, L, W]. The number of seeds is padded to a power of 2: few programs."""
    padded = [*seeds, *[seeds[-1]] * ((1 << (len(seeds) - 1).bit_length()) - len(seeds))]
    labels: Any = None if label is None else jnp.full(len(padded), label, jnp.int32)
    z = latents.from_seeds(padded, z_dim=generator.z_dim)
    return np.asarray(generator.map(z, labels=labels, truncation=truncation))[: len(seeds)]
