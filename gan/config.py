"""What a training run is made of: frozen, typed, every field with its unit. Values live in configs/gan.

This module imports no jax: the door reads it to print help.
"""

import dataclasses
from typing import Any, Literal

import tyro

from data_prep.errors import InputError
from gan.augment import config as augmentation
from gan.augment.config import AugmentConfig
from gan.config_fields import AUTO, Auto, resumable

MetricName = Literal["frechet", "kid", "precision-recall", "ppl", "nearest"]
MEASURES = {"frechet": "frechet", "kid": "kid", "precision": "precision-recall", "recall": "precision-recall"}
MEASURES |= {"ppl": "ppl"}  # value -> the metric that tells it
MinibatchOrder = Literal["neighbours", "strided"]
FEWEST = 5  # images that metrics need on either side: a fourth neighbour within each set


@dataclasses.dataclass(frozen=True)
class ProganConfig:
    """Networks of family `progan`."""

    z_dim: int = 64
    """Length of a latent vector."""
    channel_base: int = 32768
    """Channels at a resolution: channel_base / resolution, at most channel_max."""
    channel_max: int = 512
    """Most channels of any layer."""
    minibatch_group: int = 4
    """Items whose spread the discriminator sees."""
    minibatch_order: MinibatchOrder = "neighbours"
    """Which items make a group: neighbours, so that devices need not talk, or strided, item i in group i mod
    the number of groups, as imported networks have it."""
    rgb_init_std: float = 0.1
    """Of new to-RGB kernels. At 1 the first images are wild blots, and what the generator learns first is to
    silence them and its latent alike; below, it starts near mid-grey and keeps its variety."""


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
    """Most channels of any layer."""
    generator_widths: tuple[int, ...] = ()
    """The generator's channels at 4 px and at each doubling, instead; () leaves them to those two."""
    discriminator_widths: tuple[int, ...] = ()
    """The discriminator's, from 4 px up."""
    minibatch_group: int | Auto = AUTO
    """Items whose spread the discriminator sees; auto: 4, or what a device holds if fewer."""
    minibatch_order: MinibatchOrder = "neighbours"
    """Which items make a group: neighbours, so that devices need not talk, or strided, item i in group i mod
    the number of groups, as imported networks have it."""
    w_mean_decay: float = 0.995
    """Per iteration, of the tracked mean of w, towards which truncation draws."""
    generator_clamp: float | None = 256.0
    """The generator's activations are cut off beyond this, which keeps low precision finite; None: never."""
    discriminator_clamp: float | None = None
    """The same of the discriminator's convolutions."""
    class_layers: int = 8
    """Layers that map a class for the discriminator."""
    residual: bool = True
    """Whether the discriminator's blocks have shortcuts; some imported networks have none."""

    @property
    def has_own_widths(self) -> bool:
        """Whether channel_base and channel_max decide nothing."""
        return bool(self.generator_widths and self.discriminator_widths)


Network = ProganConfig | Stylegan2Config
NETWORKS: dict[str, type[Network]] = {"progan": ProganConfig, "stylegan2": Stylegan2Config}


@dataclasses.dataclass(frozen=True)
class LiveConfig:
    """How tiles are cut while training, from a dataset of whole pages; unused with one of tiles."""

    tile_px: int | None = None
    """Side of a live tile on the page as scanned; None: one cell (256 px at 300 dpi), a cell and a half round
    a specimen."""
    jitter: float = 0.02
    """How far a live tile's centre may lie from its specimen's along each axis, as a share of the tile."""
    supersample: int = 2
    """Samples per pixel of a live tile along each axis, at most as many as the page has."""
    pages_in: Literal["auto", "device", "host"] = resumable("auto")
    """Where pages lie; auto: device memory if they take at most a quarter of it (on CPU always), or host."""


