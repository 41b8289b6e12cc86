"""The networks that a next-frame model starts from: a generator and a perceptual distance."""

import dataclasses
import hashlib
from functools import cached_property, partial
from pathlib import Path
from typing import Any

import jax
import numpy as np

from data_prep.errors import InputError
from data_prep.progress import Warn, ignore
from gan.config.next_frame import NextFrameConfig
from gan.metrics.perceptual import Perceptual, distance_of, maps_distance
from gan.next_frame.latents import open_projector
from gan.projection.optimizer import Projector
from gan.recipes.next_frame import Networks
from gan.recipes.next_image import code_side
from gan.sample import Generator, load_generator

PAGE_SIDE = 16  # of the code of a page, where the generator does not read it


@dataclasses.dataclass(frozen=True, eq=False)
class Opened:
    """A generator, a perceptual distance, and the config of the model on them."""

    generator: Generator
    perceptual: Perceptual
    config: NextFrameConfig

    @cached_property
    def projector(self) -> Projector:
        """Finds w of frames; compiled when it is used."""
        return open_projector(self.generator, self.perceptual, self.config)

    @property
    def side(self) -> int:
        """Side of the codes of frames and pages."""
        return code_side(self.generator.z_dim) if self.config.recipe == "pixels" else PAGE_SIDE

    def networks(self, *, step: float = 1.0) -> Networks:
        """What the recipe reads; `step` is the root mean square step of the standardised w."""
        is_latent = self.config.recipe == "latent"
        named = f"{self.generator.identity} {self.perceptual.name}"
        return Networks(
            identity=hashlib.sha256(named.encode()).hexdigest()[:16],
            family=self.generator.family,
            generator=self.generator.params,
            distance=partial(_distance, self.perceptual.maps),
            distance_params=self.perceptual.params,
            mean=np.asarray(self.projector.space.mean) if is_latent else None,
            std=float(self.projector.space.std) if is_latent else 1.0,
            side=self.side,
            step=step,
        )


def open_networks(run: Path, config: NextFrameConfig, *, warn: Warn = ignore) -> Opened:
    """Load the networks of a run folder.

    Args:
        run: folder of the generator; the discriminator of its newest checkpoint measures the distance.
        config: of the model. If it names identities, the networks must have them.
        warn: called if there is no discriminator.

    Raises: InputError: no generator, other networks than those of the model, images that are too small.
    """
    generator = load_generator(run)
    if config.generator_identity not in ("", generator.identity):
        raise _changed(run, "generator")
    if config.recipe == "pixels" and generator.z_dim < 2:
        raise InputError(
            f"{run}: latents of length {generator.z_dim} hold no frame and page; use --recipe latent"
        )
    perceptual = distance_of(run, None, shape=generator.shape, warn=warn)
    distance = perceptual.name if config.recipe == "latent" else ""
    if config.distance_identity not in ("", distance):
        raise _changed(run, "discriminator")
    config = dataclasses.replace(
        config,
        generator=str(run.resolve()),
        generator_identity=generator.identity,
        distance_identity=distance,
    )
    return Opened(generator, perceptual, config)


def _changed(run: Path, network: str) -> InputError:
    return InputError(
        f"{run} has another {network} than the model was trained with (it was trained on); train the model "
        "again in a new --run"
    )


def _distance(maps: Any, params: Any, a: jax.Array, b: jax.Array) -> jax.Array:
    return maps_distance(maps(params, a), maps(params, b))
