"""Resolve settings of value "auto" from the resolution and the number of devices.

Source: the rules of thumb of Karras et al. 2020, "Training GANs with limited data", appendix C, but for gamma
(their 0.0002 * pixels / batch is a hundredth of what line drawings need) and its cosine schedule (Huang et
al. 2024, "The GAN is dead; long live the GAN!", appendix), and the constant probability of augmentations in
short runs.
"""

import math

from gan.config import TrainConfig, flat, replace
from gan.config_fields import AUTO

MAX_BATCH, MAX_PER_DEVICE = 64, 32
GAMMA_PER_PX = 10 / 64  # at a tenth of it, membranes collapse to blank paper; photos learn with both
EMA_NIMG_PER_ITEM = 10_000 / 32
AUGMENT_BELOW, AUGMENT_PER_IMAGE = 100_000, 3e-6


def resolve(
    config: TrainConfig, image_shape: tuple[int, int, int], *, devices: int, images: float = math.inf
) -> tuple[TrainConfig, list[str]]:
    """Replace every "auto" with a number, except --accumulate, which depends on compiled programs.

    Args:
        config: checked.
        image_shape: (H, W, C) of a training image.
        devices: number of devices that a batch is split over.
        images: number of training images; a batch holds no more.

    Returns:
        (the config, one line per resolved field with the reason; unused fields are resolved without one).
    """
    short, pixels = min(image_shape[:2]), image_shape[0] * image_shape[1]
    per_device = max(1, min(4096 // short, MAX_PER_DEVICE))
    batch = max(min(devices * per_device, MAX_BATCH) // devices, 1) * devices
    limit = ""
    while batch > images and batch // devices > 1:
        batch = batch // devices // 2 * devices
        limit = f", for {images:g} images"
    if config.batch_size != AUTO:
        batch = config.batch_size
    speed = 100_000 if config.init_from else 500_000
    start = "starts from another run" if config.init_from else "starts from initial weights"
    side = math.sqrt(pixels)
    gamma = round(GAMMA_PER_PX * side, 2) if config.loss.r1_gamma == AUTO else config.loss.r1_gamma
    p, p_reason = _augment_p(config, speed, images)
    choices: dict[str, tuple[float | str | None, str]] = {
        "batch_size": (batch, f"{batch // devices} per device at {short} px{limit}"),
        "learning_rate": (0.002 if short >= 1024 else 0.0025, f"default at {short} px"),
        "r1_gamma": (gamma, f"10 at 64 px, in proportion to the side, {side:.0f} px"),
        "r1_gamma_final": (gamma / 10, f"a tenth of {gamma:g}"),
        "ema_halflife_nimg": (round(batch * EMA_NIMG_PER_ITEM), f"10,000 per 32 items of batch {batch}"),
        "channel_base": (32768 if short >= 512 else 16384, f"default at {short} px"),
        "minibatch_group": (min(4, batch // devices), f"at most 4, of {batch // devices} per device"),
        "augment_speed_nimg": (speed, start),
        "augment": ("bg", "gray images") if image_shape[2] == 1 else ("bgc", "rgb images"),
        "augment_p": (p, p_reason),
    }
    fields = flat(config)
    chosen = {name: choice for name, choice in choices.items() if fields.get(name) == AUTO}
    unused = {"channel_base"} if getattr(config.network, "has_own_widths", False) else set()
    unused |= {"augment_speed_nimg", "augment_p"} if config.augment.augment == "off" else set()
    unused |= {"augment_speed_nimg"} if "augment_p" in chosen and p is not None else set()
    reasons = [f"{name} {_text(value)}: {why}" for name, (value, why) in chosen.items() if name not in unused]
    return replace(config, **{name: value for name, (value, _) in chosen.items()}), reasons


def _augment_p(config: TrainConfig, speed_nimg: int, images: float) -> tuple[float | None, str]:
    """Probability of augmentations: None for the adaptive one where a run has time for it."""
    total = config.total_nimg
    if not math.isfinite(images):
        return None, "adaptive, for an unknown or unlimited number of training images"
    if total >= speed_nimg:
        return None, f"adaptive, it can rise from 0 to 1 within {speed_nimg:,} of {total:,} images"
    p = round(min(max((AUGMENT_BELOW - images) * AUGMENT_PER_IMAGE, 0.0), 0.5), 3)
    return (
        p,
        f"constant, a run of {total:,} images is too short for the adaptive one; {images:,.0f} to train on",
    )


def _text(value: float | str | None) -> str:
    return f"{value:g}" if isinstance(value, float | int) else str(value)
