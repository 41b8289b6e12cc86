"""`gan metrics`: how far a generator's pictures are from the real ones."""

from pathlib import Path
from typing import Literal

import tyro

from data_prep.errors import InputError
from gan.config import FEWEST, MetricName


def metrics(
    run: tyro.conf.Positional[Path],
    *,
    metrics: tuple[MetricName, ...] = ("frechet", "kid", "precision-recall", "ppl", "nearest"),
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
    """Measure a run's generator against its dataset: JSON lines, and a sheet of nearest training images.

    What was measured before with the same settings is told again, not computed.

    Args:
        run: run folder.
        metrics: which; ppl takes distances in the extractor's features, not LPIPS; nearest draws a sheet:
            generated | nearest by features | nearest by pixels.
        extractor: what features are measured in: fixed random convolutions, or FID's Inception-v3.
        weights: state dict of FID's network (pt_inception-2015-12-05), .pth or .safetensors; it is read
            without running a pickle.
        protocol: how Inception's input is resized and scaled: as in the reference, or as in its PyTorch port.
        images: generated images, and pairs of latents of ppl. Compare at equal numbers only.
        reals: real images at most; 0: all of the dataset (of whole pages: as many tiles as --images).
        data: dataset folder; the run's own if not given.
        seed: of latents and of the choice of real images.
        truncation: below 1 draws pictures towards the mean.
        ppl_sampling: path lengths anywhere between two latents, or at the first of them.
        out: JSON-lines file to add to; RUN/metrics.jsonl if not given. The sheet lies beside it.
    """
    from gan.metrics.extractors import EXTRACTORS
    from gan.metrics.measure import Options, open_measurement
    from gan.metrics.recording import record
    from gan.metrics.results import FILE, read_results

    if images < FEWEST or 0 < reals < FEWEST or reals < 0 or not 0 <= seed < 2**32:
        raise InputError(
            f"--images {images} --reals {reals} --seed {seed}: give at least {FEWEST} images and {FEWEST} "
            "reals (0: all), and a seed from 0 to 2^32 - 1"
        )
    out = out or run / FILE
    read_results(out)  # refuses a file of another kind before the work
    options = Options(images, reals, seed, truncation, ppl_sampling)
    opened = open_measurement(
        run, data=data, extractor=EXTRACTORS[extractor](weights, protocol=protocol), options=options
    )
    for name in dict.fromkeys(metrics):
        line, _ = record(name, opened, out)
        print(f"{out}  {line}", flush=True)
