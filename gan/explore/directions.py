"""Directions in w with large effect on images: principal components of w, and factors of the style weights.

Sources: Härkönen et al. 2020, "GANSpace", section 2.1 (principal components of w); Shen and Zhou 2021,
"Closed-form factorization of latent semantics in GANs", section 3.2 (eigenvectors of A^T A of the layers'
affine weights A).
"""

import dataclasses
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Literal, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from flax.traverse_util import flatten_dict

from data_prep import outputs
from data_prep.errors import InputError
from gan import latents
from gan.explore.config import DirectionsConfig
from gan.explore.seeds import distinct_seeds
from gan.explore.style_mixing import parse_layers
from gan.families import GeneratorFamily
from gan.random_streams import Stream
from gan.runs.latent_files import write_directions
from gan.runs.log import write_grid
from gan.sample import Generator, class_number, images_of_w

FILE, SHEET = "directions.npz", "directions.png"


class Directions(NamedTuple):
    """K directions in w.

    Attributes:
        vectors: [K, W] float64, orthonormal; the largest component of each is positive.
        strength: [K] float64 eigenvalues, largest first: variance of w, or squared gain of the layers.
    """

    vectors: np.ndarray
    strength: np.ndarray


@dataclasses.dataclass(frozen=True)
class FoundDirections:
    """Result of `find_directions`: K directions in w.

    Attributes:
        vectors: float32 [K, L, W], of length 1 in every selected layer, 0 elsewhere.
        sigma: float64 [K], standard deviation of w along each.
        strengths: [K] eigenvalues, largest first.
        variance_fractions: [K], fraction of the total variance of w along each.
    """

    vectors: np.ndarray
    sigma: np.ndarray
    strengths: np.ndarray
    variance_fractions: np.ndarray


@dataclasses.dataclass(frozen=True)
class DirectionsResult:
    """Files of directions, or those that existed already."""

    folder: Path
    file: Path
    method: str
    variance_fractions: tuple[float, ...] = ()  # of w along each direction
    existed: bool = False

    def __str__(self) -> str:
        if self.existed:
            return f"{self.folder}  already done"
        lines = [
            f"{self.file}[{k}]  {100 * fraction:.1f} % of the variance of w"
            for k, fraction in enumerate(self.variance_fractions)
        ]
        total = f"{self.folder}  {len(lines)} directions by {self.method}; all in {SHEET}"
        return "\n".join([*lines, total])


def write_strips(
    generator: Generator,
    out: Path,
    config: DirectionsConfig,
    *,
    source: Path | Sequence[Path] = (),
    overwrite: bool = False,
) -> DirectionsResult:
    """Find directions, write them to directions.npz, and draw a strip of images along each.

    Args:
        generator: the network.
        out: output folder.
        config: method and strips.
        source: folder of the generator, which must not be replaced.
        overwrite: replace other directions in `out`.

    Raises: InputError: an invalid setting, or `out` holds something else.
    """
    config.check()
    family, seeds = generator.family, distinct_seeds(config.seeds, flag="--seeds")
    check_count(config.count, w_dim=family.w_dim)
    layers = parse_layers(config.layers, count=family.num_ws)
    label = None if config.label is None else class_number(generator.class_names, config.label)
    made_by: dict[str, object] = {"method": config.method, "generator": generator.identity, "layers": layers}
    made_by |= {"samples": config.samples, "seed": config.seed, "label": config.label}
    strips = {"seeds": seeds, "strength": config.strength, "steps": config.steps}
    settings = made_by | strips | {"truncation": config.truncation, "count": config.count}
    with outputs.work(
        out, command="gan directions", settings=settings, source=source, overwrite=overwrite
    ) as state:
        if state == "done":
            return DirectionsResult(out, out / FILE, config.method, existed=True)
        found = find_directions(
            generator,
            method=config.method,
            count=config.count,
            layers=layers,
            samples=config.samples,
            seed=config.seed,
            label=label,
        )
        header = made_by | {"eigenvalues": [float(value) for value in found.strengths]}
        write_directions(out / FILE, found.vectors, found.sigma, header=header)
        rows: list[np.ndarray] = []
        drawn = direction_strips(
            generator,
            found,
            seeds=seeds,
            strength=config.strength,
            steps=config.steps,
            truncation=config.truncation,
            label=label,
        )
        for k, images in enumerate(drawn):
            shown = images.reshape(-1, *generator.shape)
            write_grid(out / f"direction{k:02d}.png", shown, columns=config.steps)
            rows.append(images[0])
        write_grid(out / SHEET, np.concatenate(rows), columns=config.steps)
    fractions = tuple(float(fraction) for fraction in found.variance_fractions)
    return DirectionsResult(out, out / FILE, config.method, fractions)


