"""Plan of a coloured video: what is read, where it is written, and whether it exists already. Free of jax."""

import dataclasses
from pathlib import Path
from typing import Any

from data_prep.errors import InputError
from data_prep.video import export, sources
from fill.config import LightConfig, VideoConfig
from fill.pins import FramePin
from fill.video.palette import VideoPalette

COMMAND = "fill film"
LIGHT = LightConfig()


@dataclasses.dataclass(frozen=True)
class VideoPlan:
    """A validated request to colour a video."""

    source: Path
    out: Path
    palette: VideoPalette
    config: VideoConfig
    pins: tuple[FramePin, ...]
    light: LightConfig
    encoding: export.Encoding
    seed: int
    batch: int
    overwrite: bool
    count: int  # frames of the source; a file may hold fewer that decode
    fps: float
    settings: dict[str, Any]  # everything that decides the result, JSON-able
    done: bool  # `out` exists and was made with these settings


def plan_video(
    source: Path,
    out: Path,
    palette: VideoPalette,
    config: VideoConfig,
    *,
    pins: tuple[FramePin, ...] = (),
    light: LightConfig = LIGHT,
    encoding: export.Encoding,
    seed: int = 0,
    fps: float | None = None,
    batch: int = 8,
    overwrite: bool = False,
) -> VideoPlan:
    """Validate a request; nothing is written.

    Args:
        source: video file, or folder of images in natural order.
        out: video file, or folder for numbered images.
        palette: image or video palette.
        config: see VideoConfig.
        pins: see fill.pins.pins_of_video.
        light: polarity and light of the source.
        encoding: see export.Encoding.
        seed: random colours depend on it, 0 to 2**32 - 1.
        fps: frames per second of the result; None: the source's, 30 for a folder.
        batch: frames coloured at once. Does not change the result.
        overwrite: replace an existing `out` made with other settings.

    Raises: InputError: naming the flag that is invalid, or `out` holds something else.
    """
    config.check()
    if not 0 <= seed < 2**32:
        raise InputError(f"--seed {seed}: must be between 0 and {2**32 - 1}")
    if batch < 1:
        raise InputError(f"--batch {batch}: must be at least 1")
    encoding.check(out)
    if pins and palette.video is not None:
        raise InputError(
            f"--pins: need tracked colours, but --overlay with the video {palette.name} samples "
            "every frame; leave --pins out"
        )
    count, fps = sources.frame_count_and_fps(source, fps)
    settings = {
        "source": [*sources.fingerprint(source), count],
        "fps": fps,
        "palette": palette.settings(),
        "seed": seed,
        **dataclasses.asdict(config),
        **dataclasses.asdict(light),
        **encoding.settings(out),
        **({"pins": [dataclasses.asdict(pin) for pin in pins]} if pins else {}),
    }
    made_of = [source] if palette.video is None else [source, palette.video]
    done = export.is_complete(out, settings, command=COMMAND, overwrite=overwrite, sources=made_of)
    return VideoPlan(
        source,
        out,
        palette,
        config,
        pins,
        light,
        encoding,
        seed,
        batch,
        overwrite,
        count,
        fps,
        settings,
        done,
    )
