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
    """A trained generator as StableHLO with its weights apart: run by JAX elsewhere, without this program.

    map takes (weights, z, truncation), that of a generator of classes (weights, z, labels, truncation),
    labels int32; synthesize takes (weights, w). export.json names every argument with its shape.

    Args:
        run: run folder, or its generator folder.
        out: folder for map and synthesize, each a .stablehlo and a .safetensors, and export.json.
        format: stablehlo: the container of jax.export, for CPU and CUDA, with a batch of any size.
        overwrite: replace another export in --out.
    """
    from gan.export import export_generator
    from gan.sample import load_generator

    generator = load_generator(run)
    settings = {"generator": generator.identity, "format": format}
    claimed = outputs.claim(out, command="gan export", settings=settings, overwrite=overwrite, source=run)
    if claimed == "done":
        print(f"{out}  already done")
        return
    for path in export_generator(generator, out):
        print(f"{path}  {path.stat().st_size:,} bytes")
    outputs.mark_done(out)