def find_directions(
    generator: Generator,
    *,
    method: Literal["pca", "sefa"],
    count: int,
    layers: Sequence[int],
    samples: int,
    seed: int,
    label: int | None,
) -> FoundDirections:
    """Find the `count` strongest directions in w.

    Args:
        generator: the network.
        method: "pca": principal components of sampled w. "sefa": factorisation of `style_kernels`.
        count: 1 to W.
        layers: layers of w that directions move; sefa factorises the weights of these.
        samples: number of w sampled, for pca and for `sigma`.
        seed: seed of the samples.
        label: class of the samples; None: classes in turn.

    Raises: InputError: count is out of range.
    """
    family, params = generator.family, generator.params
    check_count(count, w_dim=family.w_dim)
    w = sample_w(family, params, count=samples, seed=seed, label=label)
    if method == "pca":
        vectors, strengths = principal_directions(w, count=count)
    else:
        vectors, strengths = factorised_directions(style_kernels(family, params, layers), count=count)
    sigma = std_along(w, vectors)
    total = np.square(w.astype(np.float64) - w.mean(0, dtype=np.float64)).sum(1).mean()
    placed = in_layers(vectors, layers, count=family.num_ws)
    return FoundDirections(placed, sigma, strengths, np.square(sigma) / total)


def check_count(count: int, *, w_dim: int) -> None:
    """Raise InputError unless there are `count` directions in w [W]."""
    if not 1 <= count <= w_dim:
        raise InputError(f"--count {count}: must be from 1 to {w_dim}, the size of this generator's w")


def direction_strips(
    generator: Generator,
    found: FoundDirections,
    *,
    seeds: Sequence[int],
    strength: float,
    steps: int,
    truncation: float,
    label: int | None,
) -> Iterator[np.ndarray]:
    """Images along each direction, from -strength to +strength standard deviations of w.

    Yields: uint8 [len(seeds), steps, H, W, C] per direction.
    """
    z = latents.from_seeds(seeds, z_dim=generator.z_dim)
    labels = jnp.full(len(seeds), label or 0, jnp.int32)
    starts = generator.map(z, labels=labels, truncation=truncation)
    multiples = jnp.linspace(-strength, strength, steps)
    for vector, sigma in zip(found.vectors, found.sigma, strict=True):
        moved = along(starts, jnp.asarray(np.float32(sigma) * vector), multiples)
        images = images_of_w(generator, moved.reshape(-1, *moved.shape[2:]))
        yield images.reshape(len(seeds), steps, *generator.shape)


def sample_w(
    family: GeneratorFamily, params: Any, *, count: int, seed: int, label: int | None = None
) -> np.ndarray:
    """Random w [count, W] float32 of class `label`; None: classes in turn."""
    key = jax.random.fold_in(jax.random.key(seed), Stream.DIRECTIONS)
    labels = None
    if family.num_classes:
        taken = jnp.arange(count, dtype=jnp.int32) % family.num_classes
        labels = taken if label is None else jnp.full(count, label, jnp.int32)
    return np.asarray(_sample_w(key, family, params, labels, count=count))


