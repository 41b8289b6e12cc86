"""Projections as files: what is there already is kept, what is missing is made."""

import dataclasses
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jax.numpy as jnp
import numpy as np

from data_prep.images import to_float, write_image
from data_prep.progress import progress
from data_prep.video import write_video
from gan.log import write_grid
from gan.perceptual import Perceptual, of_discriminator
from gan.projection import clips
from gan.projection.descent import Projector
from gan.projection.latents_file import read_latents, write_latents
from gan.projection.pictures import Projection, project_pictures
from gan.projection.targets import read_clip, read_picture
from gan.sample import Generator

FILM_FRAMES = 150  # of a descent, at 30 a second
ALL = "latents.npz"


def distance_of(run: Path, lpips: Path | None) -> Perceptual:
    """LPIPS if its weights are named, else the distance of the run's own discriminator.

    Raises: InputError: the file, or the run's checkpoint, cannot be read.
    """
    if lpips is not None:
        from gan.lpips import load_lpips

        return load_lpips(lpips)
    from gan.saved_state import load_state
    from gan.sharding import make_mesh

    family, state = load_state(run, make_mesh())
    return of_discriminator(family, state.discriminator)


def write_pictures(
    projector: Projector, generator: Generator, paths: list[Path], out: Path, *, film: bool
) -> None:
    """NAME.npz and NAME.png of each picture, latents.npz and sheet.png of all; results are told on stdout."""
    batch, config = min(projector.batch, len(paths)), dataclasses.asdict(projector.config)
    images = np.stack([read_picture(path, generator.shape) for path in paths])
    batches = [range(i, min(i + batch, len(paths))) for i in range(0, len(paths), batch)]
    missing = [some for some in batches if not all((out / f"{paths[i].stem}.npz").is_file() for i in some)]
    steps = projector.config.steps
    rate = Rate()
    with progress(len(missing) * steps, unit="step", label="pictures") as bar:
        for some in missing:
            frames: list[np.ndarray] = []
            every = max(1, steps // projector.per_call // FILM_FRAMES)
            calls = 0

            def keep(drawn: np.ndarray, frames: list[np.ndarray] = frames, every: int = every) -> None:
                nonlocal calls
                if calls % every == 0:
                    frames.append(np.concatenate(list(drawn), axis=1))
                calls += 1

            found = project_pictures(
                projector,
                images[some.start : some.stop],
                first=some.start,
                size=batch,
                seen=lambda count: bar.update(rate.count(count)),
                film=keep if film else None,
            )
            rate.pause()
            for i, one in zip(some, found, strict=True):
                _write_picture(one, images[i], out / paths[i].stem, generator, config)
            if film:
                _write_film(frames, out / f"descent-{some.start:04d}.mp4")
    if rate.steps:
        print(
            f"{rate.per_second():.1f} steps/s of {batch} pictures at a time, once compiled", file=sys.stderr
        )
    kept = [read_latents(out / f"{path.stem}.npz") for path in paths]
    rows = [np.concatenate([to_float(images[i]), _drawn(projector, w)]) for i, (w, _) in enumerate(kept)]
    for path, (_, header) in zip(paths, kept, strict=True):
        told = header["told"]
        print(
            f"{out / path.stem}.npz  PSNR {told['psnr_db_before']:.1f} -> {told['psnr_db_after']:.1f} dB, "
            f"distance {told['distance_before']:.4f} -> {told['distance_after']:.4f}"
        )
    after = [header["told"]["psnr_db_after"] for _, header in kept]
    write_latents(
        out / ALL,
        np.concatenate([w for w, _ in kept]),
        generator=generator.identity,
        config=config,
        seed=projector.config.seed,
        told={"names": [path.name for path in paths]},
    )
    columns = min(8, len(rows))
    write_grid(out / "sheet.png", np.stack(rows), columns=columns)
    print(f"{out / ALL}  {len(kept)} latents, PSNR mean {np.mean(after):.1f} dB, least {min(after):.1f}")


def write_clip(
    projector: Projector,
    generator: Generator,
    path: Path,
    out: Path,
    *,
    seconds: float | None,
    apart: bool,
) -> None:
    """NAME.npz, a path, and NAME.mp4 of a clip; finished windows are kept in NAME.partial.npz meanwhile."""
    images, fps = read_clip(path, generator.shape, seconds=seconds)
    config = projector.config
    described: dict[str, Any] = {
        "generator": generator.identity,
        "config": dataclasses.asdict(config),
        "seed": config.seed,
    }
    done, partial = out / f"{path.stem}.npz", out / f"{path.stem}.partial.npz"
    if not done.is_file():
        w = read_latents(partial)[0] if partial.is_file() else np.zeros((0,), np.float32)
        spans = [some for some in clips.windows(len(images), config.window) if some.start >= len(w)]
        steps = sum(config.clip_steps if some.start else config.steps for some in spans)
        with progress(steps, unit="step", label=path.name) as bar:
            for some in spans:
                before = w[-1] if len(w) else None
                part = images[some.start : some.stop]
                found = clips.project_window(projector, part, before, first=some.start, seen=bar.update)
                w = np.concatenate([w, found]) if len(w) else found
                write_latents(partial, w, fps=fps, **described)
        told, drawn = clips.judge(projector, w, images)
        _write_film(list(np.concatenate([images, drawn], axis=2)), out / f"{path.stem}.mp4", fps=fps)
        results = {"tied": told}
        if apart:
            results["apart"] = clips.judge(projector, _each_alone(projector, images), images)[0]
        write_latents(done, w, fps=fps, told=results, **described)
    partial.unlink(missing_ok=True)
    _, header = read_latents(done)
    for name, told in header["told"].items():
        print(
            f"{done}  {len(images)} frames, {name}: PSNR {told['psnr_db']:.1f} dB, distance "
            f"{told['distance']:.4f}, jitter {told['jitter']:.4f} of w's spread, flicker "
            f"{told['flicker']:.2f} grey levels (the clip's own {told['flicker_of_clip']:.2f})"
        )


def _each_alone(projector: Projector, images: np.ndarray) -> np.ndarray:
    """w [T, L, W] of frames projected as if they were single pictures."""
    batch, found = projector.batch, []
    with progress(-(-len(images) // batch) * projector.config.steps, unit="step", label="apart") as bar:
        for i in range(0, len(images), batch):
            part = project_pictures(projector, images[i : i + batch], first=i, seen=bar.update)
            found += [one.w for one in part]
    return np.stack(found)


def _write_picture(
    one: Projection, target: np.ndarray, name: Path, generator: Generator, config: dict[str, Any]
) -> None:
    write_image(name.with_name(f"{name.name}.png"), np.concatenate([target, one.image], axis=1))
    write_latents(
        name.with_name(f"{name.name}.npz"),
        one.w[None],
        generator=generator.identity,
        config=config,
        seed=config["seed"],
        told=one.told,
    )


def _write_film(frames: list[np.ndarray], path: Path, *, fps: float = 30.0) -> None:
    def rgb() -> Iterator[np.ndarray]:
        for frame in frames:
            yield frame[..., :3] if frame.shape[2] == 4 else frame

    write_video(rgb(), path, fps=fps)


def _drawn(projector: Projector, w: np.ndarray) -> np.ndarray:
    return np.asarray(projector.images(jnp.asarray(w)))[0]


class Rate:
    """Steps a second, the first call of a batch left out: it compiles, or comes after other work."""

    def __init__(self) -> None:
        self.steps, self._seconds, self._last = 0, 0.0, 0.0

    def count(self, steps: int) -> int:
        """`steps` were taken just now; returned as they are."""
        now = time.monotonic()
        if self._last:
            self.steps += steps
            self._seconds += now - self._last
        self._last = now
        return steps

    def pause(self) -> None:
        """Other work comes now."""
        self._last = 0.0

    def per_second(self) -> float:
        return self.steps / max(self._seconds, 1e-9)
