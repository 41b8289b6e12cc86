"""A training of a next-frame model from tagged videos to a run folder, which resumes."""

import dataclasses
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from data_prep.errors import InputError
from data_prep.outputs import write_json
from data_prep.progress import Note, Progress, ignore, no_progress
from gan import loop
from gan.config.next_frame import NextFrameConfig, check_next_frame
from gan.config_fields import number
from gan.devices import sharding
from gan.next_frame.episodes import Episode, Source, pair_set, read_episode, runs_of
from gan.next_frame.latents import FOLDER, project_runs
from gan.next_frame.networks import Opened, open_networks
from gan.next_frame.pair_set import PairReals, PairSet
from gan.recipes.next_frame import Networks, Pair
from gan.recipes.next_image import NextImage
from gan.recipes.next_latent import NextLatent
from gan.runs import run_folder

SOURCES = "sources.json"  # of a run: where its videos, tags and pages are
SMALLEST_STEP = 1e-6  # of a clip in which nothing moves


@dataclasses.dataclass(frozen=True)
class TrainedNextFrame:
    """Result of `train_next_frame`."""

    run: Path
    config: NextFrameConfig  # as stored in the run folder
    nimg: int  # pairs seen
    pairs: int  # different ones

    def __str__(self) -> str:
        return (
            f"{self.run}  recipe {self.config.recipe}, {self.nimg} pairs seen of {self.pairs} different ones"
        )


def saved_next_frame(run: Path) -> NextFrameConfig | None:
    """The config of an existing run, None if there is none. Raises InputError for a GAN's."""
    saved = run_folder.saved_config(run)
    if saved is None or isinstance(saved, NextFrameConfig):
        return saved
    raise InputError(f"{run} is the run of a GAN, not of a next-frame model; choose another --run")


def train_next_frame(
    config: NextFrameConfig,
    generator: Path,
    sources: Sequence[Source],
    run: Path,
    *,
    progress: Progress = no_progress,
    note: Note = ignore,
) -> TrainedNextFrame:
    """Train in a run folder on the pairs of tagged videos, from the newest checkpoint if there is one.

    Args:
        config: of the model.
        generator: run folder of a GAN that was trained on such frames.
        sources: videos with their tags and pages.
        run: new, empty, or the folder of the same training.
        progress: opens a progress bar.
        note: called with each message.

    Raises: InputError: config, videos and folder do not fit. As `gan.loop.train` from then on.
    """
    check_next_frame(config)
    mesh = sharding.make_mesh()
    sharding.check_batch(number(config.batch_size), mesh)
    opened = open_networks(generator, config, warn=note)
    episodes = read_episodes(sources, opened, hold_out_sec=config.hold_out_sec, progress=progress)
    codes_side = opened.side if config.recipe == "pixels" else None
    pairs = pair_set(episodes, held_out=False, codes_side=codes_side)
    reals = PairReals(pairs, folder=sources[0].video.parent)
    config, changed = run_folder.open_run(run, opened.config, reals, reals)
    with run_folder.locked(run):
        write_json(run / SOURCES, [_as_json(source) for source in sources])
        if config.recipe == "latent":
            pairs = with_latents(pairs, episodes, opened, run, held_out=False, progress=progress)
            reals.pairs = pairs
        step = max(pairs.step(), SMALLEST_STEP) if pairs.w is not None else 1.0
        columns, rows = config.evaluation.grid_size
        shown = pairs.take(np.linspace(0, len(pairs) - 1, columns * rows).round().astype(np.int64))
        recipe = recipe_of(config, opened.networks(step=step), examples=shown)
        nimg = loop.train(recipe, reals, run, mesh=mesh, changed=changed, progress=progress, note=note)
    return TrainedNextFrame(run, config, nimg, len(pairs))


def recipe_of(
    config: NextFrameConfig, networks: Networks, *, examples: Pair | None = None
) -> NextLatent | NextImage:
    """The recipe that `config` names."""
    if config.recipe == "latent":
        return NextLatent(config, networks, examples)
    return NextImage(config, networks, examples)


def read_episodes(
    sources: Sequence[Source], opened: Opened, *, hold_out_sec: float, progress: Progress = no_progress
) -> list[Episode]:
    """Read all videos for the networks; see `read_episode`."""
    options: dict[str, Any] = {"shape": opened.generator.shape, "side": opened.side, "fps": opened.config.fps}
    return [read_episode(s, hold_out_sec=hold_out_sec, progress=progress, **options) for s in sources]


def with_latents(
    pairs: PairSet,
    episodes: Sequence[Episode],
    opened: Opened,
    run: Path,
    *,
    held_out: bool,
    progress: Progress = no_progress,
) -> PairSet:
    """The pairs with w of their frames, projected now or read from the cache in the run folder."""
    w = project_runs(
        opened.projector,
        opened.generator,
        runs_of(episodes, held_out=held_out),
        run / FOLDER,
        label="project shot",
        fps=opened.config.fps,
        progress=progress,
    )
    return dataclasses.replace(pairs, w=np.concatenate(w))


def saved_sources(run: Path) -> list[Source]:
    """The videos that a run was trained on. Raises: InputError: there is no list of them."""
    try:
        listed = json.loads((run / SOURCES).read_text(encoding="utf-8"))
        return [_from_json(one) for one in listed]
    except (OSError, ValueError, TypeError, AttributeError) as error:
        raise InputError(
            f"{run / SOURCES} cannot be read ({error}); run the training's command again"
        ) from None


def _from_json(value: dict[str, Any]) -> Source:
    paths: dict[str, Any] = {name: None if path is None else Path(path) for name, path in value.items()}
    return Source(**paths)


def _as_json(source: Source) -> dict[str, str | None]:
    fields = dataclasses.asdict(source).items()
    return {name: None if path is None else str(Path(path).resolve()) for name, path in fields}
