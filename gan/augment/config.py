"""Options of the adaptive discriminator augmentation."""

import dataclasses

from data_prep.errors import InputError
from gan.config_fields import AUTO, Auto, resumable

LETTERS = {"b": "pixel blits", "g": "geometry", "c": "colour", "f": "filtering", "n": "noise", "o": "cutout"}


@dataclasses.dataclass(frozen=True)
class AugmentConfig:
    """Adaptive discriminator augmentation; defaults are the paper's, but disabled."""

    augment: str = resumable("off")
    """Groups of transforms: off, or letters of b (mirror, quarter turns, whole-pixel shifts), g (scale,
    rotation, stretch, shift), c (colour), f (amplified frequency bands), n (noise), o (cutout). bgc is the
    usual choice; the paper's bgcfnc is bgcfno. auto: bg for gray images, whose ink and paper never change,
    bgc for rgb."""

    augment_p: float | Auto | None = resumable(None)
    """Constant probability of each transform; None: adaptive, from the overfitting of the discriminator.
    auto: adaptive, but constant in runs too short for it to rise, and lower the more images there are."""

    augment_target: float = resumable(0.6)
    """Mean sign of the discriminator's output on training images, target of the adaptation."""

    augment_speed_nimg: int | Auto = resumable(AUTO)
    """Images over which p can rise from 0 to 1; auto: 500,000, or 100,000 with --init-from."""

    augment_p_max: float = resumable(1.0)
    """Upper limit of the adaptive p. Above about 0.8 augmentations start to leak into generated images."""

    augment_interval: int = resumable(4)
    """Iterations between adjustments of p."""


def letters(config: AugmentConfig) -> frozenset[str]:
    """The enabled groups as letters of `LETTERS`; raises InputError for unknown letters."""
    groups = {"off": "", "bgcfnc": "bgcfno", AUTO: "bgc"}.get(config.augment, config.augment)
    if (
        not set(groups) <= set(LETTERS)
        or len(set(groups)) < len(groups)
        or (not groups and config.augment != "off")
    ):
        known = ", ".join(f"{letter} ({name})" for letter, name in LETTERS.items())
        raise InputError(
            f"--augment {config.augment!r}: must be off, auto, or any of {known}, each once, as in bgc"
        )
    return frozenset(groups)


def check(config: AugmentConfig) -> None:
    """Validate; raises InputError naming the flag."""
    letters(config)
    p, speed = config.augment_p, config.augment_speed_nimg
    for holds, field, rule in (
        (p is None or p == AUTO or 0 <= p <= 1, "p", "must be from 0 to 1, None for adaptive, or auto"),
        (-1 <= config.augment_target <= 1, "target", "must be from -1 to 1"),
        (speed == AUTO or speed > 0, "speed_nimg", "must be above 0"),
        (0 <= config.augment_p_max <= 1, "p_max", "must be from 0 to 1"),
        (config.augment_interval >= 1, "interval", "must be at least 1"),
    ):
        if not holds:
            name = f"augment_{field}"
            raise InputError(f"--{name.replace('_', '-')} {getattr(config, name)}: {rule}")
