"""The discriminator of a run that was trained against one."""

import dataclasses
from pathlib import Path
from typing import Any

import jax

from data_prep.errors import InputError
from gan.devices.sharding import make_mesh
from gan.families import Family
from gan.recipes import Adversarial
from gan.recipes.adversarial_state import TrainState
from gan.runs.run_folder import load_state, saved_data
from gan.sample import identity


@dataclasses.dataclass(frozen=True)
class SavedDiscriminator:
    """The discriminator of a run's newest checkpoint, on the first local device.

    Attributes:
        run: the run folder.
        family: its networks.
        params: parameters of the discriminator.
        class_names: classes of the run's dataset.
        identity: hash of everything that determines its scores.
    """

    run: Path
    family: Family
    params: Any
    class_names: tuple[str, ...]
    identity: str


def load_discriminator(run: Path, *, flag: str = "") -> SavedDiscriminator:
    """Load the discriminator of a run.

    Args:
        run: the run folder.
        flag: that named the run, for errors.

    Raises: InputError: as `load_state`; the run's recipe has no discriminator.
    """
    recipe, state = load_state(run, make_mesh(devices=jax.local_devices()[:1]), flag=flag)
    if not isinstance(recipe, Adversarial) or not isinstance(state, TrainState):
        named = f"{flag} {run}".strip()
        raise InputError(f"{named} was trained without a discriminator; give the folder of a GAN's training")
    data = saved_data(run)
    assert data is not None
    family, params = recipe.family, state.discriminator
    name = identity(recipe.config, family.shape, params)
    return SavedDiscriminator(run, family, params, tuple(data["classes"]), name)
