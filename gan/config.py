"""Configuration of a training run: frozen, typed, every field with its unit. Values are in configs/gan.

This module imports no jax, so that the CLI prints help at once.
"""

import dataclasses
from collections.abc import Callable, Sequence
from typing import Any, Literal

import tyro

from data_prep.errors import InputError
from gan.augment import config as augmentation
from gan.augment.config import AugmentConfig
from gan.config_fields import AUTO, Auto, resumable

MEASURES = {"frechet": "frechet", "kid": "kid", "precision": "precision-recall", "recall": "precision-recall"}
MEASURES |= {"ppl": "ppl"}  # value -> the metric that reports it
MinibatchOrder = Literal["neighbours", "strided"]
FEWEST = 5  # minimum of real and of generated images: metrics need a fourth neighbour within each set


@dataclasses.dataclass(frozen=True)
class ProganConfig:
    """Networks of family `progan`."""

    z_dim: int = 64
    """Length of a latent vector."""
    channel_base: int = 32768
    """Channels at a resolution: channel_base / resolution, at most channel_max."""
    channel_max: int = 512
    """Maximum channels of any layer."""
    minibatch_group: int = 4
    """Items per group of the discriminator's minibatch standard deviation."""
    minibatch_order: MinibatchOrder = "neighbours"
    """Items of a group: neighbours, which lie on one device, or strided, item i in group i mod the number of
    groups, as in imported networks."""
    rgb_init_std: float = 0.1
    """Standard deviation of initial to-RGB kernels. At 1 the first images have extreme values, and the
    generator learns to suppress them together with its latent; smaller values start near mid-grey and
    preserve variety."""


@dataclasses.dataclass(frozen=True)
class Stylegan2Config:
    """Networks of family `stylegan2`."""

    z_dim: int = 512
    """Length of a latent vector."""
    w_dim: int = 512
    """Length of a style vector."""
    mapping_layers: int = 2
    """Layers of the mapping network; 8 for large and varied datasets."""
    channel_base: int | Auto = AUTO
    """Channels at a resolution: channel_base / resolution, at most channel_max; auto: 16384, or 32768 from
    512 px."""
    channel_max: int = 512
    """Maximum channels of any layer."""
    generator_widths: tuple[int, ...] = ()
    """Channels of the generator at 4 px and at each doubling, in place of channel_base and channel_max; ():
    not set."""
    discriminator_widths: tuple[int, ...] = ()
    """Channels of the discriminator likewise, from 4 px up."""
    minibatch_group: int | Auto = AUTO
    """Items per group of the discriminator's minibatch standard deviation; auto: 4, at most the batch per
    device."""
    minibatch_order: MinibatchOrder = "neighbours"
    """Items of a group: neighbours, which lie on one device, or strided, item i in group i mod the number of
    groups, as in imported networks."""
    w_mean_decay: float = 0.995
    """Decay per iteration of the running mean of w, the centre of truncation."""
    generator_clamp: float | None = 256.0
    """Magnitude to which activations of the generator are clipped, which prevents overflow in low precision;
    None: off."""
    discriminator_clamp: float | None = None
    """The same for the discriminator's convolutions."""
    class_layers: int = 8
    """Layers of the discriminator's class embedding."""
    residual: bool = True
    """Residual blocks in the discriminator; False in some imported networks."""

    @property
    def has_own_widths(self) -> bool:
        """Whether channel_base and channel_max are unused."""
        return bool(self.generator_widths and self.discriminator_widths)


