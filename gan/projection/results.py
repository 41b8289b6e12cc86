"""Projections as files: what is there already is kept, what is missing is made."""

import dataclasses
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from data_prep.errors import InputError, WorkError
from data_prep.images import to_float, write_image
from data_prep.progress import progress
from data_prep.video import write_video
from gan.log import write_grid
from gan.perceptual import Perceptual, of_discriminator
from gan.projection.clips import Judge, project_window
from gan.projection.descent import Projector
from gan.projection.latents_file import read_latents, write_latents
from gan.projection.objective import noise_maps
from gan.projection.pictures import Projection, project_pictures
from gan.projection.targets import Clip, read_picture
from gan.projection.watching import Rate, Strip
from gan.sample import WEIGHTS, Generator

FILM_FRAMES = 150  # of a descent, at 30 a second


def distance_of(run: Path, lpips: Path | None, *, shape: tuple[int, ...]) -> Perceptual:
    """LPIPS if its weights are named, else the distance of the run's own discriminator.

    `run` may also be the folder of one of a run's generators, such as RUN/best; its images are of `shape`.

    Raises: InputError: the file, or the run's checkpoint, cannot be read; images are too small.
    """
    if lpips is not None:
        from gan.lpips import check_size, load_lpips

        check_size(shape)
        return load_lpips(lpips)
    from gan.run_folder import FILE
    from gan.saved_state import load_state
    from gan.sharding import make_mesh

    alone = (run / WEIGHTS).is_file() or not (run / FILE).is_file()
    home = run.parent if alone and (run.parent / FILE).is_file() else run
    family, state = load_state(home, make_mesh(jax.local_devices()[:1]))
    return of_discriminator(family, state.discriminator)


def check_maps(generator: Generator, projector_maps: str, *, clips: int) -> None:
    """Raise InputError where noise maps cannot be free."""
    if projector_maps == "free" and clips:
        raise InputError("--noise-maps free: a clip has the network's own maps; project pictures alone")
    if projector_maps == "free" and not noise_maps(generator.params):
        raise InputError("--noise-maps free: this generator has no noise maps; leave it out")


def write_pictures(
    projector: Projector, generator: Generator, paths: list[Path], out: Path, *, film: bool
) -> Iterator[str]:
    """NAME.npz and NAME.png of each picture, latents.npz and sheet.png of all; yields lines that tell it."""
    batch, steps = min(projector.batch, len(paths)), projector.config.steps
    described = _described(projector, generator)
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
                _write_film(strip.frames, out / f"descent-{some.start:04d}.mp4")
            for i, one in zip(some, found, strict=True):
                _write_picture(one, images[i], out / paths[i].stem, described)
    if rate.steps:
        yield f"{out}  {rate.per_second():.1f} steps/s of {batch} pictures at a time, once compiled"
    kept = [read_latents(out / f"{path.stem}.npz") for path in paths]
    rows = [np.concatenate([to_float(images[i]), _drawn(projector, w)]) for i, (w, _) in enumerate(kept)]
    for path, (_, header) in zip(paths, kept, strict=True):
        told = header["told"]
        films = f" ({told['psnr_db_in_films']:.1f} in films)" if "psnr_db_in_films" in told else ""
        psnr = f"PSNR {told['psnr_db_before']:.1f} -> {told['psnr_db_after']:.1f} dB{films}"
        distance = f"distance {told['distance_before']:.4f} -> {told['distance_after']:.4f}"
        yield f"{out / path.stem}.npz  {psnr}, {distance}"
    after = [header["told"]["psnr_db_after"] for _, header in kept]
    names = {"names": [path.name for path in paths]}
    write_latents(out / "latents.npz", np.concatenate([w for w, _ in kept]), told=names, **described)
    write_grid(out / "sheet.png", np.stack(rows), columns=min(8, len(rows)))
    yield f"{out}/latents.npz  {len(kept)} latents, PSNR mean {np.mean(after):.1f} dB, least {min(after):.1f}"


