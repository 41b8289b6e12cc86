"""Files of projected images and clips. Existing results are reused; unfinished clips resume."""

import dataclasses
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from data_prep.errors import WorkError
from data_prep.images import to_float, write_image
from data_prep.progress import Progress, no_progress
from gan.projection.clips import Window, begin, project_clip, stage_steps
from gan.projection.images import Projection, project_images
from gan.projection.inputs import Clip, ClipFrames
from gan.projection.optimizer import Projector
from gan.projection.progress import DescentFrames, Rate, write_frames
from gan.projection.quality import ClipQuality
from gan.runs.latent_files import projection_header, read_extra_arrays, read_latents, write_latents
from gan.runs.log import write_grid
from gan.sample import Generator

DESCENT_FRAMES = 150  # of the video of a descent, at 30 per second


@dataclasses.dataclass(frozen=True)
class ImagesResult:
    """Result of `write_images` for N images.

    Attributes:
        latents: keyframes file of all images.
        files: latent file of each image.
        values: per image psnr_db and distance, _before (best candidate) and _after.
        steps_per_sec: after compilation, for `batch` images at a time; None if nothing was computed.
        batch: images per device call.
    """

    latents: Path
    files: tuple[Path, ...]
    values: tuple[dict[str, float], ...]
    steps_per_sec: float | None
    batch: int

    def __str__(self) -> str:
        lines = []
        if self.steps_per_sec is not None:
            batch = f"of {self.batch} images at a time, after compilation"
            lines.append(f"{self.latents.parent}  {self.steps_per_sec:.1f} steps/s {batch}")
        for file, found in zip(self.files, self.values, strict=True):
            key = "psnr_db_in_videos"
            fixed = f" ({found[key]:.1f} with the fixed noise maps of videos)" if key in found else ""
            psnr = f"PSNR {found['psnr_db_before']:.1f} -> {found['psnr_db_after']:.1f} dB{fixed}"
            distance = f"distance {found['distance_before']:.4f} -> {found['distance_after']:.4f}"
            lines.append(f"{file}  {psnr}, {distance}")
        after = [found["psnr_db_after"] for found in self.values]
        psnr = f"PSNR mean {sum(after) / len(after):.1f} dB, minimum {min(after):.1f}"
        return "\n".join([*lines, f"{self.latents}  {len(after)} latents, {psnr}"])


@dataclasses.dataclass(frozen=True)
class ClipResult:
    """Result of `write_clip`.

    Attributes:
        latents: path file of the clip.
        frames: number of frames.
        quality: `ClipQuality.results` by variant: "tied", and "apart" for independently projected frames.
        steps_per_sec: after compilation, for one window at a time; None if nothing was computed.
        window: frames of a window.
    """

    latents: Path
    frames: int
    quality: dict[str, dict[str, Any]]
    steps_per_sec: float | None
    window: int

    def __str__(self) -> str:
        lines = []
        if self.steps_per_sec is not None:
            speed = f"{self.steps_per_sec:.1f} steps/s of {self.window} frames at a time, after compilation"
            lines.append(f"{self.latents}  {speed}")
        for name, found in self.quality.items():
            psnr = f"PSNR {found['psnr_db']:.1f} dB (minimum {min(found['frames']['psnr_db']):.1f})"
            motion = f"jitter {found['jitter']:.4f} standard deviations of w, flicker {found['flicker']:.2f}"
            clip = f"grey levels (the clip: {found['flicker_of_clip']:.2f})"
            quality = f"{psnr}, distance {found['distance']:.4f}, {motion} {clip}"
            lines.append(f"{self.latents}  {self.frames} frames, {name}: {quality}")
        return "\n".join(lines)


