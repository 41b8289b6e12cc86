"""Projected clips as files: finished frames, and where those on their way are, are kept meanwhile."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from data_prep.errors import WorkError
from data_prep.progress import progress
from gan.projection.clips import Window, begin, project_clip, stage_steps
from gan.projection.images import project_pictures
from gan.projection.inputs import Clip
from gan.projection.optimizer import Projector
from gan.projection.progress import Rate, write_film
from gan.projection.quality import Judge
from gan.runs.latent_files import projection_header, read_extra_arrays, read_latents, write_latents
from gan.sample import Generator


def write_clip(
    projector: Projector, generator: Generator, clip: Clip, out: Path, *, apart: bool
) -> Iterator[str]:
    """NAME.npz, a path, and NAME.mp4 of a clip; yields lines that tell of them.

    What is done is kept in NAME.partial.npz meanwhile, and of single frames in NAME.apart.partial.npz.
    """
    stem, size = clip.path.stem, projector.config.window
    described = projection_header(generator.identity, projector.config, fps=clip.fps)
    done = out / f"{stem}.npz"
    partials = [out / f"{stem}.partial.npz", out / f"{stem}.apart.partial.npz"]
    rate = Rate()
    if not done.is_file():
        path = _tied(projector, generator, clip, partials[0], described, rate)
        results = {"tied": Judge(projector)}
        write_film(_beside(clip, generator, path, results["tied"], size), out / f"{stem}.mp4", fps=clip.fps)
        if apart:
            alone = _apart(projector, generator, clip, partials[1], described)
            results["apart"] = Judge(projector)
            for _ in _beside(clip, generator, alone, results["apart"], size):
                pass
        measured = {name: judge.told() for name, judge in results.items()}
        write_latents(done, path, header=described | {"results": measured})
    for partial in partials:
        partial.unlink(missing_ok=True)
    _, header = read_latents(done)
    if rate.steps:
        yield f"{done}  {rate.per_second():.1f} steps/s of {size} frames at a time, once compiled"
    for name, told in header["results"].items():
        near = f"PSNR {told['psnr_db']:.1f} dB (least {min(told['frames']['psnr_db']):.1f})"
        steady = f"jitter {told['jitter']:.4f} of w's spread, flicker {told['flicker']:.2f} grey levels"
        own = f"(the clip's own {told['flicker_of_clip']:.2f})"
        distance = f"distance {told['distance']:.4f}"
        yield f"{done}  {clip.count} frames, {name}: {near}, {distance}, {steady} {own}"


def _tied(
    projector: Projector,
    generator: Generator,
    clip: Clip,
    partial: Path,
    described: dict[str, Any],
    rate: Rate,
) -> np.ndarray:
    """w [T, L, W] of a clip whose frames are tied, from where `partial` left off."""
    config, found, window = projector.config, [], None
    if partial.is_file():
        w = read_latents(partial)[0]
        found, window = list(w), _window(projector, w[0], read_extra_arrays(partial))
    stages = clip.count + config.window - 1 - (1 if window is None else int(window.newest))
    steps = stages * stage_steps(projector) + config.steps * (window is None)

    def read(first: int) -> Iterator[np.ndarray]:
        return (frame for frames in clip.windows(generator.shape, 1, first=first) for frame in frames)

    with progress(steps, unit="step", label=clip.path.name) as bar:

        def seen(count: int) -> None:
            bar.update(rate.count(count) if found else count)  # the first frame is quicker, alone

        for w, now in project_clip(projector, read, clip.count, window=window, seen=seen):
            found += list(w)
            if (int(now.newest) - 1) % config.window == 0 or len(found) == clip.count:
                leaves = {f"window/{i}": np.asarray(leaf) for i, leaf in enumerate(jax.tree.leaves(now))}
                write_latents(partial, _finite(np.stack(found), clip), header=described, arrays=leaves)
                if len(found) > 1:  # else the window's program is yet to be compiled
                    rate.resume()
    return np.stack(found)


def _window(projector: Projector, w: np.ndarray, beside: dict[str, np.ndarray]) -> Window:
    """The window that a partial file holds, of a clip whose first frame is w [L, W]."""
    leaves, shape = jax.tree.flatten(begin(projector, jnp.asarray(w)))
    kept = [jnp.asarray(beside[f"window/{i}"]) for i in range(len(leaves))]
    window: Window = jax.tree.unflatten(shape, kept)
    return window


def _apart(
    projector: Projector, generator: Generator, clip: Clip, partial: Path, described: dict[str, Any]
) -> np.ndarray:
    """w [T, L, W] of a clip whose frames are projected as pictures are, from where `partial` left off."""
    size, steps = projector.batch, projector.config.steps
    found = list(read_latents(partial)[0]) if partial.is_file() else []
    windows = -(-(clip.count - len(found)) // size)
    with progress(windows * steps, unit="step", label=f"{clip.path.name}, apart") as bar:
        for images in clip.windows(generator.shape, size, first=len(found)):
            several = project_pictures(projector, images, first=len(found), size=size, seen=bar.update)
            found += [one.w for one in several]
            write_latents(partial, _finite(np.stack(found), clip), header=described)
    return np.stack(found)


def _finite(w: np.ndarray, clip: Clip) -> np.ndarray:
    if not np.isfinite(w).all():
        raise WorkError(f"{clip.path.name}: the descent left the numbers; a lower --learning-rate may help")
    return w


def _beside(clip: Clip, generator: Generator, w: np.ndarray, judge: Judge, size: int) -> Iterator[np.ndarray]:
    """Frames of the clip, what was found beside each, while they are judged."""
    first = 0
    for images in clip.windows(generator.shape, size):
        drawn = judge(w[first : first + len(images)], images)
        yield from np.concatenate([images, drawn], axis=2)
        first += len(images)