@dataclasses.dataclass(frozen=True)
class TrainConfig:
    """One training run: networks, losses, schedules, what is written when.

    The clock is `nimg`, real images shown to the discriminator; lengths and intervals are counted in it,
    so their meaning does not change with batch size or hardware.
    """

    preset: tyro.conf.Suppress[str] = ""
    """Name of the checked-in config this one started from."""
    family: tyro.conf.Suppress[Literal["progan", "stylegan2"]] = "progan"
    """Network family; a preset's."""
    network: tyro.conf.AvoidSubcommands[Network] = ProganConfig()
    """The family's own fields."""

    live: LiveConfig = LiveConfig()
    """Tiles cut from whole pages."""
    augment: AugmentConfig = resumable(AugmentConfig())
    """What the discriminator sees instead of the images themselves."""

    resolution: int | None = None
    """Short side in px that tiles must have, or that live tiles are reduced to; None: whatever they have."""
    channels: int | None = None
    """Channels that the dataset must have (1, 3 or 4); None: whatever it has."""

    total_nimg: int = resumable(1_000_000)
    """Length of the training in images; a finished run goes on when this is raised."""
    batch_size: int | Auto = 16
    """Global batch, over all devices; must be divisible by their number. Auto: 4096 / resolution a device, at
    most 32, and 64 in all."""
    accumulate: int | Auto = resumable(1)
    """Rounds in which a batch is worked off, where devices cannot hold it at once; auto: as few as fit."""
    iterations_per_dispatch: int = resumable(1)
    """Training iterations in one call to a GPU; on CPU always one. Changes rounding at most."""
    learning_rate: float | Auto = resumable(0.002)
    """Adam's, of both networks; auto: 0.0025, from 1024 px 0.002."""
    beta2: float = 0.99
    """Adam's second-moment decay per iteration (beta1 is 0)."""
    r1_gamma: float | Auto = resumable(10.0)
    """Weight of the R1 penalty, gamma / 2 E|grad D|^2 on images in [-1, 1]; auto: 0.0002 * pixels / batch."""
    r1_interval: int = 16
    """Iterations between R1 penalties (lazy regularisation)."""
    path_weight: float = resumable(0.0)
    """Weight of the path length penalty; 0: none, as in family progan."""
    path_interval: int = 4
    """Iterations between path length penalties."""
    path_batch_shrink: int = 2
    """The penalty is taken on this fraction of a batch."""
    path_decay: float = 0.01
    """How fast the running mean path length follows, per penalty."""
    style_mixing: float = resumable(0.0)
    """Share of generated images whose later layers take another latent's style."""
    conditional: bool = False
    """Train on the dataset's classes."""
    symmetries: Literal["none", "mirror", "eight"] = "none"
    """What the drawings may as well be: each real image is shown mirrored or not, or in any of the eight
    symmetries of a square, at random."""
    freeze_d: int = 0
    """Blocks of the discriminator, counted from the image, that keep their weights; for transfer."""
    ema_halflife_nimg: int | Auto = resumable(10_000)
    """Half-life of the generator's weight average; auto: 10/32 thousand images per item of the batch."""
    ema_rampup: float = resumable(0.05)
    """The half-life is at most this share of nimg, so that early weights are forgotten; 0: no ramp."""
    compute_dtype: Literal["auto", "float32", "bfloat16"] = "auto"
    """Dtype of activations; auto: bfloat16 on GPU, float32 on CPU. Parameters and losses stay float32."""
    sharding: Literal["data", "fsdp"] = resumable("data")
    """data: every device holds the whole state; fsdp: devices share it, for states that do not fit one."""
    init_from: str | None = None
    """A run whose weights this one starts from, as far as names and shapes agree."""
    seed: int = 0
    """Of weights, latents and data order."""

    tick_nimg: int = resumable(1_000)
    """Images between lines of log.jsonl."""
    snapshot_nimg: int = resumable(10_000)
    """Images between sample grids, distances and exports of the generator."""
    checkpoint_nimg: int = resumable(10_000)
    """Images between checkpoints: what a kill can cost at most."""
    keep_latest: int = resumable(2)
    """Newest checkpoints kept."""
    keep_every_nimg: int = resumable(0)
    """Checkpoints at multiples of this are kept for good; 0: none."""
    metric_images: int = resumable(2_048)
    """Images on each side of the distance measured at a snapshot, and generated for `metrics`; 0: nothing is
    measured."""
    metrics: tuple[MetricName, ...] = resumable(())
    """Measured at snapshots too, beside the training, against all reals; see `inkloop gan metrics`."""
    metric_weights: str | None = resumable(None)
    """FID's network for `metrics`, as a state-dict file; None: fixed random convolutions."""
    best_by: Literal["distance", "frechet", "kid", "precision", "recall", "ppl"] = resumable("distance")
    """The measure whose best snapshot is kept, as a checkpoint and as best/generator."""
    grid_size: tuple[int, int] = (8, 8)
    """Columns and rows of a sample grid."""


RESUMABLE = frozenset(
    field.name
    for group in (TrainConfig, LiveConfig, AugmentConfig)
    for field in dataclasses.fields(group)
    if field.metadata.get("resumable")
)
"""Fields that may differ when a run is resumed: they change no shapes and no data."""


