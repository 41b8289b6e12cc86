"""The newest state of a training, read from its run folder: both networks, for those who need more than the
generator."""

from pathlib import Path

from jax.sharding import Mesh

from data_prep.errors import InputError
from gan.checkpoint import Checkpoints
from gan.families import Family, build
from gan.run_folder import FILE, saved_config, saved_data
from gan.sample import FOLDER, WEIGHTS
from gan.state import TrainState, abstract_state


def load_state(run: Path, mesh: Mesh, *, flag: str = "") -> tuple[Family, TrainState]:
    """The newest whole checkpoint of a run, and the networks that it holds the weights of.

    Args:
        run: the run folder.
        mesh: where the state is to live.
        flag: that named the run, for errors.

    Raises: InputError: it is no run folder, or has no checkpoint yet.
    """
    named = f"{flag} {run}".strip()
    if (run / WEIGHTS).is_file() or ((run / FOLDER).is_dir() and not (run / FILE).is_file()):
        raise InputError(f"{named} holds a generator alone; give the folder of its training")
    config, described = saved_config(run), saved_data(run)
    if config is None or described is None:
        raise InputError(f"{named} is no run folder; give the folder of a training")
    family = build(config, tuple(described["shape"]), num_classes=len(described["classes"]))
    with Checkpoints(run, keep_latest=config.keep_latest, keep_every_nimg=0) as checkpoints:
        restored = checkpoints.restore(abstract_state(family, config, mesh))
    if restored is None:
        raise InputError(f"{named} has no checkpoint yet; train it first")
    return family, restored[0]
