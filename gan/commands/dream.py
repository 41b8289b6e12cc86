"""`gan dream`: activation maximisation of a discriminator."""

from pathlib import Path
from typing import Annotated

import tyro

from configs.gan.dream import CONFIG
from data_prep.errors import InputError
from data_prep.progress import progress
from gan.explore.config import DreamConfig


def dream(
    run: tyro.conf.Positional[Path],
    config: Annotated[DreamConfig, tyro.conf.arg(name="")] = CONFIG,
    *,
    out: Path,
    image: Path | None = None,
    count: int = 8,
    label: str | None = None,
    plain: bool = False,
    overwrite: bool = False,
) -> None:
    """Show what a discriminator rewards: images that increase its score, from noise or from an image.

    --out holds dream.mp4 (the ascent), dream00.png ... (the final images) and grid.png. Scores are logits of
    each image alone; high means real. With --plain scores rise but images stay noise.

    Args:
        run: run folder; the discriminator of its newest checkpoint is used.
        config: options of the ascent.
        out: output folder.
        image: start from this image instead of noise.
        count: number of images, each with its own noise and shifts.
        label: name or number of a class; default: the first, if there are classes.
        plain: disable total variation and jitter.
        overwrite: replace other results in --out.
    """
    from gan.explore.dream import write_dream
    from gan.projection.inputs import read_fitted
    from gan.runs.discriminator import load_discriminator

    config = config.plain() if plain else config
    config.check()
    if not 1 <= count <= 256:
        raise InputError(f"--count {count}: must be from 1 to 256")
    discriminator = load_discriminator(run)
    made = write_dream(
        discriminator,
        out,
        config,
        count=count,
        label=label,
        start=None if image is None else (image, read_fitted(image, discriminator.family.shape)),
        overwrite=overwrite,
        progress=progress,
    )
    print(made)
