"""Validation of configs: the first invalid flag is named."""

from collections.abc import Callable, Sequence
from typing import Any

from data_prep.errors import InputError
from gan.augment import config as augmentation
from gan.config.fields import flat
from gan.config.networks import NETWORKS, FieldConfig, Stylegan2Config
from gan.config.run import FEWEST, MEASURES, RunConfig
from gan.config.train import TrainConfig
from gan.config_fields import AUTO

Holds = Callable[[Any], bool]

POSITIVE = (
    "total_nimg",
    "batch_size",
    "iterations_per_dispatch",
    "tick_nimg",
    "snapshot_nimg",
    "checkpoint_nimg",
    "keep_latest",
    "learning_rate",
    "learning_rate_final",
    "schedule_nimg",
    "accumulate",
)
NOT_NEGATIVE = ("keep_every_nimg", "metric_images", "seed", "freeze_d", "weight_decay")
MAY_BE_ZERO = ("trunk_layers", "statistics", "statistics_table")  # of the networks
CELLS_PX = (4, 8, 16, 32, 64)
POSITIVE_LOSS = ("r1_interval", "path_interval", "path_batch_shrink")
NOT_NEGATIVE_LOSS = (
    "r1_gamma",
    "r1_gamma_final",
    "r2_gamma",
    "path_weight",
    "ema_halflife_nimg",
    "ema_halflife_nimg_final",
    "ema_rampup",
)


def check(config: TrainConfig) -> None:
    """Validate a config of adversarial training; raises InputError naming a flag. "auto" is valid."""
    check_run(config)
    if config.family not in NETWORKS:
        raise InputError(f"family {config.family}: must be one of {', '.join(NETWORKS)}")
    if not isinstance(config.network, NETWORKS[config.family]):
        raise InputError(
            f"family {config.family}: must have networks of its own, not {type(config.network).__name__}"
        )
    if config.family in ("progan", "field") and (config.conditional or config.loss.path_weight > 0):
        rule = f"must be off in family {config.family}; use a stylegan2 preset"
        raise InputError(f"--conditional, --path-weight: {rule}")
    fields, per_call = flat(config), config.optim.iterations_per_dispatch
    lazy = ["r1_interval"] + ["path_interval"] * (config.loss.path_weight > 0)
    _require(fields, POSITIVE_LOSS, _is_positive, "must be above 0")
    _require(fields, NOT_NEGATIVE_LOSS, _is_not_negative, "must be at least 0")
    _require(fields, ["path_decay"], _is_fraction, "must be between 0 and 1")
    _require(fields, ["style_mixing"], lambda value: 0 <= value <= 1, "must be from 0 to 1")
    rule = f"must be a multiple of --iterations-per-dispatch {per_call}"
    _require(fields, lazy, lambda value: value % per_call == 0, rule)
    augmentation.check(config.augment)
    positive = [name for name in vars(config.network) if name not in MAY_BE_ZERO]
    _require(vars(config.network), positive, _is_positive, "must be above 0")
    if isinstance(config.network, FieldConfig):
        _require(fields, ["local_dim"], lambda value: value >= 2, "must be at least 2")
        _require(fields, ["trunk_layers"], lambda value: value >= 0, "must be at least 0")
        most = min(5, config.network.global_dim - 1)
        rule = f"must be from 0 to {most}, and below --global-dim"
        _require(fields, ["statistics"], lambda value: 0 <= value <= most, rule)
        cell = config.network.cell_px
        _require(fields, ["cell_px"], lambda value: value in CELLS_PX, f"must be one of {CELLS_PX}")
        multiple = f"must be a multiple of --cell-px {cell}"
        _require(fields, ["crop_px"], lambda value: value is None or value % cell == 0, multiple)
    if isinstance(config.network, Stylegan2Config):
        _require(fields, ["w_mean_decay"], lambda value: value < 1, "must be below 1")


def check_run(config: RunConfig) -> None:
    """Validate what every run has; raises InputError naming the first invalid flag. "auto" is valid."""
    fields = flat(config)
    metric = MEASURES.get(config.evaluation.best_by)
    _require(fields, POSITIVE, _is_positive, "must be above 0")
    _require(fields, NOT_NEGATIVE, _is_not_negative, "must be at least 0")
    _require(fields, ["seed"], lambda value: value < 2**32, "must be below 2^32")
    _require(fields, ["beta1"], lambda value: 0 <= value < 1, "must be from 0 to below 1")
    _require(fields, ["beta2", "beta2_final"], _is_fraction, "must be between 0 and 1")
    _require(fields, ["grid_size"], lambda value: min(value) >= 1, "must be at least 1 1")
    if metrics := config.evaluation.metrics:
        from gan.metrics import METRICS  # imports jax

        known = f"must be among {', '.join(METRICS)}"
        enough = f"must be at least {FEWEST} for --metrics"
        _require(fields, ["metrics"], lambda value: set(value) <= set(METRICS), known)
        _require(fields, ["metric_images"], lambda value: value >= FEWEST, enough)
    _require(fields, ["best_by"], lambda _: metric in (None, *metrics), f"add {metric} to --metrics")
    _require(
        fields,
        ["on_collapse"],
        lambda value: value == "warn" or config.evaluation.metric_images > 1,
        "needs --metric-images, which measure the variety",
    )
    even = "must be even and at least 2"
    _require(fields, ["tile_px"], lambda px: px is None or (px >= 2 and px % 2 == 0), even)
    _require(fields, ["jitter"], lambda value: 0 <= value <= 0.5, "must be from 0 to 0.5")
    _require(fields, ["supersample"], lambda value: 1 <= value <= 8, "must be from 1 to 8")


def check_shape(config: TrainConfig, shape: tuple[int, int, int]) -> None:
    """Validate that networks of `config` can be built for images of `shape` (H, W, C); raises InputError.

    The short side must be 4 * 2^k and the long side a multiple of 2^k (the base is long side / 2^k wide); in
    family field both sides must be multiples of a cell, and as large as the part that is trained on.
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
    if isinstance(config.network, FieldConfig):
        cell, crop = config.network.cell_px, config.network.crop_px
        if height % cell or width % cell:
            raise InputError(
                f"images are {height} x {width} px (height x width); family field takes multiples of "
                f"--cell-px {cell}; make a dataset that fits: inkloop data-prep pack --size N"
            )
        if crop is not None and crop > short:
            raise InputError(
                _flag("crop_px", crop, f"images are {height} x {width} px; must be at most {short}")
            )
        return
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


def _require(fields: dict[str, Any], names: Sequence[str], holds: Holds, rule: str) -> None:
    for name in names:
        value = fields[name]
        if value != AUTO and not holds(value):
            raise InputError(_flag(name, _words(value), rule))


def _is_not_negative(value: Any) -> bool:
    return not isinstance(value, int | float) or value >= 0


def _is_fraction(value: float | None) -> bool:
    return value is None or 0 < value < 1


def _is_positive(value: Any) -> bool:
    """Whether all numbers of a field are above 0; other types hold."""
    several = value if isinstance(value, tuple) else (value,)
    return all(one > 0 for one in several if isinstance(one, int | float) and not isinstance(one, bool))


def _words(value: Any) -> str:
    """A value as on the command line."""
    return " ".join(map(str, value)) if isinstance(value, tuple) else str(value)


def _flag(name: str, value: Any, rule: str) -> str:
    return f"--{name.replace('_', '-')} {value}: {rule}"