def write_clip(
    projector: Projector, generator: Generator, clip: Clip, out: Path, *, apart: bool
) -> Iterator[str]:
    """NAME.npz, a path, and NAME.mp4 of a clip; yields lines that tell of them.

    Finished windows are kept in NAME.partial.npz meanwhile, and those of single frames in
    NAME.apart.partial.npz.
    """
    stem, config = clip.path.stem, projector.config
    described = _described(projector, generator) | {"fps": clip.fps}
    done = out / f"{stem}.npz"
    partials = [out / f"{stem}.partial.npz", out / f"{stem}.apart.partial.npz"]
    rate = Rate()
    if not done.is_file():

        def tied(images: np.ndarray, w: np.ndarray, seen: Callable[[int], Any]) -> np.ndarray:
            before = w[-1] if len(w) else None
            return project_window(projector, images, before, first=len(w), seen=seen)

        def alone(images: np.ndarray, w: np.ndarray, seen: Callable[[int], Any]) -> np.ndarray:
            size = config.window
            found = project_pictures(projector, images, first=len(w), size=size, seen=seen)
            return np.stack([one.w for one in found])

        windows = -(-clip.count // config.window)
        results = {}
        for name, project, partial, steps in (
            ("tied", tied, partials[0], config.steps + (windows - 1) * config.clip_steps),
            ("apart", alone, partials[1], windows * config.steps),
        ):
            if name == "apart" and not apart:
                continue
            w = _in_windows(clip, generator, project, partial, described, config.window, steps, rate)
            judge = Judge(projector)
            pairs = _beside(clip, generator, w, judge, config.window)
            if name == "tied":
                path = w
                _write_film(pairs, out / f"{stem}.mp4", fps=clip.fps)
            else:
                for _ in pairs:
                    pass
            results[name] = judge.told()
        write_latents(done, path, told=results, **described)
    for partial in partials:
        partial.unlink(missing_ok=True)
    _, header = read_latents(done)
    if rate.steps:
        yield f"{out}  {rate.per_second():.1f} steps/s of {config.window} frames at a time, once compiled"
    for name, told in header["told"].items():
        near = f"PSNR {told['psnr_db']:.1f} dB (least {min(told['frames']['psnr_db']):.1f})"
        steady = f"jitter {told['jitter']:.4f} of w's spread, flicker {told['flicker']:.2f} grey levels"
        own = f"(the clip's own {told['flicker_of_clip']:.2f})"
        distance = f"distance {told['distance']:.4f}"
        yield f"{done}  {clip.count} frames, {name}: {near}, {distance}, {steady} {own}"


def _in_windows(
    clip: Clip,
    generator: Generator,
    project: Callable[[np.ndarray, np.ndarray, Callable[[int], Any]], np.ndarray],
    partial: Path,
    described: dict[str, Any],
    size: int,
    steps: int,
    rate: Rate,
) -> np.ndarray:
    """w [T, L, W] of a clip, each window from those before it, as far as `partial` does not hold it."""
    w = read_latents(partial)[0] if partial.is_file() else np.zeros((0, 1, 1), np.float32)
    with progress(steps, unit="step", label=clip.path.name) as bar:
        for images in clip.windows(generator.shape, size, first=len(w)):
            found = project(images, w, lambda count: bar.update(rate.count(count)))
            rate.pause()
            w = np.concatenate([w, found]) if len(w) else found
            write_latents(partial, w, **described)
    return w


def _beside(clip: Clip, generator: Generator, w: np.ndarray, judge: Judge, size: int) -> Iterator[np.ndarray]:
    """Frames of the clip, what was found beside each, while they are judged."""
    first = 0
    for images in clip.windows(generator.shape, size):
        drawn = judge(w[first : first + len(images)], images)
        yield from np.concatenate([images, drawn], axis=2)
        first += len(images)


def _described(projector: Projector, generator: Generator) -> dict[str, Any]:
    """What every file of latents says of its making."""
    config = projector.config
    return {"generator": generator.identity, "config": dataclasses.asdict(config), "seed": config.seed}


def _write_picture(one: Projection, target: np.ndarray, name: Path, described: dict[str, Any]) -> None:
    if not np.isfinite(one.w).all():
        raise WorkError(f"{name.name}: the descent left the numbers; a lower --learning-rate may help")
    write_image(name.with_name(f"{name.name}.png"), np.concatenate([target, one.image], axis=1))
    path = name.with_name(f"{name.name}.npz")
    write_latents(path, one.w[None], told=one.told, maps=one.maps, **described)


def _write_film(frames: Any, path: Path, *, fps: float = 30.0) -> None:
    write_video((frame[..., :3] if frame.shape[2] == 4 else frame for frame in frames), path, fps=fps)


def _drawn(projector: Projector, w: np.ndarray) -> np.ndarray:
    return np.asarray(projector.images(jnp.asarray(w)))[0]
