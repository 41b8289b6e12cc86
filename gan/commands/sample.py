"""`gan sample`: pictures of a trained generator."""

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
    """Pictures of a trained generator, one PNG per seed, and a grid of them.

    Args:
        run: run folder, or its generator folder.
        out: folder for seed00017.png ... and grid.png.
        seeds: numbers and ranges, as in 0-63 or 3,17,40-49; the same seed is the same picture everywhere.
        truncation: below 1 draws pictures towards the mean.
        label: name or number of a class; without it classes take turns, where there are any.
        scale: enlarge the pictures by this whole factor (Lanczos).
        grid: without it --out holds the pictures alone, as commands want it that take a folder of them.
        overwrite: replace other pictures of ours in --out.
    """
    import jax.numpy as jnp
    import numpy as np

    from data_prep import outputs
    from data_prep.images import write_image
    from gan import latents
    from gan.runs.log import write_grid
    from gan.sample import class_number, load_generator, sample_images

    numbers = distinct_seeds(seeds)
    if not 1 <= scale <= 16:
        raise InputError(f"--scale {scale}: it should be 1 to 16")
    generator = load_generator(run)
    settings = {
        "generator": generator.identity,
        "seeds": numbers,
        "truncation": truncation,
        "label": label,
        "scale": scale,
        "grid": grid,
    }
    claimed = outputs.claim(out, command="gan sample", settings=settings, overwrite=overwrite, source=run)
    if claimed == "done":
        print(f"{out}  already done")
        return
    z = latents.from_seeds(numbers, z_dim=generator.z_dim)
    labels = None if label is None else jnp.full(len(numbers), class_number(generator.class_names, label))
    batches = sample_images(
        generator.family, generator.params, z, labels=labels, truncation=truncation, scale=scale
    )
    images = [image for batch in batches for image in batch]
    for number, image in zip(numbers, images, strict=True):
        write_image(out / f"seed{number:05d}.png", image)
    if grid:
        columns = next(c for c in range(1, len(images) + 1) if c * c >= len(images))
        write_grid(out / "grid.png", np.stack(images), columns=columns)
    outputs.mark_done(out)
    print(f"{out}  {len(images)} pictures{' and grid.png' * grid}")
