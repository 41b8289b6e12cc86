"""`gan mix`: a grid of mixed styles."""

from pathlib import Path

import tyro

from data_prep.errors import InputError


def mix(
    run: tyro.conf.Positional[Path],
    *,
    rows: str,
    cols: str,
    layers: str,
    out: Path,
    truncation: float = 1.0,
    label: str | None = None,
    overwrite: bool = False,
) -> None:
    """A grid of mixed pictures: in the named layers each takes its column's style, elsewhere its row's.

    The rows' own pictures stand down the left edge, the columns' along the top. Coarse layers decide where
    things are, fine ones how they are drawn.

    Args:
        run: run folder, or its generator folder, of a family with a style for each layer.
        rows: seeds of the rows, as in 1,2,3.
        cols: seeds of the columns, as in 10-15.
        layers: which take the column's style, as in 0-3 or 0,2,5-7; 0 is the coarsest.
        out: PNG file.
        truncation: below 1 draws pictures towards the mean.
        label: name or number of a class, of all sources; without it the first, where there are any.
        overwrite: replace the file that --out names.
    """
    import jax.numpy as jnp

    from gan import latents
    from gan.commands.out_file import check_out_file
    from gan.explore.seeds import distinct_seeds
    from gan.explore.style_mixing import mix_styles, parse_layers, with_sources
    from gan.runs.log import write_grid
    from gan.sample import class_number, load_generator, pictures_of

    row_seeds, column_seeds = distinct_seeds(rows, flag="--rows"), distinct_seeds(cols, flag="--cols")
    check_out_file(out, suffix=".png", overwrite=overwrite)
    generator = load_generator(run)
    if generator.family.num_ws == 1:
        raise InputError(
            f"{run} has one style for the whole picture, nothing to mix; take a generator with a style for "
            "each layer, such as family stylegan2"
        )
    named = parse_layers(layers, count=generator.family.num_ws)
    number = 0 if label is None else class_number(generator.class_names, label)
    seeds, r, c = row_seeds + column_seeds, len(row_seeds), len(column_seeds)
    z = latents.from_seeds(seeds, z_dim=generator.z_dim)
    w = generator.map(z, labels=jnp.full(len(z), number, jnp.int32), truncation=truncation)
    mixed = mix_styles(w[:r], w[r:], layers=named)
    drawn = pictures_of(generator, jnp.concatenate([w, mixed.reshape(r * c, *w.shape[1:])]))
    sources, mixtures = drawn[: r + c], drawn[r + c :]
    grid = with_sources(mixtures.reshape(r, c, *generator.shape), sources[:r], sources[r:])
    write_grid(out, grid.reshape(-1, *generator.shape), columns=c + 1)
    print(f"{out}  {r} x {c} mixed pictures: layers {layers} of the columns, the rest of the rows")
