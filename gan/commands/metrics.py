"""`gan metrics`: metrics of a generator against real images."""

from pathlib import Path
from typing import Literal

import tyro

from data_prep.errors import InputError
from data_prep.progress import progress
from gan.config import FEWEST


def metrics(
    run: tyro.conf.Positional[Path],
    *,
    metrics: tuple[str, ...] = (),
    extractor: Literal["random", "inception"] = "random",
    weights: Path | None = None,
    protocol: Literal["tensorflow", "pytorch-fid"] = "tensorflow",
    images: int = 10_000,
    reals: int = 0,
    data: Path | None = None,
    seed: int = 0,
    truncation: float = 1.0,
    ppl_sampling: Literal["full", "end"] = "full",
    out: Path | None = None,
) -> None:
    """Measure a generator against its dataset: JSON lines, and a sheet of nearest training images.

    Results that exist for the same settings are printed again, not computed.

    Args:
        run: run folder.
        metrics: frechet, kid, precision-recall, ppl, nearest, variety, frechet-by-position, and of DRAW bound
            (nats of held-out doodles); default: all. ppl
            measures distances in the extractor's features, not LPIPS. nearest draws a sheet: generated |
            nearest by features | nearest by pixels. variety has three ratios to the real images, 1 is right:
            layout (structure of the mean image; large: all have one layout), pixel_std (standard deviation
            over images) and nearest (distance at 16 px to the nearest other image; 0: copies of each
            other). frechet-by-position uses means on a 4 x 4 grid of random convolutions, so it sees where
            things are.
        extractor: features: fixed random convolutions, or FID's Inception-v3.
        weights: state dict of FID's network (pt_inception-2015-12-05), .pth or .safetensors, read without
            executing its pickle.
        protocol: resizing and scaling of Inception's input, as in the reference or in its PyTorch port.
        images: number of generated images, and of pairs of latents for ppl; results are comparable for equal
            numbers only.
        reals: maximum number of real images; 0: all (of whole pages: as many tiles as --images).
        data: dataset folder; default: the dataset of the run.
        seed: seed of latents and of the choice of real images.
        truncation: truncation psi: 1 = off, 0 = mean image.
        ppl_sampling: path lengths at random positions between two latents, or at the first of them.
        out: JSON-lines file to append to, default RUN/metrics.jsonl; the sheet is written to its folder.
    """
    from gan.metrics import METRICS, defaults
    from gan.metrics.extractors import EXTRACTORS
    from gan.metrics.measure import Options, open_measurement
    from gan.metrics.recording import record
    from gan.metrics.results import FILE, read_results

    for name in metrics:
        if name not in METRICS:
            raise InputError(f"--metrics {name}: must be one of {', '.join(METRICS)}")
    if images < FEWEST:
        raise InputError(f"--images {images}: must be at least {FEWEST}")
    if reals < 0 or 0 < reals < FEWEST:
        raise InputError(f"--reals {reals}: must be at least {FEWEST}, or 0 for all")
    if not 0 <= seed < 2**32:
        raise InputError(f"--seed {seed}: must be from 0 to 2^32 - 1")
    out = out or run / FILE
    read_results(out)  # raises for a file of another kind before the work
    options = Options(images, reals, seed, truncation, ppl_sampling)
    measurement = open_measurement(
        run,
        data=data,
        extractor=EXTRACTORS[extractor](weights, protocol=protocol),
        options=options,
        progress=progress,
    )
    for name in dict.fromkeys(metrics or defaults(measurement)):
        print(f"{out}  {record(name, measurement, out).line}", flush=True)
