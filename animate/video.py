"""A walk and a generator -> a film: a video file, or a folder of numbered PNG files."""

import dataclasses
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from animate.config import FilmConfig
from animate.paths.path import Walk
from animate.render import check_path, render
from data_prep.progress import progress
from data_prep.video import export
from data_prep.video.frame_cache import FrameCache
from data_prep.video.throughput import Throughput
from fill.video.coloring import Coloring, needs_first_pass, prepare, summarize
from fill.video.palette import VideoPalette
from gan.sample import Generator

COMMAND = "animate"


@dataclasses.dataclass(frozen=True)
class Film:
    """What was made, or was there already."""

    path: Path
    frames: int
    seconds: float
    height_px: int  # as it was written
    width_px: int
    size_bytes: int
    pace: Throughput | None = None  # of one that was made
    colors: str = ""  # what is told of its colours

    def __str__(self) -> str:
        size = f"{self.width_px}x{self.height_px} px  {self.size_bytes / 1e6:.2f} MB"
        told = f"{self.path}  {self.frames} frames  {round(self.seconds, 2):g} s  {size}"
        return "  ".join(filter(None, [told, self.colors, str(self.pace or "")]))


def make_film(
    generator: Generator, walk: Walk, config: FilmConfig, *, palette: VideoPalette | None = None
) -> Film:
    """Render a walk into `config.out`, unless the same film is there already.

    A video file appears whole or not at all, and keeps in its metadata how it was made. A folder is filled
    file by file, and an interrupted one goes on where it was.

    With a palette whose colours stay with their regions, or with lines that are kept, all drawings lie packed
    in a nameless file in the folder of `config.out` until the film is made; there has to be room for them, as
    for what `export.export_video` keeps there.

    Args:
        generator: draws the frames.
        walk: the path.
        config: of the film.
        palette: of `config.fill`: frames are drawings that are filled with colours.

    Raises:
        InputError: the name says no known format; something else is there; the walk does not fit the
            generator.
        WorkError: the encoder or a file failed.
    """
    is_made = check_film(generator, walk, config, palette=palette)
    height_px, width_px = export.written_size(config.out, *(px * config.scale for px in generator.resolution))
    settings, count = _settings(generator, walk, config, palette), len(walk.latents)
    keeps_alpha = palette is None and export.supports_alpha(config.out, config.encoding)
    pace, begun = None, time.monotonic()
    coloring: Coloring | None = None
    if not is_made:

        def draw(todo: Sequence[int]) -> Iterator[np.ndarray]:
            batches = render(
                generator,
                walk.latents,
                frames=todo,
                batch=config.batch,
                truncation=walk.truncation,
                noise=config.noise,
                scale=config.scale,
                over_white=not keeps_alpha,
            )
            return (frame for batch in batches for frame in batch)

        def colored(todo: Sequence[int]) -> Iterator[np.ndarray]:
            nonlocal coloring
            assert palette is not None
            coloring = _coloring(draw(range(count)), walk, config, palette)
            yield from coloring.draw(todo)

        pace = export.export_video(
            draw if palette is None else colored,
            config.out,
            count=count,
            fps=walk.fps,
            settings=settings,
            command=COMMAND,
            encoding=config.encoding,
            overwrite=config.overwrite,
            any_order=palette is None,
        )
    seconds, drawn = time.monotonic() - begun, 0 if pace is None else pace.frames
    told = "" if coloring is None else summarize(coloring, seconds=seconds, drawn=drawn)
    size_bytes = export.size_bytes(config.out)
    return Film(config.out, count, count / walk.fps, height_px, width_px, size_bytes, pace, told)


def check_film(
    generator: Generator, walk: Walk, config: FilmConfig, *, palette: VideoPalette | None = None
) -> bool:
    """Whether `make_film` would find the film made; nothing is written. Raises: InputError, as it would."""
    config.check()
    check_path(generator, walk.latents, truncation=walk.truncation)
    sources = [] if palette is None or palette.video is None else [palette.video]
    settings = _settings(generator, walk, config, palette)
    return export.is_complete(
        config.out, settings, command=COMMAND, overwrite=config.overwrite, sources=sources
    )


def _coloring(
    frames: Iterator[np.ndarray], walk: Walk, config: FilmConfig, palette: VideoPalette
) -> Coloring:
    """Ready to colour the frames; the drawings are made once, though their regions are followed before."""
    fill, batch = config.fill_with, config.batch or 8
    if fill.loop == "auto":
        fill = dataclasses.replace(fill, loop="yes" if walk.closed else "no")
    if not needs_first_pass(palette, fill):
        return prepare(lambda: frames, palette, fill, batch=batch, count=len(walk.latents))
    config.out.parent.mkdir(parents=True, exist_ok=True)
    drawings = FrameCache(frames, config.out.parent)
    with progress(len(walk.latents), unit="frame", label=f"drawing {config.out.name}") as bar:
        return prepare(drawings, palette, fill, seed=walk.seed, batch=batch, on_frame=bar.update)


def _settings(
    generator: Generator, walk: Walk, config: FilmConfig, palette: VideoPalette | None
) -> dict[str, Any]:
    """All that decides the film, JSON-able."""
    settings = {
        **walk.header(),
        "path": walk.digest(),
        "generator": generator.identity,
        "noise": config.noise,
        "scale": config.scale,
    }
    if palette is not None:
        settings["fill"] = [*palette.settings(), dataclasses.asdict(config.fill_with)]
    return settings | config.encoding.settings(config.out)