Network = ProganConfig | Stylegan2Config
NETWORKS: dict[str, type[Network]] = {"progan": ProganConfig, "stylegan2": Stylegan2Config}


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
class TrainConfig:
    """One training run: networks, losses, schedules, intervals of output.

    The clock is `nimg`, the number of real images seen; lengths and intervals are counted in it, so their
    meaning does not depend on batch size or hardware.
    """

    preset: tyro.conf.Suppress[str] = ""
    """Name of the preset that the run started from."""
    family: tyro.conf.Suppress[str] = "progan"
    """Network family, set by the preset."""
    network: tyro.conf.AvoidSubcommands[Network] = ProganConfig()
    """The family's own fields."""

    live: LiveConfig = LiveConfig()
    """Tiles cut from whole pages."""
    augment: AugmentConfig = resumable(AugmentConfig())
    """Augmentation of the images that the discriminator sees."""

    resolution: int | None = None
    """Required short side of tiles, or the side that live tiles are reduced to, px; None: that of the
    dataset."""
    channels: int | None = None
    """Required channels of the dataset (1, 3 or 4); None: those of the dataset."""

    total_nimg: int = resumable(1_000_000)
    """Length of training in images; increase it to continue a finished run."""
    batch_size: int | Auto = 16
    """Global batch over all devices, a multiple of their number; auto: 4096 / resolution per device, at most
    32, and at most 64 in all."""
    accumulate: int | Auto = resumable(1)
    """Gradient accumulation steps per batch; auto: the fewest that fit in device memory."""
    iterations_per_dispatch: int = resumable(1)
    """Training iterations per call to a GPU; always one on CPU. Changes rounding at most."""
    learning_rate: float | Auto = resumable(0.002)
    """Learning rate of Adam for both networks; auto: 0.0025, from 1024 px 0.002."""
    beta2: float = 0.99
    """Adam's second-moment decay per iteration (beta1 is 0)."""
    r1_gamma: float | Auto = resumable(10.0)
    """Weight of the R1 penalty, gamma / 2 E|grad D|^2 on images in [-1, 1]; auto: 0.0002 * pixels / batch."""
    r1_interval: int = 16
    """Iterations between R1 penalties (lazy regularisation)."""
    path_weight: float = resumable(0.0)
    """Weight of the path length penalty; 0: off, as in family progan."""
    path_interval: int = 4
    """Iterations between path length penalties."""
    path_batch_shrink: int = 2
    """The penalty is computed on this fraction (1 / N) of a batch."""
    path_decay: float = 0.01
    """Update rate of the running mean path length, per penalty."""
    style_mixing: float = resumable(0.0)
    """Fraction of generated images whose later layers take the style of another latent."""
    conditional: bool = False
    """Train on the dataset's classes."""
    symmetries: Literal["none", "mirror", "eight"] = "none"
    """Symmetries applied to real images at random: left-right mirroring, or all eight of a square."""
    freeze_d: int = 0
    """Blocks of the discriminator, counted from the image, whose weights are not trained; for transfer."""
    ema_halflife_nimg: int | Auto = resumable(10_000)
    """Half-life of the generator's weight average in images; auto: 10,000 per 32 images of the batch."""
    ema_rampup: float = resumable(0.05)
    """The half-life is at most this fraction of nimg, so that initial weights decay fast; 0: no ramp."""
    compute_dtype: Literal["auto", "float32", "bfloat16"] = "auto"
    """Dtype of activations; auto: bfloat16 on GPU, float32 on CPU. Parameters and losses are float32."""
    sharding: Literal["data", "fsdp"] = resumable("data")
    """data: the state is replicated on every device; fsdp: the state is split over devices, for networks that
    do not fit in one."""
    init_from: str | None = None
    """Run whose weights are transferred at the start, where names and shapes agree."""
    seed: int = 0
    """Seed of weights, latents and data order."""

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
    metric_images: int = resumable(2_048)
    """Real and generated images for the distance at a snapshot, and generated images for `metrics`; 0: no
    measurement."""
    metrics: tuple[str, ...] = resumable(())
    """Metrics also measured at snapshots, concurrently with training, against all real images: frechet, kid,
    precision-recall, ppl, nearest, or another of METRICS."""
    metric_weights: str | None = resumable(None)
    """State-dict file of FID's network for `metrics`; None: fixed random convolutions."""
    best_by: Literal["distance", "frechet", "kid", "precision", "recall", "ppl"] = resumable("distance")
    """Measure by which the best snapshot is selected; its checkpoint is retained and its generator written to
    best/generator."""
    grid_size: tuple[int, int] = (8, 8)
    """Columns and rows of a sample grid."""


RESUMABLE = frozenset(
    field.name
    for group in (TrainConfig, LiveConfig, AugmentConfig)
    for field in dataclasses.fields(group)
    if field.metadata.get("resumable")
)
"""Fields that may differ when a run is resumed: they change no shapes and no data."""


POSITIVE = (
    "total_nimg",
    "batch_size",
    "iterations_per_dispatch",
    "r1_interval",
    "path_interval",
    "path_batch_shrink",
    "tick_nimg",
    "snapshot_nimg",
    "checkpoint_nimg",
    "keep_latest",
    "learning_rate",
    "accumulate",
)
NOT_NEGATIVE = (
    "r1_gamma",
    "path_weight",
    "ema_halflife_nimg",
    "ema_rampup",
    "keep_every_nimg",
    "metric_images",
    "seed",
    "freeze_d",
)


