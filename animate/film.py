"""A walk and a generator -> a film: a video file, or a folder of numbered PNG files."""

import dataclasses
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from animate.config import FilmConfig
from animate.frame_folder import missing_frames, write_frames
from animate.handoff import hand_over
from animate.render import check_path, render
from animate.walk import Walk
from data_prep import outputs
from data_prep.errors import InputError
from data_prep.progress import progress
from data_prep.video import ENCODERS, read_metadata, write_video
from gan.sample import Generator


@dataclasses.dataclass(frozen=True)
class Film:
    """What was made, or was there already."""

    path: Path
    frames: int
    seconds: float
    height_px: int
    width_px: int
    size_bytes: int

    def __str__(self) -> str:
        size = f"{self.width_px}x{self.height_px} px  {self.size_bytes / 1e6:.2f} MB"
        return f"{self.path}  {self.frames} frames  {round(self.seconds, 2):g} s  {size}"


def make_film(generator: Generator, walk: Walk, config: FilmConfig) -> Film:
    """Render a walk into `config.out`, unless the same film is there already.

    A video file appears whole or not at all, and keeps in its metadata how it was made. A folder is filled
    file by file, and an interrupted one goes on where it was.

    Raises:
        InputError: the name says no known format; something else is there; the walk does not fit the
            generator.
        WorkError: the encoder or a file failed.
    """
    config.check()
    check_path(generator, walk.latents, truncation=walk.truncation)
    height_px, width_px = (size * config.scale for size in generator.resolution)
    settings = _settings(generator, walk, config)
    if config.out.suffix.lower() in ENCODERS:
        _make_file(generator, walk, config, settings)
        size_bytes = config.out.stat().st_size
    else:
        _make_folder(generator, walk, config, settings)
        size_bytes = sum(file.stat().st_size for file in config.out.glob("*.png"))
    count = len(walk.latents)
    return Film(config.out, count, count / walk.fps, height_px, width_px, size_bytes)


def _settings(generator: Generator, walk: Walk, config: FilmConfig) -> dict[str, Any]:
    """All that decides the film, JSON-able."""
    return {
        "made_by": "inkloop animate",
        **walk.header(),
        "path": walk.digest(),
        "generator": generator.identity,
        "noise": config.noise,
        "scale": config.scale,
    }


def _make_file(generator: Generator, walk: Walk, config: FilmConfig, settings: dict[str, Any]) -> None:
    if config.out.suffix.lower() == ".mp4":
        settings |= {"crf": config.crf, "preset": config.preset}
    if config.out.exists() and not config.overwrite:
        found = read_metadata(config.out)
        if found == json.loads(json.dumps(settings)):
            return
        raise InputError(
            f"{config.out} {_difference(found, settings)}; choose another --out, or replace it with "
            "--overwrite"
        )
    batches = _render(generator, walk.latents, walk, config, over_white=True)
    with progress(len(walk.latents), unit="frame", label=config.out.name) as bar:

        def encode(batches: Iterator[np.ndarray]) -> None:
            frames = (_counted(frame, bar) for batch in batches for frame in batch)
            write_video(
                frames, config.out, fps=walk.fps, crf=config.crf, preset=config.preset, metadata=settings
            )

        hand_over(batches, encode)


def _make_folder(generator: Generator, walk: Walk, config: FilmConfig, settings: dict[str, Any]) -> None:
    state = outputs.claim(config.out, command="animate", settings=settings, overwrite=config.overwrite)
    if state == "done":
        return
    todo = missing_frames(config.out, len(walk.latents))
    if todo:
        batches = _render(generator, walk.latents[todo], walk, config)
        frames = (frame for batch in batches for frame in batch)
        done = len(walk.latents) - len(todo)
        with progress(len(walk.latents), unit="frame", label=config.out.name, initial=done) as bar:
            for _ in write_frames(zip(todo, frames, strict=True), config.out):
                bar.update()
    outputs.mark_done(config.out)


def _render(
    generator: Generator, latents: np.ndarray, walk: Walk, config: FilmConfig, *, over_white: bool = False
) -> Iterator[np.ndarray]:
    return render(
        generator,
        latents,
        batch=config.batch,
        truncation=walk.truncation,
        noise=config.noise,
        scale=config.scale,
        over_white=over_white,
    )


def _counted(frame: np.ndarray, bar: Any) -> np.ndarray:
    bar.update()
    return frame


def _difference(found: dict[str, Any] | None, settings: dict[str, Any]) -> str:
    """What an existing file holds, in words."""
    if found is None or found.get("made_by") != settings["made_by"]:
        return "exists and was not made by inkloop animate"
    names = [name for name in found | settings if found.get(name) != settings.get(name)]
    return "holds a film with another " + ", ".join(names)