def check(config: TrainConfig) -> None:
    """Raise InputError naming the first field whose value cannot work; "auto" can."""
    positive = (
        "total_nimg batch_size iterations_per_dispatch r1_interval path_interval path_batch_shrink tick_nimg "
        "snapshot_nimg checkpoint_nimg keep_latest learning_rate accumulate"
    )
    for name in positive.split():
        if _number(config, name) <= 0:
            raise InputError(_flag(name, getattr(config, name), "must be above 0"))
    free = "r1_gamma path_weight ema_halflife_nimg ema_rampup keep_every_nimg metric_images seed freeze_d"
    for name in free.split():
        if _number(config, name) < 0:
            raise InputError(_flag(name, getattr(config, name), "must not be negative"))
    for name in ["r1_interval"] + ["path_interval"] * (config.path_weight > 0):
        if (interval := getattr(config, name)) % config.iterations_per_dispatch:
            rule = f"must divide --{name.replace('_', '-')} {interval}"
            raise InputError(_flag("iterations_per_dispatch", config.iterations_per_dispatch, rule))
    if config.seed >= 2**32:
        raise InputError(_flag("seed", config.seed, "must be below 2^32"))
    for name in ("beta2", "path_decay"):
        if not 0 < getattr(config, name) < 1:
            raise InputError(_flag(name, getattr(config, name), "must lie between 0 and 1"))
    if not 0 <= config.style_mixing <= 1:
        raise InputError(_flag("style_mixing", config.style_mixing, "must lie between 0 and 1"))
    if min(config.grid_size) < 1:
        raise InputError(_flag("grid_size", config.grid_size, "must be at least 1 1"))
    if not isinstance(config.network, NETWORKS[config.family]):
        raise InputError(f"family {config.family} has other networks than {type(config.network).__name__}")
    if config.family == "progan" and (config.conditional or config.path_weight > 0):
        raise InputError("--conditional and --path-weight are for family stylegan2; take a preset of it")
    augmentation.check(config.augment)
    if config.metrics and config.metric_images < FEWEST:
        raise InputError(_flag("metric_images", config.metric_images, f"--metrics need at least {FEWEST}"))
    if (metric := MEASURES.get(config.best_by)) is not None and metric not in config.metrics:
        raise InputError(_flag("best_by", config.best_by, f"add {metric} to --metrics"))
    if config.live.tile_px is not None and (config.live.tile_px < 2 or config.live.tile_px % 2):
        raise InputError(_flag("tile_px", config.live.tile_px, "must be even and at least 2"))
    if not 0 <= config.live.jitter <= 0.5:
        raise InputError(_flag("jitter", config.live.jitter, "must lie between 0 and 0.5"))
    if not 1 <= config.live.supersample <= 8:
        raise InputError(_flag("supersample", config.live.supersample, "must lie between 1 and 8"))
    for field in dataclasses.fields(config.network):
        value = getattr(config.network, field.name)
        several = value if isinstance(value, tuple) else (value,)
        if any(isinstance(one, int | float) and not isinstance(one, bool) and one <= 0 for one in several):
            raise InputError(_flag(field.name, _words(value), "must be above 0"))
    if isinstance(config.network, Stylegan2Config) and config.network.w_mean_decay >= 1:
        raise InputError(_flag("w_mean_decay", config.network.w_mean_decay, "must be below 1"))


def _number(config: Any, name: str) -> float:
    """A field's value; "auto" passes every check of a number."""
    value = getattr(config, name)
    return 1 if value == AUTO else value


def check_shape(config: TrainConfig, shape: tuple[int, int, int]) -> None:
    """Raise InputError unless networks of `config` can be built for images of `shape` (H, W, C).

    The short side must be 4 * 2^k and the long side a multiple of 2^k (the base is long side / 2^k wide).
    """
    height, width, channels = shape
    short = min(height, width)
    if config.resolution not in (None, short):
        raise InputError(
            f"the dataset's images are {height} x {width} px, the config wants {config.resolution} "
            f"(--resolution); make a dataset that fits: inkloop data-prep pack --size {config.resolution}"
        )
    if config.channels not in (None, channels):
        raise InputError(
            f"the dataset's images have {channels} channels, the config wants {config.channels} (--channels)"
        )
    k = max(0, (short // 4).bit_length() - 1)
    if short != 4 << k or height % (1 << k) or width % (1 << k):
        raise InputError(
            f"images are {height} x {width} px (height x width); the short side must be 4, 8, 16, 32, 64, "
            "..., the long side a multiple of a quarter of it; make a dataset that fits: "
            "inkloop data-prep pack --size N"
        )
    for name in ("generator_widths", "discriminator_widths"):
        if (wide := getattr(config.network, name, ())) and len(wide) != k + 1:
            raise InputError(_flag(name, _words(wide), f"at {short} px it should be {k + 1} numbers"))


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
    """A value as it is given on the command line."""
    return " ".join(map(str, value)) if isinstance(value, tuple) else str(value)


def _flag(name: str, value: Any, rule: str) -> str:
    return f"--{name.replace('_', '-')} {value}: {rule}"
