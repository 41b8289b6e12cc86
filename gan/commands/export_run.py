"""`gan export`: a trained generator -> files that other programs run."""

from pathlib import Path
from typing import Literal

import tyro

from data_prep import outputs


def export_run(
    run: tyro.conf.Positional[Path],
    *,
    out: Path,
    format: Literal["stablehlo"] = "stablehlo",
    overwrite: bool = False,
) -> None:
    """Export a generator as StableHLO programs with separate weights, to run with JAX without inkloop.

    map takes (weights, z, truncation), or (weights, z, labels, truncation) if there are classes, labels
    int32; synthesize takes (weights, w). export.json lists every argument with its shape.

    Args:
        run: run folder, or its generator folder.
        out: folder for map and synthesize, each a .stablehlo and a .safetensors, and export.json.
        format: stablehlo: serialised by jax.export for CPU and CUDA, for any batch size.
        overwrite: replace another export in --out.
    """
    from gan.export import export_generator
    from gan.sample import load_generator

    generator = load_generator(run)
    settings = {"generator": generator.identity, "format": format}
    with outputs.work(
        out, command="gan export", settings=settings, source=run, overwrite=overwrite
    ) as claimed:
        if claimed == "done":
            print(f"{out}  already done")
            return
        for path in export_generator(generator, out).files:
            print(f"{path}  {path.stat().st_size:,} bytes")
