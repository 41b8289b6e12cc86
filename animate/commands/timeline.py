"""`animate timeline`: a generator and paths joined as a JSON file describes -> a video."""

from pathlib import Path

import tyro

from animate.commands.render_options import CONTROLS, Controlled, render_options
from animate.config import VideoConfig
from data_prep.progress import print_note


def timeline(
    file: tyro.conf.Positional[Path],
    run: tyro.conf.Positional[Path],
    video: VideoConfig,
    *,
    controls: Controlled = CONTROLS,
    constant_speed: bool = False,
) -> None:
    """Join, repeat, reverse, retime and cross-fade paths as a JSON file describes, and render the result.

    Args:
        file: Timeline: {"fps": 30, "close_sec": 1, "parts": [{"path": "path.npz", "repeat": 2}, {"style":
            "bezier", "seed": 3, "seconds": 8, "config": {"segments": 5}, "fade_sec": 1.5, "reverse": true,
            "ping_pong": true, "retime_sec": 6}]}.
        run: Run folder, or its generator/ folder.
        controls: Layers, truncation, direction and class along the whole path.
        constant_speed: Retime the path to constant perceptual speed, in as many frames (renders up to 8
            thumbnails per frame, up to 4 above 1,800 frames). Pauses are removed, cuts stay cuts.
    """
    from animate.pipeline import render_path, timeline_path
    from gan.sample import load_generator

    options, generator = render_options(video, controls), load_generator(run)
    latent_path = timeline_path(generator, file, report=print_note)
    print(render_path(generator, latent_path, video, constant_speed=constant_speed, **options))
