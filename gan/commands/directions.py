"""`gan directions`: directions in w along which pictures change."""

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
    """Find directions in w along which a generator's pictures change most, and draw them.

    --out holds directions.npz, which films go along: inkloop animate bezier RUN --direction
    OUT/directions.npz[2] --direction-strength -3 3 --out film.mp4; direction00.png ..., a strip per seed,
    from -strength to +strength standard deviations of w; and directions.png, a strip per direction.

    Args:
        run: run folder, or its generator folder.
        out: folder for the results.
        method: pca: principal components of drawn w. sefa: closed-form factorisation of the weights that
            styles meet first. Without a mapping network w spreads alike everywhere, and pca means little.
        count: directions to find, strongest first.
        layers: go along them in these layers only, as in 0-3 or 0,2,5-7; 0 is the coarsest. sefa then
            factorises the weights of these layers only.
        samples: styles that are drawn for pca, and to know how far w spreads.
        seed: of these.
        seeds: of the pictures in the strips.
        strength: of the strips' ends, in standard deviations of w along each direction.
        steps: pictures in a strip.
        truncation: below 1 draws the strips' pictures towards the mean.
        label: name or number of a class, of all that is drawn; without it drawn styles take turns, and the
            strips show the first, where there are any.
        overwrite: replace other directions in --out.
    """
    import jax.numpy as jnp
    import numpy as np

    from data_prep import outputs
    from gan import latents
    from gan.explore import directions as found_by
    from gan.explore.seeds import distinct_seeds
    from gan.explore.style_mixing import parse_layers
    from gan.runs.latent_files import write_directions
    from gan.runs.log import write_grid
    from gan.sample import class_number, load_generator, pictures_of

    numbers = distinct_seeds(seeds)
    if not (100 <= samples <= 1_000_000 and 0 <= seed < 2**32):
        raise InputError(f"--samples {samples} --seed {seed}: give 100 to 1,000,000, and 0 to 2^32 - 1")
    if not (0 < strength < 1000 and 2 <= steps <= 100):
        raise InputError(f"--strength {strength:g} --steps {steps}: give a number above 0, and 2 to 100")
    generator = load_generator(run)
    family, params = generator.family, generator.params
    if not 1 <= count <= family.w_dim:
        raise InputError(f"--count {count}: this generator's w has 1 to {family.w_dim} directions")
    if method == "pca" and family.num_ws == 1:
        print(
            "without a mapping network w spreads alike everywhere: --method sefa tells more", file=sys.stderr
        )
    named = parse_layers(layers, count=family.num_ws)
    number = None if label is None else class_number(generator.class_names, label)
    made_by = {
        "method": method,
        "generator": generator.identity,
        "layers": named,
        "samples": samples,
        "seed": seed,
        "label": label,
    }
    strips = {"seeds": numbers, "strength": strength, "steps": steps, "truncation": truncation}
    settings = made_by | strips | {"count": count}
    claimed = outputs.claim(out, command="gan directions", settings=settings, overwrite=overwrite, source=run)
    if claimed == "done":
        print(f"{out}  already done")
        return
    w = found_by.sample_w(family, params, count=samples, seed=seed, label=number)
    if method == "pca":
        vectors, strengths = found_by.principal_directions(w, count=count)
    else:
        kernels = found_by.style_kernels(family, params, named)
        vectors, strengths = found_by.factorised_directions(kernels, count=count)
    sigma = found_by.spread_along(w, vectors)
    placed = found_by.in_layers(vectors, named, count=family.num_ws)
    write_directions(
        out / FILE, placed, sigma, header=made_by | {"eigenvalues": [float(value) for value in strengths]}
    )
    z = latents.from_seeds(numbers, z_dim=generator.z_dim)
    labels = jnp.full(len(numbers), number or 0, jnp.int32)
    starts = generator.map(z, labels=labels, truncation=truncation)
    multiples = jnp.linspace(-strength, strength, steps)
    firsts: list[np.ndarray] = []
    total = np.square(w.astype(np.float64) - w.mean(0, dtype=np.float64)).sum(1).mean()
    for k in range(count):
        step = jnp.asarray(np.float32(sigma[k]) * placed[k])
        moved = found_by.along(starts, step, multiples)
        drawn = pictures_of(generator, moved.reshape(-1, *moved.shape[2:]))
        write_grid(out / f"direction{k:02d}.png", drawn, columns=steps)
        firsts.append(drawn[:steps])
        print(f"{out / FILE}[{k}]  {100 * sigma[k] ** 2 / total:.1f} % of the variance of w")
    write_grid(out / SHEET, np.concatenate(firsts), columns=steps)
    outputs.mark_done(out)
    print(f"{out}  {count} directions by {method}; {SHEET} shows them all")
