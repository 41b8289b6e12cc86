"""`animate compose`: a video or a folder of frames -> another video."""

from pathlib import Path
from typing import Literal

import tyro

from animate.config import check_fill, check_seed
from data_prep.video.export import Encoding
from fill.config import PaletteConfig, VideoConfig

ENCODING, PLAIN_FILL, PLAIN_PALETTE = Encoding(), VideoConfig(), PaletteConfig()


def compose(
    source: tyro.conf.Positional[Path],
    *,
    out: Path,
    ink: str | None = None,
    tint: str | None = None,
    paper: str = "#ffffff",
    invert: bool = False,
    min_value: int = 0,
    one_bit: bool = False,
    background: str | None = None,
    background_ends: Literal["loop", "end"] = "loop",
    background_fit: Literal["cover", "stretch"] = "cover",
    fill: str | None = None,
    palette_config: PaletteConfig = PLAIN_PALETTE,
    fill_with: VideoConfig = PLAIN_FILL,
    seed: int = 0,
    width: int | None = None,
    height: int | None = None,
    fps: float | None = None,
    batch: int | None = None,
    encoding: tyro.conf.OmitArgPrefixes[Encoding] = ENCODING,
    overwrite: bool = False,
) -> None:
    """Recolour, invert, fill, resize a video, or lay it over a background.

    Args:
        source: Video, or folder of frames in the order of their names.
        out: Video (.mp4, .webm, .mov, .gif, .webp, .apng), or a folder for numbered images.
        ink: Draw in this colour (#rrggbb) on a transparent ground: white becomes clear, black opaque.
        tint: Draw in this colour on --paper.
        paper: Colour of the paper, with --tint.
        invert: Invert the frames first.
        min_value: Value of inverted white, 0 to 255.
        one_bit: Reduce inverted frames to two values.
        background: Colour (#rrggbb), image, video or folder of frames under the ink.
        background_ends: A shorter background repeats, or ends the video.
        background_fit: Crop a background of other proportions to cover the frames, or stretch it.
        fill: Colour the regions between the lines: an image, a named palette, or colours such as
            #1b4d5c,#f2c14e, as `inkloop fill film` does. Applied after --invert, before resizing.
        palette_config: Palette settings.
        fill_with: Colouring settings.
        seed: Seed of random colours.
        width: Width of the result in px; with one of width and height the proportions are preserved.
        height: Height of the result in px.
        fps: Frames per second of the result; default: the source's, 30 for a folder.
        batch: Frames per call; default: chosen by their size, 8 with --fill. Does not change the frames.
        encoding: Encoder settings.
        overwrite: Replace a video with other settings.
    """
    from animate.compose import ComposeConfig, parse_color
    from animate.compose_video import Background, FillSettings, compose_video

    config = ComposeConfig(
        invert=invert,
        min_value=min_value,
        one_bit=one_bit,
        ink=None if ink is None else parse_color(ink, flag="--ink"),
        tint=None if tint is None else parse_color(tint, flag="--tint"),
        paper=parse_color(paper, flag="--paper"),
        background=background is not None,
    )
    config.check()
    check_fill(fill, palette_config, fill_with)
    check_seed(seed)
    colors = None
    if fill is not None:
        from fill.commands.palettes import read_video_palette

        palette = read_video_palette(fill, palette_config, fill_with, flag="--fill")
        colors = FillSettings(palette, fill_with, seed)
    made = compose_video(
        source,
        out,
        config,
        background=None if background is None else Background(background, background_ends, background_fit),
        fill=colors,
        width_px=width,
        height_px=height,
        fps=fps,
        batch=batch,
        encoding=encoding,
        overwrite=overwrite,
    )
    print(made)