@partial(jax.jit, static_argnames=("family", "count"))
def _sample_w(
    key: jax.Array, family: GeneratorFamily, params: Any, labels: jax.Array | None, *, count: int
) -> jax.Array:
    z = latents.draw(key, latents.numbered(0, count), z_dim=family.z_dim)
    return family.map(params, z, labels=labels, truncation=1.0)[:, 0]


def principal_directions(w: np.ndarray, *, count: int) -> Directions:
    """The `count` principal components of styles w [N, W]."""
    centred = w.astype(np.float64) - w.mean(0, dtype=np.float64)
    return _largest(centred.T @ centred / len(w), count)


def factorised_directions(kernels: Sequence[np.ndarray], *, count: int) -> Directions:
    """The `count` orthonormal vectors n with the largest effect on the layers' outputs.

    Args:
        kernels: of layers y = w @ kernel, each [W, I]; the sum of |n @ kernel|^2 over them is maximised.
        count: at most W.
    """
    stacked = np.concatenate([kernel.astype(np.float64) for kernel in kernels], axis=1)
    return _largest(stacked @ stacked.T, count)


def style_kernels(family: GeneratorFamily, params: Any, layers: Sequence[int]) -> list[np.ndarray]:
    """Effective kernels [W, I] of the first layers that read w, y = w @ kernel.

    Args:
        family: the networks.
        params: of the generator.
        layers: layers of w; only kernels that read these are returned.

    StyleGAN2: the affine maps from w to channel scales, to-RGB layers included. Families without a mapping
    network: the dense layer at the base. Family field: the mean of the first convolution's output, see
    `gan.families.field.Field.style_kernel`.
    """
    if (kernel := getattr(family, "style_kernel", None)) is not None:
        return [np.asarray(kernel(params))]
    flat = flatten_dict(params, sep="/")
    if family.num_ws == 1:
        named = {"base/kernel"}
    else:
        named = {f"synthesis/{name}/style/kernel" for layer in layers for name in layers_reading(layer)}
    return [np.asarray(flat[name]) / np.sqrt(family.w_dim) for name in sorted(named & set(flat))]


def layers_reading(layer: int) -> tuple[str, ...]:
    """Names of the StyleGAN2 layers that read layer `layer` of w; the network may have fewer.

    A to-RGB layer reads the same w as the first convolution of the next resolution.
    """
    if layer == 0:
        return ("conv_0",)
    level, odd = divmod(layer, 2)
    return (f"rgb_{level}", f"up_{level + 1}") if odd else (f"conv_{level}",)


def std_along(w: np.ndarray, vectors: np.ndarray) -> np.ndarray:
    """Standard deviation of w [N, W] along each of `vectors` [K, W]: [K] float64."""
    return (w.astype(np.float64) @ vectors.T).std(axis=0)


def in_layers(vectors: np.ndarray, layers: Sequence[int], *, count: int) -> np.ndarray:
    """Vectors [K, W] in the selected ones of `count` layers, zeros in the others: [K, count, W] float32."""
    placed = np.zeros((len(vectors), count, vectors.shape[1]), np.float32)
    placed[:, list(layers)] = vectors[:, None]
    return placed


def along(w: jax.Array, step: jax.Array, strengths: jax.Array) -> jax.Array:
    """w [N, L, W] moved by each of S multiples of a step [L, W]: [N, S, L, W]."""
    return w[:, None] + strengths.reshape(1, -1, 1, 1) * step[None, None]


def _largest(matrix: np.ndarray, count: int) -> Directions:
    """Eigenvectors of the `count` largest eigenvalues of a symmetric matrix."""
    values, columns = np.linalg.eigh(matrix)
    vectors = columns.T[::-1][:count]
    largest = np.take_along_axis(vectors, np.abs(vectors).argmax(1)[:, None], axis=1)
    return Directions(vectors * np.where(largest < 0, -1.0, 1.0), values[::-1][:count])
