"""Configuration of any training run, whatever is trained: lengths, intervals, data, optimizer, evaluation.

This module imports no jax.
"""

import dataclasses
from typing import Literal

import tyro

from gan.config_fields import Auto, resumable

MEASURES = {"frechet": "frechet", "kid": "kid", "precision": "precision-recall", "recall": "precision-recall"}
MEASURES |= {"ppl": "ppl"}  # value -> the metric that reports it
FEWEST = 5  # minimum of real and of generated images: metrics need a fourth neighbour within each set


@dataclasses.dataclass(frozen=True)
class LiveConfig:
    """How tiles are cut from a dataset of whole pages during training; unused with a dataset of tiles."""

    tile_px: int | None = None
    """Side of a live tile on the scanned page, px; None: one cell (256 px at 300 dpi), 1.5 cells around a
    specimen."""
    jitter: float = 0.02
    """Largest offset of a live tile's centre from its specimen along each axis, as a fraction of the tile."""
    supersample: int = 2
    """Samples per pixel of a live tile along each axis, at most as many as the page has."""
    pages_in: Literal["auto", "device", "host"] = resumable("auto")
    """Memory that holds the pages; auto: the device if they take at most a quarter of it (always on CPU),
    else the host."""


@dataclasses.dataclass(frozen=True)
class OptimConfig:
    """The optimizer, and how a batch is computed."""

    learning_rate: float | Auto = resumable(0.002)
    """Learning rate of Adam for both networks; auto: 0.0025, from 1024 px 0.002."""
    learning_rate_final: float | None = resumable(None)
    """The rate at the end of the schedule, reached by a cosine; None: constant."""
    beta1: float = 0.0
    """Adam's first-moment decay per iteration; above 0 it takes memory for another copy of the weights."""
    beta2: float = 0.99
    """Adam's second-moment decay per iteration."""
    beta2_final: float | None = None
    """The decay at the end of the schedule, reached by a cosine; None: constant."""
    weight_decay: float = 0.0
    """Decoupled weight decay of kernels (AdamW): a step subtracts learning_rate * weight_decay * kernel."""
    schedule_nimg: int | None = resumable(None)
    """Length of all cosine schedules in images: value = final + (initial - final) (1 + cos(pi nimg / length))
    / 2, and final afterwards. None: total_nimg, so that a higher --total-nimg stretches the schedule of a
    resumed run."""
    accumulate: int | Auto = resumable(1)
    """Gradient accumulation steps per batch; auto: the fewest that fit in device memory."""
    iterations_per_dispatch: int = resumable(1)
    """Training iterations per call to a GPU; always one on CPU. Changes rounding at most."""
    freeze_d: int = 0
    """Blocks of the discriminator, counted from the image, whose weights are not trained; for transfer."""


@dataclasses.dataclass(frozen=True)
class IntervalsConfig:
    """When a run writes its log, snapshots and checkpoints, and which checkpoints it retains."""

    tick_nimg: int = resumable(1_000)
    """Images between lines of log.jsonl."""
    snapshot_nimg: int = resumable(10_000)
    """Images between sample grids, distances and exports of the generator."""
    checkpoint_nimg: int = resumable(10_000)
    """Images between checkpoints: the maximum lost when a run is killed."""
    keep_latest: int = resumable(2)
    """Number of newest checkpoints to retain."""
    keep_every_nimg: int = resumable(0)
    """Checkpoints at multiples of this are retained permanently; 0: none."""


@dataclasses.dataclass(frozen=True)
class EvaluationConfig:
    """What is drawn and measured at a snapshot, and which snapshot is the best."""

    metric_images: int = resumable(2_048)
    """Real and generated images for the distance at a snapshot, and generated images for `metrics`; 0: no
    measurement."""
    metrics: tuple[str, ...] = resumable(())
    """Metrics also measured at snapshots, concurrently with training, against all real images: frechet, kid,
    precision-recall, ppl, nearest, variety, frechet-by-position, or another of METRICS."""
    metric_weights: str | None = resumable(None)
    """State-dict file of FID's network for `metrics`; None: fixed random convolutions."""
    best_by: Literal["score", "distance", "frechet", "kid", "precision", "recall", "ppl"] = resumable("score")
    """Measure by which the best snapshot is selected; its checkpoint is retained and its generator written to
    best/generator. score: distance * max(1, layout / 1.5) / min(1, nearest / 0.8)^2, the lower the better: a
    low distance does not make up for images that resemble each other."""
    on_collapse: Literal["warn", "rewind", "stop"] = resumable("warn")
    """What to do when snapshots show that generated images lose variety or their ink. warn: say so, and what
    to change; rewind: go back to the last good checkpoint, with stronger gradient penalties (gamma times 3),
    at most 3 times; stop: save and exit with code 1."""
    grid_size: tuple[int, int] = (8, 8)
    """Columns and rows of a sample grid."""


@dataclasses.dataclass(frozen=True)
class RunConfig:
    """What the loop, data, checkpoints and monitor of a run read; recipes extend it.

    The clock is `nimg`, the number of real images seen; lengths and intervals are counted in it, so their
    meaning does not depend on batch size or hardware.
    """

    preset: tyro.conf.Suppress[str] = ""
    """Name of the preset that the run started from."""

    resolution: int | None = None
    """Required short side of tiles, or the side that live tiles are reduced to, px; None: that of the
    dataset."""
    channels: int | None = None
    """Required channels of the dataset (1, 3 or 4); None: those of the dataset."""
    conditional: bool = False
    """Train on the dataset's classes."""
    total_nimg: int = resumable(1_000_000)
    """Length of training in images; increase it to continue a finished run."""
    batch_size: int | Auto = 16
    """Global batch over all devices, a multiple of their number; auto: 4096 / resolution per device, at most
    32, and at most 64 in all."""
    compute_dtype: Literal["auto", "float32", "bfloat16"] = "auto"
    """Dtype of activations; auto: bfloat16 on GPU, float32 on CPU. Parameters and losses are float32."""
    sharding: Literal["data", "fsdp"] = resumable("data")
    """data: the state is replicated on every device; fsdp: the state is split over devices, for networks that
    do not fit in one."""
    init_from: str | None = None
    """Run whose weights are transferred at the start, where names and shapes agree."""
    seed: int = 0
    """Seed of weights, latents and data order."""

    optim: OptimConfig = OptimConfig()
    """Optimizer."""
    intervals: IntervalsConfig = IntervalsConfig()
    """Output while training."""
    evaluation: EvaluationConfig = EvaluationConfig()
    """Evaluation of snapshots."""
    live: LiveConfig = LiveConfig()
    """Tiles cut from whole pages."""
