"""`animate compose`: a video or a folder of frames -> another video."""

from pathlib import Path

import tyro

from animate.compose_config import BackgroundConfig, InkConfig, SizeConfig, TimesConfig
from animate.config import check_fill, check_seed
from data_prep.progress import print_failure, print_warning, progress, refuse_failures
from data_prep.video.export import Encoding
from fill.config import Choice, PaletteConfig, VideoConfig

ENCODING, PLAIN_FILL, PLAIN_PALETTE = Encoding(), VideoConfig(), PaletteConfig()
INK, NO_BACKGROUND, SAME_SIZE, WHOLE = InkConfig(), BackgroundConfig(), SizeConfig(), TimesConfig()


def compose(
    source: tyro.conf.Positional[Path],
    *,
    out: Path,
    drawing: InkConfig = INK,
    below: BackgroundConfig = NO_BACKGROUND,
    fill: str | None = None,
    palette_config: PaletteConfig = PLAIN_PALETTE,
    fill_with: VideoConfig = PLAIN_FILL,
    flatten: Choice = "auto",
    seed: int = 0,
    size: SizeConfig = SAME_SIZE,
    times: TimesConfig = WHOLE,
    batch: int | None = None,
    encoding: tyro.conf.OmitArgPrefixes[Encoding] = ENCODING,
    overwrite: bool = False,
) -> None:
    """Recolour, invert, fill, resize or cut a video, or lay it over a background.

    Where nothing changes, the streams are copied without encoding.

    Args:
        source: Video, or folder of frames in the order of their names.
        out: Video (.mp4, .webm, .mov, .gif, .webp, .apng), or a folder for numbered images.
        fill: Colour the regions between the lines: an image, a named palette, or colours such as
            #1b4d5c,#f2c14e, as `inkloop fill film` does. Applied after --invert, before resizing; frames
            that are light on dark are inverted.
        palette_config: Palette settings.
        fill_with: Colouring settings.
        flatten: With --fill, divide out uneven light; auto: as `inkloop fill film` does.
        seed: Seed of random colours.
        batch: Frames per call; default: chosen by their size, 8 with --fill. Does not change the frames.
        encoding: Encoder settings.
        overwrite: Replace a video with other settings.
    """
    from animate.compose import parse_config
    from animate.compose_video import FillSettings, compose_video, open_background

    background = open_background(below)
    config = parse_config(drawing, background=background is not None)
    check_fill(fill, palette_config, fill_with, flatten=flatten)
    check_seed(seed)
    colors = None
    if fill is not None:
        from fill.commands.palettes import read_video_palette

        palette = read_video_palette(fill, palette_config, fill_with, flag="--fill")
        colors = FillSettings(palette, fill_with, seed, flatten)
    made = compose_video(
        source,
        out,
        config,
        background=background,
        fill=colors,
        size=size,
        times=times,
        batch=batch,
        encoding=encoding,
        overwrite=overwrite,
        progress=progress,
        report=print_failure,
        warn=print_warning,
    )
    print(made)
    refuse_failures(made.failures, "image")
