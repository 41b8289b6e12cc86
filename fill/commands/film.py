"""`fill film`: colour a video so that colours stay with their regions."""

import sys
from pathlib import Path

import tyro

from configs.fill import DEFAULT_PALETTE, VIDEO
from data_prep.progress import print_failure, print_warning, progress, refuse_failures
from data_prep.video import export
from data_prep.video.sources import find_unreadable
from fill.commands.palettes import read_video_palette
from fill.config import LightConfig, PaletteConfig, VideoConfig
from fill.masked_palette import MaskedPaletteConfig
from fill.pins import pins_of_video, read_pins
from fill.video.plan import plan_video

ENCODING = export.Encoding()
LIGHT, PALETTE_CONFIG, NO_MASK = LightConfig(), PaletteConfig(), MaskedPaletteConfig()


def film(
    source: tyro.conf.Positional[Path],
    config: VideoConfig = VIDEO,
    *,
    out: Path,
    palette: str = DEFAULT_PALETTE,
    palette_config: tyro.conf.OmitArgPrefixes[PaletteConfig] = PALETTE_CONFIG,
    masked: tyro.conf.OmitArgPrefixes[MaskedPaletteConfig] = NO_MASK,
    pins: Path | None = None,
    light: tyro.conf.OmitArgPrefixes[LightConfig] = LIGHT,
    seed: int = 0,
    fps: float | None = None,
    batch: int = 8,
    encoding: tyro.conf.OmitArgPrefixes[export.Encoding] = ENCODING,
    overwrite: bool = False,
) -> None:
    """Colour a line-drawing video: colours stay with their regions from frame to frame, and loops close.

    Args:
        source: Video file, or folder of frames in natural order: dark lines on light paper.
        out: Video file (.mp4, .webm, .mov, .gif, .webp, .apng), or folder for numbered images.
        palette: Image whose pixels are the colours, a named palette, or colours such as #1b4d5c,#f2c14e;
            with --overlay an image that regions are coloured from in their first frame, or a video (e.g.
            .mp4) that they are coloured from in every frame.
        palette_config: How the palette is read.
        masked: A second palette; regions keep the colour of their first frame.
        pins: File of pins (.json): places of frames whose regions have a chosen colour in all frames.
        light: Polarity and light of the source.
        seed: Seed of random colours.
        fps: Frames per second of the result; default: the source's, 30 for a folder.
        batch: Frames coloured at once. Does not change the result.
        encoding: How the result is encoded.
        overwrite: Replace an existing result with other settings.
    """
    config.check()
    plan = plan_video(
        source,
        out,
        read_video_palette(palette, palette_config, config, masked=masked),
        config,
        pins=() if pins is None else pins_of_video(read_pins(pins), source, where=str(pins)),
        light=light,
        encoding=encoding,
        seed=seed,
        fps=fps,
        batch=batch,
        overwrite=overwrite,
    )
    if plan.done:
        print(f"{out}  {plan.count} frames, already done")
        refuse_failures(find_unreadable(source, progress=progress, report=print_failure), "image")
        return

    from fill.parallel import reuse_freed_memory
    from fill.video.coloring import recolor_video

    reuse_freed_memory()
    result = recolor_video(plan, progress=progress, report=print_failure, warn=print_warning)
    print(f"{out}  {result.frames} frames  {round(result.frames / plan.fps, 2):g} s  {result.summary}")
    if result.cuts and not config.new_colors_on_cut:
        print(
            "matching regions keep their colours at cuts; --new-colors-on-cut changes them", file=sys.stderr
        )
    refuse_failures(result.failures, "image")
