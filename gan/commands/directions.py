"""`gan directions`: directions in w with large effect on images."""

import sys
from pathlib import Path
from typing import Literal

import tyro

from data_prep.errors import InputError

FILE, SHEET = "directions.npz", "directions.png"


def directions(
    run: tyro.conf.Positional[Path],
    *,
    out: Path,
    method: Literal["pca", "sefa"] = "pca",
    count: int = 10,
    layers: str | None = None,
    samples: int = 10_000,
    seed: int = 0,
    seeds: str = "0-3",
    strength: float = 3.0,
    steps: int = 7,
    truncation: float = 1.0,
    label: str | None = None,
    overwrite: bool = False,
) -> None:
    """Find directions in w along which a generator's images change most, and draw them.

    --out holds directions.npz, for videos: inkloop animate bezier RUN --direction OUT/directions.npz[2]
    --direction-strength -3 3 --out video.mp4; direction00.png ..., one row per seed, from -strength to
    +strength standard deviations of w; and directions.png, one row per direction.

    Args:
        run: run folder, or its generator folder.
        out: output folder.
        method: pca: principal components of sampled w; not useful without a mapping network, where w has the
            same variance in all directions. sefa: closed-form factorisation of the style weights.
        count: number of directions, strongest first.
        layers: layers that directions move, as in 0-3 or 0,2,5-7; 0 is the coarsest. sefa factorises the
            weights of these layers only. Default: all.
        samples: number of w sampled for pca and for the standard deviations.
        seed: seed of the samples.
        seeds: seeds of the images in the strips.
        strength: ends of the strips, in standard deviations of w along each direction.
        steps: images per strip.
        truncation: truncation psi of the strips: 1 = off, 0 = mean image.
        label: name or number of a class; default: samples take classes in turn, strips show the first.
        overwrite: replace other directions in --out.
    """
    import numpy as np

    from data_prep import outputs
    from gan.explore import directions as found_by
    from gan.explore.seeds import distinct_seeds
    from gan.explore.style_mixing import parse_layers
    from gan.runs.latent_files import write_directions
    from gan.runs.log import write_grid
    from gan.sample import class_number, load_generator

    numbers = distinct_seeds(seeds, flag="--seeds")
    for flag, value, low, high in (
        ("samples", samples, 100, 1_000_000),
        ("seed", seed, 0, 2**32 - 1),
        ("steps", steps, 2, 100),
    ):
        if not low <= value <= high:
            raise InputError(f"--{flag} {value}: must be from {low} to {high}")
    if not 0 < strength < 1000:
        raise InputError(f"--strength {strength:g}: must be above 0 and below 1000")
    generator = load_generator(run)
    found_by.check_count(count, w_dim=generator.family.w_dim)
    if method == "pca" and generator.family.num_ws == 1:
        print("without a mapping network pca is not useful: use --method sefa", file=sys.stderr)
    selected = parse_layers(layers, count=generator.family.num_ws)
    number = None if label is None else class_number(generator.class_names, label)
    made_by: dict[str, object] = {"method": method, "generator": generator.identity, "layers": selected}
    made_by |= {"samples": samples, "seed": seed, "label": label}
    strips = {"seeds": numbers, "strength": strength, "steps": steps, "truncation": truncation}
    settings = made_by | strips | {"count": count}
    with outputs.work(
        out, command="gan directions", settings=settings, source=run, overwrite=overwrite
    ) as claimed:
        if claimed == "done":
            print(f"{out}  already done")
            return
        found = found_by.find_directions(
            generator, method=method, count=count, layers=selected, samples=samples, seed=seed, label=number
        )
        header = made_by | {"eigenvalues": [float(value) for value in found.strengths]}
        write_directions(out / FILE, found.vectors, found.sigma, header=header)
        rows: list[np.ndarray] = []
        drawn = found_by.direction_strips(
            generator,
            found,
            seeds=numbers,
            strength=strength,
            steps=steps,
            truncation=truncation,
            label=number,
        )
        for k, images in enumerate(drawn):
            write_grid(out / f"direction{k:02d}.png", images.reshape(-1, *generator.shape), columns=steps)
            rows.append(images[0])
            print(f"{out / FILE}[{k}]  {100 * found.variance_fractions[k]:.1f} % of the variance of w")
        write_grid(out / SHEET, np.concatenate(rows), columns=steps)
    print(f"{out}  {count} directions by {method}; all in {SHEET}")