def check(config: TrainConfig) -> None:
    """Validate; raises InputError naming the first invalid flag. "auto" is valid."""
    network, live, per_call = config.network, config.live, config.iterations_per_dispatch
    lazy = ["r1_interval"] + ["path_interval"] * (config.path_weight > 0)
    metric = MEASURES.get(config.best_by)
    _require(config, POSITIVE, lambda value: value > 0, "must be above 0")
    _require(config, NOT_NEGATIVE, lambda value: value >= 0, "must be at least 0")
    _require(config, ["seed"], lambda value: value < 2**32, "must be below 2^32")
    _require(config, ["beta2", "path_decay"], lambda value: 0 < value < 1, "must be between 0 and 1")
    _require(config, ["style_mixing"], lambda value: 0 <= value <= 1, "must be from 0 to 1")
    _require(config, ["grid_size"], lambda value: min(value) >= 1, "must be at least 1 1")
    _require(
        config,
        lazy,
        lambda value: value % per_call == 0,
        f"must be a multiple of --iterations-per-dispatch {per_call}",
    )
    if config.family not in NETWORKS:
        raise InputError(f"family {config.family}: must be one of {', '.join(NETWORKS)}")
    if not isinstance(network, NETWORKS[config.family]):
        raise InputError(
            f"family {config.family}: must have networks of its own, not {type(network).__name__}"
        )
    if config.family == "progan" and (config.conditional or config.path_weight > 0):
        raise InputError("--conditional, --path-weight: must be off in family progan; use a stylegan2 preset")
    augmentation.check(config.augment)
    if config.metrics:
        from gan.metrics import METRICS  # imports jax

        _require(
            config,
            ["metrics"],
            lambda value: set(value) <= set(METRICS),
            f"must be among {', '.join(METRICS)}",
        )
        _require(
            config,
            ["metric_images"],
            lambda value: value >= FEWEST,
            f"must be at least {FEWEST} for --metrics",
        )
    _require(config, ["best_by"], lambda _: metric in (None, *config.metrics), f"add {metric} to --metrics")
    _require(
        live, ["tile_px"], lambda px: px is None or (px >= 2 and px % 2 == 0), "must be even and at least 2"
    )
    _require(live, ["jitter"], lambda value: 0 <= value <= 0.5, "must be from 0 to 0.5")
    _require(live, ["supersample"], lambda value: 1 <= value <= 8, "must be from 1 to 8")
    _require(network, [field.name for field in dataclasses.fields(network)], _is_positive, "must be above 0")
    if isinstance(network, Stylegan2Config):
        _require(network, ["w_mean_decay"], lambda value: value < 1, "must be below 1")


def _require(owner: Any, names: Sequence[str], holds: Callable[[Any], bool], rule: str) -> None:
    for name in names:
        value = getattr(owner, name)
        if value != AUTO and not holds(value):
            raise InputError(_flag(name, _words(value), rule))


def _is_positive(value: Any) -> bool:
    """Whether all numbers in a network's field are above 0; other types hold."""
    several = value if isinstance(value, tuple) else (value,)
    return all(one > 0 for one in several if isinstance(one, int | float) and not isinstance(one, bool))


def check_shape(config: TrainConfig, shape: tuple[int, int, int]) -> None:
    """Validate that networks of `config` can be built for images of `shape` (H, W, C); raises InputError.

    The short side must be 4 * 2^k and the long side a multiple of 2^k (the base is long side / 2^k wide).
    """
    height, width, channels = shape
    short = min(height, width)
    if config.resolution not in (None, short):
        raise InputError(
            f"--resolution {config.resolution}: the dataset's images are {height} x {width} px; make a "
            f"dataset that fits: inkloop data-prep pack --size {config.resolution}"
        )
    if config.channels not in (None, channels):
        raise InputError(f"--channels {config.channels}: the dataset's images have {channels} channels")
    k = max(0, (short // 4).bit_length() - 1)
    if short != 4 << k or height % (1 << k) or width % (1 << k):
        raise InputError(
            f"images are {height} x {width} px (height x width); the short side must be 4, 8, 16, 32, 64, "
            "..., the long side a multiple of a quarter of it; make a dataset that fits: "
            "inkloop data-prep pack --size N"
        )
    for name in ("generator_widths", "discriminator_widths"):
        if (wide := getattr(config.network, name, ())) and len(wide) != k + 1:
            raise InputError(_flag(name, _words(wide), f"must be {k + 1} numbers at {short} px"))


def difference(old: TrainConfig, new: TrainConfig) -> dict[str, tuple[Any, Any]]:
    """Field -> (old, new) of every field that differs, the network's fields under their own names."""
    before, after = (_flat(c) for c in (old, new))
    return {k: (before.get(k), after.get(k)) for k in before | after if before.get(k) != after.get(k)}


def to_json(config: TrainConfig) -> dict[str, Any]:
    """JSON-able dict; `from_json` inverts it."""
    return dataclasses.asdict(config)


def from_json(value: dict[str, Any]) -> TrainConfig:
    """The config written by `to_json`; raises InputError for unknown fields or a non-dict."""
    try:
        return TrainConfig(
            **value
            | {"network": NETWORKS[value["family"]](**_with_tuples(value["network"]))}
            | {"live": LiveConfig(**value["live"]), "augment": AugmentConfig(**value["augment"])}
            | {"grid_size": tuple(value["grid_size"]), "metrics": tuple(value["metrics"])}
        )
    except (TypeError, KeyError, AttributeError) as error:
        raise InputError(f"config.json does not hold a training config of this version ({error})") from None


def _with_tuples(fields: dict[str, Any]) -> dict[str, Any]:
    return {name: tuple(v) if isinstance(v, list) else v for name, v in fields.items()}


def _flat(config: TrainConfig) -> dict[str, Any]:
    fields = to_json(config)
    return fields.pop("network") | fields.pop("live") | fields.pop("augment") | fields


def _words(value: Any) -> str:
    """A value as on the command line."""
    return " ".join(map(str, value)) if isinstance(value, tuple) else str(value)


def _flag(name: str, value: Any, rule: str) -> str:
    return f"--{name.replace('_', '-')} {value}: {rule}"
