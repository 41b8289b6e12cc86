"""`animate render`: a generator and a saved path -> a video."""

from pathlib import Path

import tyro

from animate.commands.render_options import CONTROLS, Controlled, render_options
from animate.config import VideoConfig


def render(
    path: tyro.conf.Positional[Path],
    run: tyro.conf.Positional[Path],
    video: VideoConfig,
    *,
    controls: Controlled = CONTROLS,
    constant_speed: bool = False,
) -> None:
    """Render a saved path with its own or another generator.

    A path of style period, phase or bitloop is also plotted next to the video, as by `animate period`.

    Args:
        path: Path file (.npz).
        run: Run folder, or its generator/ folder.
        controls: Layers, truncation, direction and class; --truncation replaces the path's own.
        constant_speed: Retime the path to constant perceptual speed, in as many frames (renders up to 8
            thumbnails per frame, up to 4 above 1,800 frames). Pauses are removed. Cuts stay cuts: those
            recorded in the file, else steps far longer than their neighbours.
    """
    from animate.paths.path_file import read_path
    from animate.pipeline import render_path
    from gan.sample import load_generator

    options, latent_path = render_options(video, controls), read_path(path)
    print(render_path(load_generator(run), latent_path, video, constant_speed=constant_speed, **options))
