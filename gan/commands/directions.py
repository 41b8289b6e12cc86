"""`gan directions`: directions in w with large effect on images."""

import sys
from pathlib import Path
from typing import Annotated

import tyro

from gan.explore.config import DirectionsConfig

CONFIG = DirectionsConfig()


def directions(
    run: tyro.conf.Positional[Path],
    config: Annotated[DirectionsConfig, tyro.conf.arg(name="")] = CONFIG,
    *,
    out: Path,
    overwrite: bool = False,
) -> None:
    """Find directions in w along which a generator's images change most, and draw them.

    --out holds directions.npz, for videos: inkloop animate bezier RUN --direction OUT/directions.npz[2]
    --direction-strength -3 3 --out video.mp4; direction00.png ..., one row per seed, from -strength to
    +strength standard deviations of w; and directions.png, one row per direction.

    Args:
        run: run folder, or its generator folder.
        config: method and strips.
        out: output folder.
        overwrite: replace other directions in --out.
    """
    from gan.explore.directions import write_strips
    from gan.sample import load_generator

    config.check()
    generator = load_generator(run)
    if config.method == "pca" and generator.family.num_ws == 1:
        print("without a mapping network pca is not useful: use --method sefa", file=sys.stderr)
    print(write_strips(generator, out, config, source=run, overwrite=overwrite))
