"""`animate doodles`: a run of DRAW -> a clip with a doodle per frame."""

from pathlib import Path
from typing import Annotated

import tyro

from animate.commands.doodle_options import opened
from animate.config import DoodlesConfig
from data_prep.video.export import Encoding
from gan.config.draw import Ink, PostprocessConfig

CONFIG, PLAIN, ENCODING = DoodlesConfig(), PostprocessConfig(), Encoding()
Config = Annotated[DoodlesConfig, tyro.conf.arg(name="")]


def doodles(
    run: tyro.conf.Positional[Path],
    *,
    out: Path,
    seed_image: Path | None = None,
    ink: Ink = "auto",
    label: str | None = None,
    config: Config = CONFIG,
    frame_sec: float = 0.12,
    scale: int = 4,
    post: Annotated[PostprocessConfig, tyro.conf.arg(name="")] = PLAIN,
    encoding: tyro.conf.OmitArgPrefixes[Encoding] = ENCODING,
    overwrite: bool = False,
) -> None:
    """Write a clip with a doodle per frame: variations of a seed image, or doodles of the prior.

    Args:
        run: Run folder of DRAW, or its generator/ folder.
        out: GIF or video, or a folder for numbered images.
        seed_image: Drawing whose variations are drawn, of any size; default: doodles of the prior.
        ink: Ink of the seed image: dark on light, light on dark, or detected.
        label: Class by name or number, for a model with classes; default: the first.
        config: Which doodles.
        frame_sec: Duration of a frame, seconds.
        scale: Enlarge the images by this whole factor.
        post: Post-processing.
        encoding: Encoder settings.
        overwrite: Replace a clip with other settings.
    """
    from animate.doodles import write_doodles

    options = opened(run, seed_image, ink=ink, label=label, scale=scale, overwrite=overwrite)
    options |= {"out": out, "config": config, "frame_sec": frame_sec, "post": post, "encoding": encoding}
    print(write_doodles(**options))
