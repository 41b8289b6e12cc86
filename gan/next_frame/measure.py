"""Measure a next-frame model on held-out frames, next to two baselines."""

import dataclasses
import math
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import jax.numpy as jnp
import numpy as np

from data_prep.errors import InputError
from data_prep.images import to_float, to_uint8
from data_prep.progress import Progress, Warn, ignore, no_progress
from gan.devices.batching import map_in_batches
from gan.metrics.perceptual import distance_of, distances
from gan.next_frame.episodes import Source, pair_set
from gan.next_frame.networks import Opened, open_networks
from gan.next_frame.training import (
    read_episodes,
    recipe_of,
    saved_next_frame,
    saved_sources,
    with_latents,
)
from gan.recipes.next_frame import Pair, Weights, read_weights
from gan.recipes.next_latent import drawn_after, drawn_w

BATCH = 32
MODEL, REPEAT, LINEAR = "the model", "repeat the last frame", "extrapolate linearly in w"
LIMIT = "the generator's own next frame"


@dataclasses.dataclass(frozen=True)
class Scores:
    """Means over pairs of the errors of one way to predict the next frame.

    Attributes:
        name: of the prediction.
        mse: mean squared error in grey levels squared.
        distance: perceptual distance.
    """

    name: str
    mse: float
    distance: float

    @property
    def psnr_db(self) -> float:
        """Peak signal-to-noise ratio of the mean squared error."""
        return 10 * math.log10(255**2 / self.mse) if self.mse else math.inf


@dataclasses.dataclass(frozen=True)
class Measured:
    """Result of `measure_next_frame`: scores of the model, the baselines and the generator."""

    run: Path
    nimg: int
    pairs: int
    distance: str  # name of the perceptual distance
    scores: tuple[Scores, ...]

    def verdict(self) -> str:
        """Whether the model is better than both baselines, in one line."""
        model, repeat, linear, _ = self.scores
        lines = []
        for what, unit in (("distance", "perceptual distance"), ("mse", "mean squared error")):
            better = [
                other.name for other in (repeat, linear) if getattr(model, what) >= getattr(other, what)
            ]
            if better:
                lines.append(f"the model does not beat '{' and '.join(better)}' in {unit}")
            else:
                lines.append(f"the model beats both baselines in {unit}")
        return "; ".join(lines)

    def __str__(self) -> str:
        head = f"{self.run}  {self.pairs} held-out pairs, trained on {self.nimg}; distance {self.distance}"
        rows = [f"{'':32}{'MSE':>10}{'PSNR dB':>10}{'distance':>12}"]
        rows += [f"{s.name:32}{s.mse:10.2f}{s.psnr_db:10.2f}{s.distance:12.5f}" for s in self.scores]
        return "\n".join([head, *rows, self.verdict()])


def open_model(run: Path, *, warn: Warn = ignore) -> tuple[Opened, Weights]:
    """The networks and the exported weights of a run.

    Raises: InputError: it is no run of a next-frame model, has no weights yet, or its generator is gone.
    """
    config = saved_next_frame(run)
    if config is None:
        raise InputError(f"{run} is no run folder; train one: inkloop gan next-frame train")
    weights = read_weights(run)
    return open_networks(Path(config.generator), config, warn=warn), weights


def measure_next_frame(
    run: Path,
    *,
    sources: Sequence[Source] = (),
    lpips: Path | None = None,
    progress: Progress = no_progress,
    warn: Warn = ignore,
) -> Measured:
    """Compare predicted frames with the frames of videos that were not trained on.

    Args:
        run: run folder of a next-frame model.
        sources: other tagged videos, measured whole; default: the last seconds of the training's videos.
        lpips: weights file of LPIPS; None: the distance of the generator's discriminator.
        progress: opens a progress bar.
        warn: called if there is no discriminator.

    Raises: InputError: run, videos or weights cannot be read, or nothing is held out.
    """
    opened, weights = open_model(run, warn=warn)
    config = opened.config
    hold_out_sec = math.inf if sources else config.hold_out_sec
    episodes = read_episodes(
        sources or saved_sources(run), opened, hold_out_sec=hold_out_sec, progress=progress
    )
    pairs = pair_set(episodes, held_out=True, codes_side=opened.side if config.recipe == "pixels" else None)
    pairs = with_latents(pairs, episodes, opened, run, held_out=True, progress=progress)
    networks = opened.networks(step=weights.step)
    latent = dataclasses.replace(opened, config=dataclasses.replace(config, recipe="latent")).networks()
    recipe = recipe_of(config, networks)
    draw = partial(drawn_after, latent, add_residual=config.add_residual)
    shape = opened.generator.shape
    perceptual = opened.perceptual
    if lpips is not None:
        perceptual = distance_of(Path(config.generator), lpips, shape=shape, warn=warn)
    predictions = {
        MODEL: lambda pair: recipe.predict_images(weights.params, pair),
        REPEAT: lambda pair: pair.frame,
        LINEAR: lambda pair: draw(pair.frame, pair.now, 2 * pair.now - pair.before),
        LIMIT: lambda pair: to_uint8(drawn_w(latent, pair.after)),
    }

    def errors(pair: Pair) -> np.ndarray:
        found = []
        for predict in predictions.values():
            image = predict(pair)
            squared = np.square(image.astype(np.float64) - pair.target).mean((1, 2, 3))
            far = distances(perceptual, jnp.asarray(to_float(image)), jnp.asarray(to_float(pair.target)))
            found.append(np.stack([squared, np.asarray(far, np.float64)], axis=1))
        return np.stack(found, axis=1)

    every = pairs.take(np.arange(len(pairs)))
    means = map_in_batches(errors, every, batch=BATCH).mean(0)  # [predictions, 2]
    scores = tuple(
        Scores(name, float(mse), float(far)) for name, (mse, far) in zip(predictions, means, strict=True)
    )
    return Measured(run, weights.nimg, len(pairs), perceptual.name, scores)
