"""`fill film`: a moving drawing -> a coloured one, whose colours stay with their regions."""

import dataclasses
import sys
import time
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import tyro

from configs import fill as presets
from configs.fill import DEFAULT_PALETTE
from data_prep import films
from data_prep.errors import InputError
from data_prep.progress import progress
from fill.commands.palettes import read_film_palette
from fill.config import FilmConfig, PaletteConfig

if TYPE_CHECKING:
    from fill.film import Changes, Tracking

COMMAND = "fill film"
ENCODING = films.Encoding()
PALETTE_CONFIG = PaletteConfig()


def film(
    source: tyro.conf.Positional[Path],
    config: FilmConfig = presets.film.CONFIG,
    *,
    out: Path,
    palette: str = DEFAULT_PALETTE,
    palette_config: tyro.conf.OmitArgPrefixes[PaletteConfig] = PALETTE_CONFIG,
    seed: int = 0,
    fps: float | None = None,
    batch: int = 8,
    encoding: tyro.conf.OmitArgPrefixes[films.Encoding] = ENCODING,
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
    count, fps = films.measure(source, fps)
    colors = read_film_palette(palette, palette_config, config)
    sources = [source] if colors.film is None else [source, colors.film]
    settings = {
        "source": [*films.fingerprint(source), count],
        "fps": fps,
        "palette": colors.settings(),
        "seed": seed,
        **dataclasses.asdict(config),
        **encoding.settings(out),
    }
    if films.is_made(out, settings, command=COMMAND, overwrite=overwrite, sources=sources):
        print(f"{out}  {count} frames, already done")
        return

    from fill.coloring import prepare
    from fill.film import Changes
    from fill.memory import keep_pages

    def frames() -> Iterable[np.ndarray]:
        return films.read(source)

    keep_pages()
    begun = time.monotonic()
    doing = "following" if colors.film is None else "looking at"
    with progress(count, unit="frame", label=f"{doing} {source.name}") as bar:
        coloring = prepare(frames, colors, config, seed=seed, batch=batch, on_frame=bar.update)
    changes, count = Changes(), coloring.count  # a clip may hold packets that are not shown
    films.write_film(
        lambda todo: coloring.draw(todo, changes=changes),
        out,
        count=count,
        fps=fps,
        settings=settings,
        command=COMMAND,
        encoding=encoding,
        overwrite=overwrite,
    )
    took = f"{1e3 * (time.monotonic() - begun) / count:.0f} ms a frame"
    tracking = coloring.tracking
    told = f"colours of {palette} in every frame" if tracking is None else describe(tracking, changes)
    print(f"{out}  {count} frames  {round(count / fps, 2):g} s  {told}, {took}")
    if tracking is not None and tracking.cuts and not config.new_colors_on_cut:
        print("at cuts colours stay where they are; --new-colors-on-cut draws new ones", file=sys.stderr)


def describe(tracking: "Tracking", changes: "Changes") -> str:
    """What was found out about a film, in a line."""
    parts = [f"{len(tracking.colors) - 1} regions followed"]
    if tracking.found_again:
        parts.append(f"{tracking.found_again} found again")
    if tracking.cuts:
        shown = ", ".join(map(str, tracking.cuts[:5])) + (", ..." if len(tracking.cuts) > 5 else "")
        parts.append(f"cuts at {shown}")
    if tracking.is_loop:
        parts.append("a loop")
    if tracking.seam_changes:
        parts.append(f"{tracking.seam_changes} regions change at its seam")
    if changes.px:
        parts.append(f"{100 * changes.share:.2f} % of the paper changes colour from frame to frame")
    return ", ".join(parts)
