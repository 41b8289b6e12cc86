"""Run folders of imported networks.

`generator/` holds G_ema; the checkpoint at nimg 0 holds G, D and G_ema with initial optimizer states, from
which a training can start (--init-from). A snapshot without D gives no checkpoint; config.json records that.
"""

import dataclasses
import hashlib
from pathlib import Path

import jax
import numpy as np

from data_prep.errors import InputError
from gan import config as configuration
from gan.config import Stylegan2Config, TrainConfig, auto
from gan.imports.snapshots import read_snapshot
from gan.imports.stylegan2 import Imported, convert
from gan.recipes.adversarial_state import state_of_weights
from gan.runs.checkpoint import Checkpoints
from gan.runs.run_folder import MISSING, certify
from gan.sample import save_generator

SHARED = 4  # maximum average sharing of storages by arrays
RULE = frozenset(["channel_base", "channel_max"])
LEFT_OUT = frozenset(["minibatch_order"])  # equivalent in distribution; "neighbours" can accumulate gradients


def read_networks(path: Path) -> Imported:
    """Read the networks of a snapshot and convert them.

    Raises: InputError: not a snapshot, or unsupported networks. One line, naming the file.
    """
    snapshot = read_snapshot(path)
    try:
        imported = convert(snapshot.networks, most_bytes=SHARED * path.stat().st_size)
        return dataclasses.replace(imported, ignored=snapshot.ignored)
    except (ValueError, TypeError) as error:
        raise InputError(f"{path} holds networks that are not supported: {error}") from None


def write_run(run: Path, imported: Imported, *, source: Path, content: str, like: TrainConfig) -> TrainConfig:
    """Write imported networks as a run folder; returns its config.

    Args:
        run: empty, claimed folder.
        imported: the networks.
        source: the snapshot, recorded as "data" of the run.
        content: hash of its bytes.
        like: config with the settings that a snapshot does not contain.

    Raises: WorkError: writing failed.
    """
    config = dataclasses.replace(
        like,
        preset="imported",
        family="stylegan2",
        network=imported.network,
        conditional=imported.num_classes > 0,
        compute_dtype="float32",
    )
    config, _ = auto.resolve(config, imported.shape, devices=1)
    configuration.check(config)
    params = imported.params
    classes = [str(i) for i in range(imported.num_classes)]
    save_generator(run, params["G_ema"], config=config, shape=imported.shape, nimg=0, class_names=classes)
    if "D" in params:
        average = jax.device_put(params["G_ema"])
        generator = jax.device_put(params["G"]) if "G" in params else average
        discriminator = jax.device_put(params["D"])
        state = state_of_weights(
            jax.random.key(config.seed), generator, discriminator, average, config=config
        )
        with Checkpoints(run, keep_latest=1, keep_every_nimg=0) as checkpoints:
            checkpoints.save(state, 0)
    data = {
        "folder": str(source),
        "content_hash": content,
        "shape": list(imported.shape),
        "classes": classes,
    }
    if "D" not in params:
        data[MISSING] = ["D"]
    certify(run, config, data)
    return config


def flags(config: TrainConfig, like: TrainConfig) -> list[str]:
    """Flags of `gan train` with preset `like` that build the networks of `config`.

    All network fields that differ, except for the order of minibatch groups.
    """
    network, preset = config.network, like.network
    unused = RULE if isinstance(network, Stylegan2Config) and network.has_own_widths else frozenset()
    names = [field.name for field in dataclasses.fields(network) if field.name not in LEFT_OUT | unused]
    differ = [name for name in names if getattr(network, name) != getattr(preset, name)]
    words: list[str] = []
    for name in differ:
        flag, value = name.replace("_", "-"), getattr(network, name)
        if isinstance(value, bool):
            words.append("--" + "no-" * (not value) + flag)
        else:
            words += [f"--{flag}", *map(str, value if isinstance(value, tuple) else [value])]
    return words + ["--conditional"] * config.conditional


def content_hash(path: Path) -> str:
    """Hash of a file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()[:16]


def parameters(params: object) -> int:
    """Number of parameters of a pytree."""
    return sum(int(np.prod(leaf.shape)) for leaf in jax.tree.leaves(params))
