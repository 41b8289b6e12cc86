"""A run folder: config.json records config and data; a resumed run is compared with it.

config.json   {"schema": 1, "recipe": its name, "data": {"folder", "content_hash", "shape", "classes"},
               "train": the config, in groups}
"""

import contextlib
import dataclasses
import fcntl
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Protocol, TypeVar

import jax
from jax.sharding import Mesh

from data_prep.errors import InputError
from data_prep.outputs import PARTIAL, write_json
from gan.config import RunConfig, difference, from_json, resumable_fields, to_json
from gan.data.reals import Reals
from gan.devices.distributed import any_process, from_first
from gan.devices.precision import resolve_dtype
from gan.recipes import RECIPES, build_recipe, recipe_name
from gan.recipes.recipe import Recipe, State
from gan.runs.checkpoint import Checkpoints
from gan.sample import FOLDER, WEIGHTS
from gan.steps.state import abstract_state

FILE, LOCK = "config.json", ".lock"
MISSING = "missing"  # entry of "data" of an imported run: networks that the snapshot lacks
C = TypeVar("C", bound=RunConfig)


class Source(Protocol):
    """What a run is trained on: a dataset, or anything else with a folder and a hash of its content."""

    @property
    def folder(self) -> Path: ...

    @property
    def content_hash(self) -> str: ...


def saved_config(run: Path) -> RunConfig | None:
    """The config of an existing run, None where there is no run. Raises InputError for a damaged one."""
    if not (run / FILE).is_file():
        return None
    saved = _read(run)
    return from_json(saved["train"], kind=RECIPES[saved["recipe"]].config)


def saved_data(run: Path) -> dict[str, Any] | None:
    """Data of a run: its "folder", "content_hash", "shape" and "classes"; None where there is no run."""
    return _read(run)["data"] if (run / FILE).is_file() else None


def check_same(config: RunConfig, dataset: Source) -> None:
    """Compare this process's config and data with those of process 0; all processes must call it together.

    Raises: InputError, in every process at once: some process has others.
    """
    own = {"train": to_json(_resolved(config)), "content_hash": dataset.content_hash}
    first = json.loads(from_first(json.dumps(own)))
    changed = difference(from_json(first["train"], kind=type(config)), _resolved(config))
    listed = [f"{field} is {before} there, {now} here" for field, (before, now) in changed.items()]
    if first["content_hash"] != dataset.content_hash:
        listed.append(f"{dataset.folder} holds other images here")
    if any_process(bool(listed)):
        who = "not" if listed else "another process was not"
        message = f"{who} started as process 0 was{': ' * bool(listed)}{', '.join(listed)}"
        raise InputError(f"{message}; give every process the same flags and data")


def open_run(run: Path, config: C, dataset: Source, reals: Reals) -> tuple[C, dict[str, tuple[Any, Any]]]:
    """Make `run` a run folder for `config` on `dataset`, or check that it is one.

    `reals` are the dataset's images as the networks see them: live tiles have another shape than their pages.
    Of several processes, which have passed `check_same`, process 0 comes first, and only it writes.

    Returns:
        (the resolved config, what differs from the run's earlier config: field -> (before, now)).

    Raises:
        InputError: the folder holds something else, other data, or a config that differs in shapes or data.
    """
    config = _resolved(config)
    if jax.process_index() > 0 and not (
        run.is_dir() and FILE in os.listdir(run)
    ):  # listing refreshes NFS caches
        raise InputError(
            f"{run} is not the run folder of process 0; give all processes the same --run, where all see it"
        )
    if not (run / FILE).is_file():
        ours = (PARTIAL, LOCK)
        if run.is_file() or (run.is_dir() and any(not p.name.startswith(ours) for p in run.iterdir())):
            raise InputError(f"{run} exists and is no run folder; choose an empty or new --run")
        _write(run, config, dataset, reals)
        return config, {}
    saved = _read(run)
    if saved["data"]["content_hash"] != dataset.content_hash:
        raise InputError(
            f"{run} was trained on {saved['data']['folder']}, whose content is not that of {dataset.folder}; "
            "give that --data again, or choose a new --run"
        )
    changed = difference(from_json(saved["train"], kind=type(config)), config)
    fixed = {k: v for k, v in changed.items() if k not in resumable_fields(config)}
    if fixed:
        listed = ", ".join(f"{k} is {before} there, {now} requested" for k, (before, now) in fixed.items())
        raise InputError(f"{run} has another config ({listed}); remove these flags, or choose a new --run")
    if changed and jax.process_index() == 0:
        _write(run, config, dataset, reals)
    return config, changed


@contextlib.contextmanager
def locked(run: Path) -> Iterator[None]:
    """Lock `run` against a second training; the lock ends with the process.

    Raises: InputError: another process trains there.
    """
    run.mkdir(parents=True, exist_ok=True)
    with (run / LOCK).open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise InputError(
                f"another process is training in {run}; wait for it, or choose a new --run"
            ) from None
        yield


def _resolved(config: C) -> C:
    return dataclasses.replace(config, compute_dtype=resolve_dtype(config.compute_dtype))


def _read(run: Path) -> dict[str, Any]:
    try:
        saved = json.loads((run / FILE).read_text(encoding="utf-8"))
        if saved["schema"] != 1 or not saved["data"]["content_hash"] or not isinstance(saved["train"], dict):
            raise ValueError("of another schema")
        if saved.setdefault("recipe", "adversarial") not in RECIPES:
            raise ValueError(f"recipe {saved['recipe']!r}, not {' or '.join(RECIPES)}")
    except (ValueError, KeyError, TypeError) as error:
        raise InputError(f"{run / FILE} is damaged ({error}); choose a new --run") from None
    return saved


def _write(run: Path, config: RunConfig, dataset: Source, reals: Reals) -> None:
    data = {
        "folder": str(dataset.folder),
        "content_hash": dataset.content_hash,
        "shape": list(reals.image_shape),
        "classes": list(reals.class_names),
    }
    certify(run, config, data)


def certify(run: Path, config: RunConfig, data: dict[str, Any]) -> None:
    """Write a run's config.json; `data` has the fields of `saved_data`."""
    described = {"schema": 1, "recipe": recipe_name(config), "data": data, "train": to_json(config)}
    write_json(run / FILE, described)


def load_state(run: Path, mesh: Mesh, *, flag: str = "") -> tuple[Recipe, State]:
    """The recipe of a run, and its state at the newest undamaged checkpoint.

    Args:
        run: the run folder.
        mesh: of the state's devices.
        flag: that named the run, for errors.

    Raises: InputError: it is not a run folder, or has no checkpoint yet.
    """
    named = f"{flag} {run}".strip()
    if (run / WEIGHTS).is_file() or ((run / FOLDER).is_dir() and not (run / FILE).is_file()):
        raise InputError(f"{named} holds a generator alone; give the folder of its training")
    config, described = saved_config(run), saved_data(run)
    if config is None or described is None:
        raise InputError(f"{named} is no run folder; give the folder of a training")
    if lacks := described.get(MISSING):
        raise InputError(
            f"{named} is imported from a snapshot without {', '.join(lacks)}, which training needs and "
            "sample, animate and project do not; import one with G, D and G_ema"
        )
    recipe = build_recipe(config, tuple(described["shape"]), num_classes=len(described["classes"]))
    with Checkpoints(run, keep_latest=config.intervals.keep_latest, keep_every_nimg=0) as checkpoints:
        restored = checkpoints.restore(abstract_state(recipe, mesh))
    if restored is None:
        raise InputError(f"{named} has no checkpoint yet; train it first")
    return recipe, restored[0]
