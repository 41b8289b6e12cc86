"""`fill film`: a moving drawing -> a coloured one, whose colours stay with their regions."""

import dataclasses
import sys
import time
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import tyro

from configs.fill import DEFAULT_PALETTE, FILM
from data_prep.errors import InputError
from data_prep.progress import progress
from data_prep.video import export
from data_prep.video import sources as footage
from fill.commands.palettes import read_film_palette
from fill.config import FilmConfig, PaletteConfig

COMMAND = "fill film"
ENCODING = export.Encoding()
PALETTE_CONFIG = PaletteConfig()


def film(
    source: tyro.conf.Positional[Path],
    config: FilmConfig = FILM,
    *,
    out: Path,
    palette: str = DEFAULT_PALETTE,
    palette_config: tyro.conf.OmitArgPrefixes[PaletteConfig] = PALETTE_CONFIG,
    seed: int = 0,
    fps: float | None = None,
    batch: int = 8,
    encoding: tyro.conf.OmitArgPrefixes[export.Encoding] = ENCODING,
    overwrite: bool = False,
) -> None:
    """Colour a moving drawing: colours stay with their regions from frame to frame, and loops close.

    Args:
        source: A film, or a folder of frames in the order of their names: dark lines on light paper.
        out: A film (.mp4, .webm, .mov, .gif, .webp, .apng), or a folder for numbered images.
        palette: Image whose pixels are the colours, or a named palette, or colours such as #1b4d5c,#f2c14e;
            with --overlay a picture that regions are coloured from where they first appear, or a film
            (as .mp4) that they are coloured from in every frame.
        palette_config: How it is read.
        seed: Random colours follow from it.
        fps: Frames per second of the result; by default the source's, 30 for a folder.
        batch: Frames coloured at once. Changes no frame.
        encoding: How the film is written.
        overwrite: Replace a film that was made in another way.
    """
    config.check()
    if not 0 <= seed < 2**32:
        raise InputError(f"--seed {seed}: it should be 0 to {2**32 - 1}")
    if batch < 1:
        raise InputError(f"--batch {batch}: it should be 1 or more")
    encoding.check(out)
    count, fps = footage.measure(source, fps)
    colors = read_film_palette(palette, palette_config, config)
    sources = [source] if colors.film is None else [source, colors.film]
    settings = {
        "source": [*footage.fingerprint(source), count],
        "fps": fps,
        "palette": colors.settings(),
        "seed": seed,
        **dataclasses.asdict(config),
        **encoding.settings(out),
    }
    if export.is_made(out, settings, command=COMMAND, overwrite=overwrite, sources=sources):
        print(f"{out}  {count} frames, already done")
        return

    from fill.parallel import keep_pages
    from fill.video.coloring import account, looks_first, prepare

    def frames() -> Iterable[np.ndarray]:
        return footage.read(source)

    keep_pages()
    begun = time.monotonic()
    if looks_first(colors, config):
        doing = "following" if colors.film is None else "looking at"
        with progress(count, unit="frame", label=f"{doing} {source.name}") as bar:
            coloring = prepare(frames, colors, config, seed=seed, batch=batch, on_frame=bar.update)
    else:
        footage.check_one_size(source)
        coloring = prepare(frames, colors, config, batch=batch, count=footage.count_shown(source))
    count = coloring.count  # a clip may hold packets that are not shown
    pace = export.write_film(
        coloring.draw,
        out,
        count=count,
        fps=fps,
        settings=settings,
        command=COMMAND,
        encoding=encoding,
        overwrite=overwrite,
    )
    told = account(coloring, seconds=time.monotonic() - begun, drawn=pace.frames)
    print(f"{out}  {count} frames  {round(count / fps, 2):g} s  {told}")
    tracking = coloring.tracking
    if tracking is not None and tracking.cuts and not config.new_colors_on_cut:
        print("at cuts colours stay where they are; --new-colors-on-cut draws new ones", file=sys.stderr)
