"""`gan export`: a trained generator -> files that other programs run."""

from pathlib import Path
from typing import Literal

import tyro

from data_prep import outputs


def export_run(
    run: tyro.conf.Positional[Path],
    *,
    out: Path,
    format: Literal["stablehlo", "onnx"] = "stablehlo",
    overwrite: bool = False,
) -> None:
    """Export a generator for other programs: StableHLO programs for JAX, or ONNX networks.

    Two functions: map, from z and truncation (with classes also labels) to w, and synthesize, from w to
    images. export.json lists every argument with its shape.

    Args:
        run: run folder, or its generator folder.
        out: folder for map and synthesize, and export.json.
        format: stablehlo: serialised by jax.export for CPU and CUDA, each with its weights as .safetensors,
            images NHWC; onnx: float32 networks of families progan, stylegan2 and field, images NCHW. Both for
            any batch size.
        overwrite: replace another export in --out.
    """
    from gan.export.onnx_files import export_onnx
    from gan.export.onnx_networks import check_family
    from gan.export.stablehlo import export_generator
    from gan.sample import load_generator

    generator = load_generator(run)
    if format == "onnx":
        check_family(generator.family)
    settings = {"generator": generator.identity, "format": format}
    with outputs.work(
        out, command="gan export", settings=settings, source=run, overwrite=overwrite
    ) as claimed:
        if claimed == "done":
            print(f"{out}  already done")
            return
        export = export_onnx if format == "onnx" else export_generator
        for path in export(generator, out).files:
            print(f"{path}  {path.stat().st_size:,} bytes")
