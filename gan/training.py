"""A training from a dataset to a run folder: every check before the first step, then the loop.

`train_run` trains a GAN, `train_draw` DRAW.
"""

import contextlib
import dataclasses
import json
from pathlib import Path
from typing import TypeVar

from jax.sharding import Mesh

from data_prep.errors import InputError
from data_prep.progress import Note, Progress, ignore, no_progress
from data_prep.records.dataset import Dataset
from gan import config as configuration
from gan import loop
from gan.config import FieldConfig, RunConfig, TrainConfig, auto, replace
from gan.config.draw import DrawConfig, check_doodle_shape, check_draw
from gan.config_fields import number
from gan.data import batches
from gan.data.doodles import DoodleReals, blank_count, detect_ink
from gan.data.reals import Reals, open_reals
from gan.devices import distributed as processes
from gan.devices import sharding
from gan.monitoring import evaluation
from gan.recipes import build_recipe
from gan.runs import run_folder

C = TypeVar("C", bound=RunConfig)
STATISTICS_IMAGES = 2_048  # measured for --statistics


@dataclasses.dataclass(frozen=True)
class Prepared:
    """What `prepare` opened and resolved: the resolved config, and a line for each value that was "auto"."""

    config: TrainConfig
    dataset: Dataset
    reals: Reals
    mesh: Mesh
    reasons: list[str]


@dataclasses.dataclass(frozen=True)
class TrainedRun:
    """Result of `train_run` and `train_draw`.

    Attributes:
        run: the run folder.
        config: resolved, as stored in the run folder.
        nimg: images seen.
        best: parent folder of the best snapshot's generator; None: no snapshot was measured.
    """

    run: Path
    config: RunConfig
    nimg: int
    best: Path | None

    def __str__(self) -> str:
        lines = [f"{self.run}/generator  nimg {self.nimg}"]
        if self.best is not None:
            lines.append(f"{self.best}/generator  the best by {self.config.evaluation.best_by}")
        return "\n".join(lines)


def saved_training(run: Path, *, default: C) -> C | None:
    """The config of an existing run, None if there is none.

    Raises: InputError: it has another preset than `default`.
    """
    saved, preset = run_folder.saved_config(run), default.preset
    if saved is None:
        return None
    if not isinstance(saved, type(default)) or saved.preset != preset:
        raise InputError(
            f"{run} was started from preset {saved.preset!r}, not {preset!r}; choose a new --run"
        )
    return saved


def prepare(config: TrainConfig, data: Path) -> Prepared:
    """Open a dataset for a training, and check that they fit.

    Args:
        config: checked.
        data: dataset folder.

    Raises: InputError: config, dataset and devices do not fit.
    """
    dataset = Dataset(data)
    reals = open_reals(dataset, config)
    configuration.check_shape(config, reals.image_shape)
    mesh = sharding.make_mesh()
    config, reasons = auto.resolve(config, reals.image_shape, devices=mesh.devices.size, images=reals.count)
    if dataset.kind == "tiles":
        batches.check_dataset(dataset, batch_size=number(config.batch_size))
    sharding.check_batch(number(config.batch_size), mesh)
    if (weights := config.evaluation.metric_weights) is not None:
        config = replace(config, metric_weights=str(Path(weights).resolve()))
    if config.evaluation.metrics:
        evaluation.open_extractor(config.evaluation.metric_weights)
        if reals.count < configuration.FEWEST:
            raise InputError(
                f"{data} holds {len(dataset)} images; --metrics needs at least {configuration.FEWEST}"
            )
    return Prepared(config, dataset, reals, mesh, reasons)


