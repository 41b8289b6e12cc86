"""A style's config made to fit a generator, and the latents that its keyframes name."""

import dataclasses
from typing import Any, NamedTuple

from animate.config import PathConfig
from animate.controls.config import SteerConfig
from animate.keyframes_config import KeyframesConfig
from animate.paths.latent_spec import seeds_alone
from data_prep.errors import InputError


class Fitted(NamedTuple):
    """The config of a path for one generator."""

    config: PathConfig
    points: dict[str, Any]  # `points` of keyframes that are more than seeds
    mapped: bool  # whether any latent is drawn in z, and so of the class that is drawn


def fitted_to(generator: Any, config: PathConfig, steer: SteerConfig) -> Fitted:
    """The config of a style for this generator's latents; files of --keys are read.

    Raises: InputError: keys are not of the generator's kind, or something is said that does not go with them.
    """
    from animate.controls import w_space

    in_w = config.space == "w"
    if not isinstance(config, KeyframesConfig):
        size = w_space.shape_of_w(generator)[1] if in_w else generator.z_dim
        return Fitted(dataclasses.replace(config, latent_size=size), {}, mapped=True)
    config = dataclasses.replace(config, latent_size=generator.z_dim)
    if not in_w and seeds_alone(config.keys, flag="--keys") is not None:
        return Fitted(config, {}, mapped=True)
    import jax.numpy as jnp

    from animate.paths.latent_loader import read_keys
    from gan.sample import class_number

    in_z = []

    def to_w(latents: Any, truncation: float) -> Any:
        if truncation != 1 and any(value != 1 for value in steer.truncation):
            words = " ".join(f"{value:g}" for value in steer.truncation)
            raise InputError(
                f"--truncation {words}: a file of --keys has its own truncation, {truncation:g}; leave it out"
            )
        w_space.check_w(generator, latents, name="--keys")
        in_z.append(latents.ndim == 2)
        label = None if steer.label is None else class_number(generator.class_names, steer.label)
        return w_space.to_w(generator, latents, truncation=truncation, label=label)

    points = read_keys(config.keys, z_dim=generator.z_dim, to_w=to_w, in_w=in_w)
    if points.ndim == 3 and config.amplitude != 1:
        raise InputError(
            f"--amplitude {config.amplitude:g}: keys in w are pulled by --truncation; leave it out"
        )
    space: Any = "w" if points.ndim == 3 else "z"
    config = dataclasses.replace(config, key_count=len(points), space=space)
    return Fitted(config, {"points": jnp.asarray(points)}, mapped=points.ndim == 2 or any(in_z))