def write_images(
    projector: Projector,
    generator: Generator,
    fitted: Mapping[Path, np.ndarray],
    out: Path,
    *,
    descent_video: bool,
    progress: Progress = no_progress,
) -> ImagesResult:
    """Project images: write NAME.npz and NAME.png of each, latents.npz and sheet.png of all.

    Args:
        projector: generator and distance, compiled.
        generator: the same generator.
        fitted: images of the generator's shape by file; files of different stems.
        out: output folder.
        descent_video: also write a video of the descent of each batch.
        progress: opens a progress bar.

    Raises: WorkError: the descent diverged.
    """
    paths, images = list(fitted), np.stack(list(fitted.values()))
    batch, steps = min(projector.batch, len(paths)), projector.config.steps
    header = projection_header(generator.identity, projector.config)
    batches = [range(i, min(i + batch, len(paths))) for i in range(0, len(paths), batch)]
    missing = [some for some in batches if not all((out / f"{paths[i].stem}.npz").is_file() for i in some)]
    rate = Rate()
    with progress(len(missing) * steps, unit="step", label="images") as shown:
        for some in missing:
            video = DescentFrames(every=max(1, steps // projector.per_call // DESCENT_FRAMES))
            found = project_images(
                projector,
                images[some.start : some.stop],
                first=some.start,
                size=batch,
                report=lambda count: shown.update(rate.count(count)),
                record=video if descent_video else lambda draw: None,
            )
            rate.pause()
            if descent_video:  # before the latents, which mark the batch as finished
                write_frames(video.frames, out / f"descent-{some.start:04d}.mp4", fps=30.0)
            for i, one in zip(some, found, strict=True):
                _write_image(one, images[i], out / paths[i].stem, header)
    files = tuple(out / f"{path.stem}.npz" for path in paths)
    cached = [read_latents(file) for file in files]
    w = np.concatenate([latents for latents, _ in cached])
    names = {"names": [path.name for path in paths]}
    write_latents(out / "latents.npz", w, header=header | {"results": names})
    drawn = [np.asarray(projector.images(jnp.asarray(latents)))[0] for latents, _ in cached]
    rows = [np.concatenate([to_float(image), one]) for image, one in zip(images, drawn, strict=True)]
    write_grid(out / "sheet.png", np.stack(rows), columns=min(8, len(rows)))
    values = tuple(_read_results(header_) for _, header_ in cached)
    return ImagesResult(out / "latents.npz", files, values, rate.per_second(), batch)


def write_clip(
    projector: Projector,
    generator: Generator,
    clip: Clip,
    out: Path,
    *,
    apart: bool,
    progress: Progress = no_progress,
) -> ClipResult:
    """Project a clip: write NAME.npz, a path, and NAME.mp4, clip and reconstruction side by side.

    Progress is stored in NAME.partial.npz and NAME.apart.partial.npz until the clip is finished.

    Args:
        projector: generator and distance, compiled.
        generator: the same generator.
        clip: the input.
        out: output folder.
        apart: also project every frame independently and measure the result.
        progress: opens a progress bar.

    Raises: WorkError: the descent diverged, or the clip has fewer frames than expected.
    """
    stem, size = clip.path.stem, projector.config.window
    header = projection_header(generator.identity, projector.config, fps=clip.fps)
    done = out / f"{stem}.npz"
    partials = [out / f"{stem}.partial.npz", out / f"{stem}.apart.partial.npz"]
    rate = Rate()
    if not done.is_file():
        path = project_tied(projector, clip, partials[0], header=header, rate=rate, progress=progress)
        quality = {"tied": ClipQuality(projector)}
        frames = _side_by_side(clip, generator, path, quality["tied"], size)
        write_frames(frames, out / f"{stem}.mp4", fps=clip.fps)
        if apart:
            alone = _apart(projector, generator, clip, partials[1], header, progress)
            quality["apart"] = ClipQuality(projector)
            for _ in _side_by_side(clip, generator, alone, quality["apart"], size):
                pass
        results = {name: measured.results() for name, measured in quality.items()}
        write_latents(done, path, header=header | {"results": results})
    for partial in partials:
        partial.unlink(missing_ok=True)
    return ClipResult(done, clip.count, _read_results(read_latents(done)[1]), rate.per_second(), size)


def project_tied(
    projector: Projector,
    clip: ClipFrames,
    partial: Path,
    *,
    header: dict[str, Any],
    rate: Rate,
    progress: Progress = no_progress,
) -> np.ndarray:
    """Project a clip with tied frames, resumed from `partial`, where progress is stored.

    Args:
        projector: generator and distance, compiled.
        clip: the frames.
        partial: latent file of the frames that are finished, and the state.
        header: of this file.
        rate: counts steps per second.
        progress: opens a progress bar.

    Returns: w [T, L, W].
    Raises: WorkError: the descent diverged, or the clip has fewer frames than expected.
    """
    config, found, window = projector.config, [], None
    if partial.is_file():
        w = read_latents(partial)[0]
        found, window = list(w), _window(projector, w[0], read_extra_arrays(partial))
    stages = clip.count + config.window - 1 - (1 if window is None else int(window.newest))
    steps = stages * stage_steps(projector) + config.steps * (window is None)

    def read(first: int) -> Iterator[np.ndarray]:
        return (frame for frames in clip.windows(projector.family.shape, 1, first=first) for frame in frames)

    with progress(steps, unit="step", label=clip.path.name) as shown:

        def report(count: int) -> None:
            shown.update(rate.count(count) if found else count)  # the first frame alone is faster

        for w, now in project_clip(projector, read, clip.count, window=window, report=report):
            found += list(w)
            if (int(now.newest) - 1) % config.window == 0 or len(found) == clip.count:
                leaves = {f"window/{i}": np.asarray(leaf) for i, leaf in enumerate(jax.tree.leaves(now))}
                write_latents(partial, _finite(np.stack(found), clip), header=header, arrays=leaves)
                if len(found) > 1:  # before, the window's program is not compiled
                    rate.resume()
    return np.stack(found)


def _window(projector: Projector, w: np.ndarray, arrays: dict[str, np.ndarray]) -> Window:
    """The window stored in a partial file of a clip whose first frame has w [L, W]."""
    leaves, structure = jax.tree.flatten(begin(projector, jnp.asarray(w)))
    stored = [jnp.asarray(arrays[f"window/{i}"]) for i in range(len(leaves))]
    window: Window = jax.tree.unflatten(structure, stored)
    return window


def _apart(
    projector: Projector,
    generator: Generator,
    clip: Clip,
    partial: Path,
    header: dict[str, Any],
    progress: Progress,
) -> np.ndarray:
    """w [T, L, W] of a clip with independently projected frames, resumed from `partial`."""
    size, steps = projector.batch, projector.config.steps
    found = list(read_latents(partial)[0]) if partial.is_file() else []
    windows = -(-(clip.count - len(found)) // size)
    with progress(windows * steps, unit="step", label=f"{clip.path.name}, apart") as shown:
        for images in clip.windows(generator.shape, size, first=len(found)):
            several = project_images(projector, images, first=len(found), size=size, report=shown.update)
            found += [one.w for one in several]
            write_latents(partial, _finite(np.stack(found), clip), header=header)
    return np.stack(found)


def _write_image(one: Projection, target: np.ndarray, name: Path, header: dict[str, Any]) -> None:
    if not np.isfinite(one.w).all():
        raise WorkError(f"{name.name}: the descent diverged; a lower --learning-rate may help")
    write_image(name.with_name(f"{name.name}.png"), np.concatenate([target, one.image], axis=1))
    maps = {f"maps/{path}": m for path, m in one.maps.items()}
    path = name.with_name(f"{name.name}.npz")
    write_latents(path, one.w[None], header=header | {"results": one.results}, arrays=maps)


def _read_results(header: dict[str, Any]) -> dict[str, Any]:
    """Results stored in the header of a latent file."""
    results: dict[str, Any] = header["results"]
    return results


def _finite(w: np.ndarray, clip: ClipFrames) -> np.ndarray:
    if not np.isfinite(w).all():
        raise WorkError(f"{clip.path.name}: the descent diverged; a lower --learning-rate may help")
    return w


def _side_by_side(
    clip: Clip, generator: Generator, w: np.ndarray, quality: ClipQuality, size: int
) -> Iterator[np.ndarray]:
    """Frames of the clip next to their reconstructions, while `quality` measures them."""
    first = 0
    for images in clip.windows(generator.shape, size):
        drawn = quality.add(w[first : first + len(images)], images)
        yield from np.concatenate([images, drawn], axis=2)
        first += len(images)
