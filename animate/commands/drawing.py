"""`animate drawing`: a run of DRAW -> a clip in which doodles draw themselves."""

from pathlib import Path
from typing import Annotated

import tyro

from animate.commands.doodle_options import opened
from animate.config import DoodlesConfig
from data_prep.video.export import Encoding
from gan.config.draw import Ink

NINE, ENCODING = DoodlesConfig(count=9), Encoding()
Config = Annotated[DoodlesConfig, tyro.conf.arg(name="")]


def drawing(
    run: tyro.conf.Positional[Path],
    *,
    out: Path,
    seed_image: Path | None = None,
    ink: Ink = "auto",
    label: str | None = None,
    config: Config = NINE,
    seconds: float = 3.0,
    hold_sec: float = 1.0,
    fps: float = 30.0,
    scale: int = 8,
    window: bool = False,
    encoding: tyro.conf.OmitArgPrefixes[Encoding] = ENCODING,
    overwrite: bool = False,
) -> None:
    """Write a clip in which doodles draw themselves, glimpse by glimpse.

    Args:
        run: Run folder of DRAW, or its generator/ folder.
        out: GIF or video, or a folder for numbered images.
        seed_image: Drawing whose variations are drawn, of any size; default: doodles of the prior.
        ink: Ink of the seed image: dark on light, light on dark, or detected.
        label: Class by name or number, for a model with classes; default: the first.
        config: Which doodles.
        seconds: Time in which they are drawn.
        hold_sec: Time for which the drawn doodles stay.
        fps: Frames per second.
        scale: Repeat pixels so many times.
        window: Outline the window of attention that is writing.
        encoding: Encoder settings.
        overwrite: Replace a clip with other settings.
    """
    from animate.doodles import write_drawing

    options = opened(run, seed_image, ink=ink, label=label, scale=scale, overwrite=overwrite)
    options |= {"out": out, "config": config, "seconds": seconds, "hold_sec": hold_sec, "fps": fps}
    print(write_drawing(**options, window="shown" if window else "hidden", encoding=encoding))
