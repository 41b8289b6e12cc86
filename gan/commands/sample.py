"""`gan sample`: images of a trained generator."""

from pathlib import Path
from typing import Any, Literal

import tyro

from gan.canvas.mask_config import MaskConfig
from gan.explore.seeds import distinct_seeds

NO_MASK = MaskConfig()
Masked = tyro.conf.OmitArgPrefixes[MaskConfig]


def sample(
    run: tyro.conf.Positional[Path],
    *,
    out: Path,
    seeds: str = "0-63",
    truncation: float = 1.0,
    label: str | None = None,
    scale: int = 1,
    canvas: str | None = None,
    tileable: bool = False,
    masked: Masked = NO_MASK,
    format: Literal["png", "tif", "jpg", "webp"] = "png",
    grid: bool = True,
    overwrite: bool = False,
) -> None:
    """Generate images: one file per seed, and a grid of all.

    Args:
        run: run folder, or its generator folder.
        out: folder for seed00017.png ... and grid.png.
        seeds: numbers and ranges, as in 0-63 or 3,17,40-49. Images do not depend on the other seeds.
        truncation: truncation psi: 1 = off, 0 = mean image.
        label: name or number of a class; default: classes in turn, if there are any.
        scale: integer upscaling factor (Lanczos).
        canvas: draw this size in px, such as 1920x1080 or 10000x10000, with networks of family field; a
            smaller canvas of a seed is the top left part of a larger one.
        tileable: draw canvases whose opposite edges meet: wallpapers, textures, fabric.
        masked: variation in space, with --canvas.
        format: of the images; png and tif are written row by row, so that canvases of any size fit in memory.
        grid: also write grid.png, in which canvases are reduced; use --no-grid for commands that read a
            folder of images.
        overwrite: replace other images in --out.
    """
    from data_prep import outputs
    from data_prep.progress import print_note, progress
    from gan.canvas.samples import check_images, plan_samples, plan_variation, write_images, write_samples
    from gan.sample import class_number, load_generator

    numbers = distinct_seeds(seeds, flag="--seeds")
    check_images(scale=scale, truncation=truncation)
    generator = load_generator(run)
    number = None if label is None else class_number(generator.class_names, label)
    size = plan_samples(generator, canvas, tileable=tileable, scale=scale, format=format, note=print_note)
    variation = plan_variation(generator, masked, size, note=print_note)
    settings = {"generator": generator.identity, "seeds": numbers, "truncation": truncation}
    settings |= {"label": label, "scale": scale, "grid": grid}
    settings |= {} if format == "png" else {"format": format}
    settings |= {} if size is None else {"canvas": str(size), "tileable": tileable}
    settings |= {} if variation is None else variation.settings
    sources = [path for path in (run, masked.mask, masked.mask_run) if path is not None]
    work: dict[str, Any] = {
        "command": "gan sample",
        "settings": settings,
        "source": sources,
        "overwrite": overwrite,
    }
    with outputs.work(out, **work) as claimed:
        if claimed == "done":
            print(f"{out}  already done")
            return
        common: dict[str, Any] = {"truncation": truncation, "suffix": f".{format}", "grid": grid}
        if size is None:
            write_images(generator, numbers, out, label=number, scale=scale, **common)
        else:
            common |= {"size": size, "tileable": tileable, "variation": variation, "progress": progress}
            write_samples(generator, numbers, out, **common)
    print(f"{out}  {len(numbers)} images{' and grid.png' * grid}")
