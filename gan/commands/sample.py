"""`gan sample`: images of a trained generator."""

from pathlib import Path

import tyro

from data_prep.errors import InputError
from gan.explore.seeds import distinct_seeds


def sample(
    run: tyro.conf.Positional[Path],
    *,
    out: Path,
    seeds: str = "0-63",
    truncation: float = 1.0,
    label: str | None = None,
    scale: int = 1,
    grid: bool = True,
    overwrite: bool = False,
) -> None:
    """Generate images: one PNG per seed, and a grid of all.

    Args:
        run: run folder, or its generator folder.
        out: folder for seed00017.png ... and grid.png.
        seeds: numbers and ranges, as in 0-63 or 3,17,40-49. Images do not depend on the other seeds.
        truncation: truncation psi: 1 = off, 0 = mean image.
        label: name or number of a class; default: classes in turn, if there are any.
        scale: integer upscaling factor (Lanczos).
        grid: also write grid.png; use --no-grid for commands that read a folder of images.
        overwrite: replace other images in --out.
    """
    import numpy as np

    from data_prep import outputs
    from data_prep.images import write_image
    from gan.runs.log import square_columns, write_grid
    from gan.sample import class_number, load_generator, sample_seeds

    numbers = distinct_seeds(seeds, flag="--seeds")
    if not 1 <= scale <= 16:
        raise InputError(f"--scale {scale}: must be from 1 to 16")
    generator = load_generator(run)
    settings = {
        "generator": generator.identity,
        "seeds": numbers,
        "truncation": truncation,
        "label": label,
        "scale": scale,
        "grid": grid,
    }
    number = None if label is None else class_number(generator.class_names, label)
    with outputs.work(
        out, command="gan sample", settings=settings, source=run, overwrite=overwrite
    ) as claimed:
        if claimed == "done":
            print(f"{out}  already done")
            return
        batches = sample_seeds(generator, numbers, label=number, truncation=truncation, scale=scale)
        images = [image for batch in batches for image in batch]
        for seed, image in zip(numbers, images, strict=True):
            write_image(out / f"seed{seed:05d}.png", image)
        if grid:
            write_grid(out / "grid.png", np.stack(images), columns=square_columns(len(images)))
    print(f"{out}  {len(images)} images{' and grid.png' * grid}")
