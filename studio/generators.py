"""Generators, directions and datasets of runs, loaded once; used in the device thread only.

jit keeps a program for each network, batch and size (`gan.explore.preview`).
"""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from data_prep.errors import InputError
from data_prep.records.writer import DATASET_JSON
from studio.project import CONFIG_JSON, Project, read_object

if TYPE_CHECKING:
    from gan.sample import Generator

LOADED = 3  # runs in memory
WEIGHTS = Path("generator") / "weights.safetensors"
_cache: OrderedDict[Hashable, Any] = OrderedDict()


def cached(key: Hashable, load: Callable[[], Any], *, most: int = 4 * LOADED) -> Any:
    """The value of a key, loaded if it is not one of the newest."""
    if key not in _cache:
        _cache[key] = load()
        while len(_cache) > most:
            _cache.popitem(last=False)
    _cache.move_to_end(key)
    return _cache[key]


def generator_of(run: Path) -> "Generator":
    """The generator of a run as it is now. Raises: InputError: it has none yet."""
    from gan.sample import load_generator

    weights = run / WEIGHTS
    if not weights.is_file():
        raise InputError(f"{run.name} has no generator yet: it is written at the first snapshot")
    return cached((weights, weights.stat().st_mtime_ns), lambda: load_generator(run))


def dataset_of(project: Project, run: Path) -> Path:
    """The dataset that a run was trained on, below ROOT or where the run names it.

    Raises: InputError: it is not there.
    """
    data = read_object(run / CONFIG_JSON, project.root).get("data", {})
    folder = str(data.get("folder", "")) if isinstance(data, dict) else ""
    if folder and (project.root / folder / DATASET_JSON).is_file():
        return project.root / folder
    for entry in project.entries("dataset"):
        if Path(entry.name).name == Path(folder).name:
            return project.root / entry.name
    raise InputError(f"the dataset {folder or 'of this run'} is not in this folder")


def typed(project: Project, path: Path) -> str:
    """A path as a user in ROOT would type it."""
    return project.name_of(path.resolve()) if path.resolve().is_relative_to(project.root) else str(path)
