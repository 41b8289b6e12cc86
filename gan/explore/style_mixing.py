"""Style mixing: some layers or parts of one w, the rest of another.

Source: Karras et al. 2019, "A style-based generator architecture for GANs", section 3.1 and figure 3.
"""

import dataclasses
import re
from collections.abc import Sequence

import jax
import jax.numpy as jnp
import numpy as np

from data_prep.errors import InputError
from gan import latents
from gan.families import GeneratorFamily
from gan.sample import Generator, images_of_w


@dataclasses.dataclass(frozen=True)
class MixedGrid:
    """Result of `mix_grid`.

    Attributes:
        images: uint8 [R + 1, C + 1, H, W, D]: images of the columns in the first row, images of the rows in
            the first column, white in the corner, mixed images elsewhere.
    """

    images: np.ndarray


def mix_grid(
    generator: Generator,
    row_seeds: Sequence[int],
    column_seeds: Sequence[int],
    *,
    taken: np.ndarray,
    truncation: float,
    label: int,
) -> MixedGrid:
    """Images of each row's w with the selected parts of each column's w.

    Args:
        generator: the network.
        row_seeds, column_seeds: seeds of the latents.
        taken: numbers of w taken from the column, bool [L, 1] or [L, W], as of `taken_from_column`.
        truncation: truncation psi.
        label: class of all images; ignored without classes.
    """
    seeds, r, c = [*row_seeds, *column_seeds], len(row_seeds), len(column_seeds)
    z = latents.from_seeds(seeds, z_dim=generator.z_dim)
    w = generator.map(z, labels=jnp.full(len(z), label, jnp.int32), truncation=truncation)
    mixed = mix_styles(w[:r], w[r:], taken)
    images = images_of_w(generator, jnp.concatenate([w, mixed.reshape(r * c, *w.shape[1:])]))
    sources, mixtures = images[: r + c], images[r + c :]
    return MixedGrid(with_sources(mixtures.reshape(r, c, *generator.shape), sources[:r], sources[r:]))


def mix_styles(rows: jax.Array, columns: jax.Array, taken: np.ndarray) -> jax.Array:
    """Combine w of every row with w of every column.

    Args:
        rows: w [R, L, W].
        columns: w [C, L, W].
        taken: what is taken from the column, bool [L, 1] or [L, W]; the rest is that of the row.

    Returns: w [R, C, L, W].
    """
    return jnp.where(jnp.asarray(taken)[None, None], columns[None], rows[:, None])


def taken_from_column(family: GeneratorFamily, text: str) -> np.ndarray:
    """Parse what a mixed image takes from its column: layers, or the name of a part of w.

    Args:
        family: the networks; a family with named parts of w has them in `parts`, name -> slice of W.
        text: value of --layers.

    Returns: bool [L, 1], or [L, W] for a part.

    Raises: InputError: invalid text; the generator has no such layers or part, or a single w without parts.
    """
    parts: dict[str, slice] = getattr(family, "parts", {})
    if parts:
        if text not in parts:
            raise InputError(f"--layers {text}: must be {' or '.join(parts)} in this generator's family")
        return np.isin(np.arange(family.w_dim), np.arange(family.w_dim)[parts[text]])[None]
    if family.num_ws == 1:
        raise InputError(
            f"--layers {text}: this generator has one w for the whole image and cannot mix styles; use a "
            "family with w per layer, such as stylegan2"
        )
    return np.isin(np.arange(family.num_ws), parse_layers(text, count=family.num_ws))[:, None]


def with_sources(mixed: np.ndarray, rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
    """Mixed images [R, C, H, W, D] with the images of the rows [R, H, W, D] and columns [C, H, W, D] added.

    Returns: uint8 [R + 1, C + 1, H, W, D], see `MixedGrid`.
    """
    corner = np.full_like(columns[:1], 255)
    top = np.concatenate([corner, columns])[None]
    return np.concatenate([top, np.concatenate([rows[:, None], mixed], axis=1)])


def parse_layers(text: str | None, *, count: int) -> list[int]:
    """Parse layer numbers: '0-3' or '0,2,5-7' -> sorted list; None: all layers.

    Args:
        text: value of --layers.
        count: L, number of layers of the generator; 0 is the coarsest.

    Raises: InputError: invalid text, or layers that the generator does not have.
    """
    if text is None:
        return list(range(count))
    chosen: set[int] = set()
    for part in text.split(","):
        match = re.fullmatch(r"(\d+)(?:-(\d+))?", part.strip(), re.ASCII)
        first, last = (int(match[1]), int(match[2] or match[1])) if match else (1, 0)
        if last < first:
            raise InputError(f"--layers {text}: give numbers and ranges, as in 0-3 or 0,2,5-7")
        if last >= count:
            known = f"layers 0 to {count - 1}" if count > 1 else "one w for the whole image, layer 0"
            raise InputError(f"--layers {text}: this generator has {known}")
        chosen.update(range(first, last + 1))
    return sorted(chosen)