def with_statistics(config: TrainConfig, reals: Reals, data: Path, *, run: Path | None = None) -> TrainConfig:
    """The config with the table of --statistics of the real images; all processes must call it together.

    A run that exists keeps its table: on another processor the last digits would differ.

    Raises: InputError: images are too small for so many statistics, or too few.
    """
    network = config.network
    if not isinstance(network, FieldConfig) or not network.statistics or network.statistics_table:
        return config
    from gan.families import image_statistics

    count, most = network.statistics, 1 + image_statistics.octaves(reals.image_shape)
    height, width = reals.image_shape[:2]
    if count > most:
        raise InputError(f"--statistics {count}: images of {width} x {height} px have {most} statistics")
    saved = None if run is None else run_folder.saved_config(run)
    if isinstance(saved, TrainConfig) and isinstance(saved.network, FieldConfig):
        return replace(config, statistics_table=saved.network.statistics_table)
    table: tuple[float, ...] = ()
    if processes.is_first():
        images = reals.look(int(min(STATISTICS_IMAGES, reals.count)), seed=config.seed)
        with contextlib.suppress(ValueError):
            table = image_statistics.fit(images, count=count)
    table = tuple(json.loads(processes.from_first(json.dumps(table))))
    if not table:
        fewest = image_statistics.FEWEST_IMAGES
        raise InputError(f"{data}: --statistics needs at least {fewest} images; use --statistics 0")
    return replace(config, statistics_table=table)


def train_run(
    config: TrainConfig,
    data: Path,
    run: Path,
    *,
    progress: Progress = no_progress,
    note: Note = ignore,
) -> TrainedRun:
    """Train in a run folder on a dataset, from the newest checkpoint if there is one.

    All processes of a training must call it together.

    Args:
        config: checked; values of "auto" are resolved here.
        data: dataset folder.
        run: new, empty, or the folder of the same training.
        progress: opens a progress bar; called in process 0.
        note: called in process 0 with each message, and a line for each resolved value.

    Raises: InputError: config, dataset and folder do not fit. As `gan.loop.train` from then on.
    """
    ready = prepare(config, data)
    reals = ready.reals
    config = with_statistics(ready.config, reals, data, run=run)
    run_folder.check_same(config, ready.dataset)
    with processes.first_process_first("run folder"):
        config, changed = run_folder.open_run(run, config, ready.dataset, reals)
    leads = processes.is_first()
    for reason in ready.reasons if leads else ():
        note(reason)
    with run_folder.locked(run) if leads else contextlib.nullcontext():
        recipe = build_recipe(config, reals.image_shape, num_classes=len(reals.class_names))
        nimg = loop.train(recipe, reals, run, mesh=ready.mesh, changed=changed, progress=progress, note=note)
    best = run / evaluation.BEST
    return TrainedRun(run, config, nimg, best if best.is_dir() else None)


def train_draw(
    config: DrawConfig,
    data: Path,
    run: Path,
    *,
    progress: Progress = no_progress,
    note: Note = ignore,
) -> TrainedRun:
    """Train DRAW in a run folder on a dataset of doodles, from the newest checkpoint if there is one.

    Args:
        config: of the model; the ink "auto" is detected here.
        data: dataset folder.
        run: new, empty, or the folder of the same training.
        progress: opens a progress bar.
        note: called with each message.

    Raises: InputError: config, dataset and folder do not fit. As `gan.loop.train` from then on.
    """
    check_draw(config)
    dataset = Dataset(data)
    check_doodle_shape(config, dataset.image_shape)
    reals = open_reals(dataset, config)
    assert isinstance(reals, DoodleReals)
    mesh = sharding.make_mesh()
    sharding.check_batch(number(config.batch_size), mesh)
    config = _resolved_draw(config, reals)
    config, changed = run_folder.open_run(run, config, dataset, reals)
    with run_folder.locked(run):
        recipe = build_recipe(config, reals.image_shape, num_classes=len(reals.class_names))
        nimg = loop.train(recipe, reals, run, mesh=mesh, changed=changed, progress=progress, note=note)
    best = run / evaluation.BEST
    return TrainedRun(run, config, nimg, best if best.is_dir() else None)


def _resolved_draw(config: DrawConfig, reals: DoodleReals) -> DrawConfig:
    """The config with the ink of the doodles, and without holding out where there is nothing to."""
    if config.draw.ink == "auto":
        try:
            config = replace(config, ink=detect_ink(reals.images))
        except ValueError as error:
            raise InputError(f"{reals.dataset.folder}: its images have {error}") from None
    count = len(reals.images)
    if config.draw.binarise and (blank := blank_count(reals.images, ink=config.draw.ink)) > count / 2:
        raise InputError(
            f"{reals.dataset.folder}: {blank} of {count} images have no ink above half of the range; use "
            "--no-binarise, or stretch the levels of the doodles to 0-255"
        )
    return config if len(reals.held_out) else replace(config, hold_out=0.0)
