"""`gan reconstruct`: images -> what a run of DRAW makes of them, with the bound in nats."""

from pathlib import Path
from typing import Any

import tyro

from data_prep.errors import InputError
from gan.config.draw import Ink


def reconstruct(
    run: tyro.conf.Positional[Path],
    images: tyro.conf.Positional[tuple[Path, ...]],
    *,
    out: Path,
    ink: Ink = "auto",
    label: str | None = None,
    seed: int = 0,
    scale: int = 4,
    overwrite: bool = False,
) -> None:
    """Reconstruct images by DRAW: a sheet of each image and what is drawn of a sample of its posterior.

    Prints both terms of the bound in nats for each image. Latents of all glimpses are written next to the
    sheet (.npz), for `animate keyframes --keys`.

    Args:
        run: run folder of DRAW, or its generator folder.
        images: image files of any size; their polarity is detected.
        out: PNG file of the sheet.
        ink: ink of the images: dark on light, light on dark, or detected.
        label: name or number of a class, for a model with classes; default: the first.
        seed: seed of the posterior's noise.
        scale: repeat pixels so many times.
        overwrite: replace an existing file.
    """
    import jax
    import numpy as np

    from data_prep.images import write_image
    from data_prep.outputs import check_file
    from data_prep.progress import print_note
    from gan.draw.seed_image import read_seed_image
    from gan.draw.variations import draw_family, reconstruction_sheet
    from gan.draw.variations import reconstruct as reconstructed
    from gan.runs.latent_files import write_latents
    from gan.sample import class_number, load_generator

    check_file(out, suffix=".png", overwrite=overwrite)
    check_file(out.with_suffix(".npz"), suffix=".npz", overwrite=overwrite or not out.exists())
    if not images:
        raise InputError("IMAGES: name at least one image file")
    if not 1 <= scale <= 64:
        raise InputError(f"--scale {scale}: must be from 1 to 64")
    if not 0 <= seed < 2**32:
        raise InputError(f"--seed {seed}: must be from 0 to 2^32 - 1")
    generator = load_generator(run)
    family = draw_family(generator.family, name=run)
    number = None if label is None else class_number(generator.class_names, label)
    seeds = [read_seed_image(path, shape=generator.resolution, ink=ink) for path in images]
    inks = np.stack([one.ink for one in seeds])
    found = reconstructed(jax.random.key(seed), family, generator.params, inks, label=number)
    for one, reconstruction, kl in zip(seeds, found.reconstruction, found.kl, strict=True):
        print_note(str(one))
        print(f"{one.path}  {reconstruction + kl:.1f} nats: reconstruction {reconstruction:.1f}, KL {kl:.1f}")
    header: dict[str, Any] = {"space": "z", "style": "reconstruction", "config": {"label": label}}
    header |= {"seed": seed, "fps": 1.0, "closed": False, "truncation": 1.0}
    latents = out.with_suffix(".npz")
    write_latents(latents, found.z, header=header | {"generator": generator.identity})
    write_image(out, reconstruction_sheet(family, inks, found.images, scale=scale))  # the last: all is there
    print(f"{out}  {len(seeds)} images and their reconstructions; latents in {latents}")
