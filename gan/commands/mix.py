"""`gan mix`: a grid of mixed styles."""

from pathlib import Path

import tyro


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
    """Draw a style mixing grid: the selected layers take w of the column, the others w of the row.

    The left column shows the images of the rows, the top row those of the columns. Coarse layers decide the
    composition, fine layers the line quality. In family field there are two parts in place of layers: the
    global vector decides the style, the local map the layout.

    Args:
        run: run folder, or its generator folder, of a family with w per layer or of family field.
        rows: seeds of the rows, as in 1,2,3.
        cols: seeds of the columns, as in 10-15.
        layers: layers taken from the column, as in 0-3 or 0,2,5-7; 0 is the coarsest. Family field: global or
            local.
        out: PNG file.
        truncation: truncation psi: 1 = off, 0 = mean image.
        label: name or number of a class for all images; default: the first, if there are any.
        overwrite: replace an existing file.
    """
    from data_prep.outputs import check_file
    from gan.explore.seeds import distinct_seeds
    from gan.explore.style_mixing import mix_grid, taken_from_column
    from gan.runs.log import write_grid
    from gan.sample import class_number, load_generator

    row_seeds, column_seeds = distinct_seeds(rows, flag="--rows"), distinct_seeds(cols, flag="--cols")
    check_file(out, suffix=".png", overwrite=overwrite)
    generator = load_generator(run)
    taken = taken_from_column(generator.family, layers)
    number = 0 if label is None else class_number(generator.class_names, label)
    grid = mix_grid(
        generator, row_seeds, column_seeds, taken=taken, truncation=truncation, label=number
    ).images
    write_grid(out, grid.reshape(-1, *generator.shape), columns=grid.shape[1])
    print(f"{out}  {len(row_seeds)} x {len(column_seeds)} mixed images, layers {layers} of the columns")
