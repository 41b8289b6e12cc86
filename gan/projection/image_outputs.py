"""Projected pictures as files: what is there already is kept, what is missing is made."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jax.numpy as jnp
import numpy as np

from data_prep.errors import WorkError
from data_prep.images import to_float, write_image
from data_prep.progress import progress
from gan.projection.images import Projection, project_pictures
from gan.projection.inputs import read_picture
from gan.projection.optimizer import Projector
from gan.projection.progress import Rate, Strip, write_film
from gan.runs.latent_files import projection_header, read_latents, write_latents
from gan.runs.log import write_grid
from gan.sample import Generator

FILM_FRAMES = 150  # of a descent, at 30 a second


def write_pictures(
    projector: Projector, generator: Generator, paths: list[Path], out: Path, *, film: bool
) -> Iterator[str]:
    """NAME.npz and NAME.png of each picture, latents.npz and sheet.png of all; yields lines that tell it."""
    batch, steps = min(projector.batch, len(paths)), projector.config.steps
    described = projection_header(generator.identity, projector.config)
    images = np.stack([read_picture(path, generator.shape) for path in paths])
    batches = [range(i, min(i + batch, len(paths))) for i in range(0, len(paths), batch)]
    missing = [some for some in batches if not all((out / f"{paths[i].stem}.npz").is_file() for i in some)]
    rate = Rate()
    with progress(len(missing) * steps, unit="step", label="pictures") as bar:
        for some in missing:
            strip = Strip(every=max(1, steps // projector.per_call // FILM_FRAMES))
            found = project_pictures(
                projector,
                images[some.start : some.stop],
                first=some.start,
                size=batch,
                seen=lambda count: bar.update(rate.count(count)),
                film=strip if film else lambda draw: None,
            )
            rate.pause()
            if film:  # before the latents, which say that all of the batch is there
                write_film(strip.frames, out / f"descent-{some.start:04d}.mp4")
            for i, one in zip(some, found, strict=True):
                _write_picture(one, images[i], out / paths[i].stem, described)
    if rate.steps:
        yield f"{out}  {rate.per_second():.1f} steps/s of {batch} pictures at a time, once compiled"
    kept = [read_latents(out / f"{path.stem}.npz") for path in paths]
    rows = [np.concatenate([to_float(images[i]), _drawn(projector, w)]) for i, (w, _) in enumerate(kept)]
    for path, (_, header) in zip(paths, kept, strict=True):
        told = header["results"]
        films = f" ({told['psnr_db_in_films']:.1f} in films)" if "psnr_db_in_films" in told else ""
        psnr = f"PSNR {told['psnr_db_before']:.1f} -> {told['psnr_db_after']:.1f} dB{films}"
        distance = f"distance {told['distance_before']:.4f} -> {told['distance_after']:.4f}"
        yield f"{out / path.stem}.npz  {psnr}, {distance}"
    after = [header["results"]["psnr_db_after"] for _, header in kept]
    header = described | {"results": {"names": [path.name for path in paths]}}
    write_latents(out / "latents.npz", np.concatenate([w for w, _ in kept]), header=header)
    write_grid(out / "sheet.png", np.stack(rows), columns=min(8, len(rows)))
    yield f"{out}/latents.npz  {len(kept)} latents, PSNR mean {np.mean(after):.1f} dB, least {min(after):.1f}"


def _write_picture(one: Projection, target: np.ndarray, name: Path, described: dict[str, Any]) -> None:
    if not np.isfinite(one.w).all():
        raise WorkError(f"{name.name}: the descent left the numbers; a lower --learning-rate may help")
    write_image(name.with_name(f"{name.name}.png"), np.concatenate([target, one.image], axis=1))
    path = name.with_name(f"{name.name}.npz")
    maps = {f"maps/{name}": m for name, m in one.maps.items()}
    write_latents(path, one.w[None], header=described | {"results": one.told}, arrays=maps)


def _drawn(projector: Projector, w: np.ndarray) -> np.ndarray:
    return np.asarray(projector.images(jnp.asarray(w)))[0]
