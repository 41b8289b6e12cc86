"""A style's config fitted to a generator, the latents of its keyframes, and the norm of its latents."""

import dataclasses
from collections.abc import Iterable
from typing import Any, NamedTuple

import jax.numpy as jnp
import numpy as np

from animate.config import PathConfig
from animate.controls import w_space
from animate.controls.config import ControlConfig
from animate.paths.keyframes_config import KeyframesConfig
from animate.paths.latent_loader import load_latents
from animate.paths.latent_spec import seeds_only
from data_prep.errors import InputError
from gan.draw.family import DrawFamily
from gan.sample import Generator, class_number

CHOSEN = frozenset({"random", "keyframes", "projection"})  # latents that are samples, or someone's choice


class StyleFit(NamedTuple):
    """The config of a path for one generator."""

    config: PathConfig
    points: dict[str, Any]  # keyword `points` of keyframes that are not all seeds
    uses_z: bool  # any latent is mapped from z, so that a class applies to it


def fit_style(generator: Generator, config: PathConfig, controls: ControlConfig) -> StyleFit:
    """Set the latent size of a style's config to the generator's; load the latents of --keys.

    Raises: InputError: keyframes do not match the generator, or contradict another flag.
    """
    in_w = config.space == "w"
    if not isinstance(config, KeyframesConfig):
        size = w_space.shape_of_w(generator)[1] if in_w else generator.z_dim
        return StyleFit(dataclasses.replace(config, latent_size=size), {}, uses_z=True)
    config = dataclasses.replace(config, latent_size=generator.z_dim)
    if not in_w and seeds_only(config.keys, flag="--keys") is not None:
        return StyleFit(config, {}, uses_z=True)
    any_in_z = []

    def to_w(latents: np.ndarray, truncation: float) -> np.ndarray:
        if truncation != 1 and any(value != 1 for value in controls.truncation):
            values = " ".join(f"{value:g}" for value in controls.truncation)
            raise InputError(
                f"--truncation {values}: a file of --keys has truncation {truncation:g} itself; leave it out"
            )
        w_space.check_w(generator, latents, name="--keys")
        any_in_z.append(latents.ndim == 2)
        label = None if controls.label is None else class_number(generator.class_names, controls.label)
        return w_space.to_w(generator, latents, truncation=truncation, label=label)

    points = load_latents(config.keys, z_dim=generator.z_dim, to_w=to_w, in_w=in_w)
    if points.ndim == 3 and config.amplitude != 1:
        raise InputError(
            f"--amplitude {config.amplitude:g}: keyframes in w are scaled by --truncation; leave it out"
        )
    space: Any = "w" if points.ndim == 3 else "z"
    config = dataclasses.replace(config, key_count=len(points), space=space)
    return StyleFit(config, {"points": jnp.asarray(points)}, uses_z=points.ndim == 2 or any(any_in_z))


def has_typical_norm(generator: Generator, styles: Iterable[str]) -> bool:
    """Whether the latents of a path of `styles` are scaled to the norm of normal ones, see `typical_norm`.

    Between its points a curve is nearer to the origin than they are, or farther from it. Other families
    scale z themselves; to DRAW, whose latents of images have any norm, that of z matters.
    """
    return isinstance(generator.family, DrawFamily) and CHOSEN.isdisjoint(styles)


def typical_norm(latents: np.ndarray) -> np.ndarray:
    """Latents [T, D] scaled to the norm sqrt(D)."""
    mean = np.square(latents, dtype=np.float64).mean(axis=1, keepdims=True)
    return (latents / np.sqrt(mean + 1e-8)).astype(np.float32)
