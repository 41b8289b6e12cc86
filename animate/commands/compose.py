"""`animate compose`: a film or a folder of frames -> another film."""

import dataclasses
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Literal

import numpy as np
import tyro

from data_prep import films
from data_prep.errors import InputError
from data_prep.images import read_image

COMMAND = "animate compose"
ENCODING = films.Encoding()


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
    width: int | None = None,
    height: int | None = None,
    fps: float | None = None,
    encoding: tyro.conf.OmitArgPrefixes[films.Encoding] = ENCODING,
    overwrite: bool = False,
) -> None:
    """Lay films over one another, in other colours, negative, clear or another size.

    Args:
        source: A film, or a folder of frames in the order of their names.
        out: A film (.mp4, .webm, .mov, .gif, .webp, .apng), or a folder for numbered images.
        ink: Draw in this colour (#rrggbb) on nothing: white turns clear, black opaque.
        tint: Draw in this colour on --paper.
        paper: Colour of the paper, with --tint.
        invert: Make a negative first.
        min_value: What white becomes in the negative, 0 to 255.
        one_bit: Leave two values in the negative.
        background: What lies under the ink: a colour (#rrggbb), an image, a film or a folder of frames.
        background_ends: A background film that is shorter begins anew, or ends the film.
        width: Of the result in px; with one of the two the other follows.
        height: Of the result in px.
        fps: Frames per second of the result; by default the source's, 30 for a folder.
        encoding: How the film is written.
        overwrite: Replace a film that was made in another way.
    """
    from animate.compose import ComposeConfig, compose_film

    config = ComposeConfig(
        invert=invert,
        min_value=min_value,
        one_bit=one_bit,
        ink=_color("--ink", ink),
        tint=_color("--tint", tint),
        paper=_color("--paper", paper) or (255, 255, 255),
        background=background is not None,
    )
    config.check()
    encoding.check(out)
    if config.has_alpha and (not films.keeps_alpha(out) or encoding.images == "jpg"):
        raise InputError(
            f"{out.suffix or '.jpg'} has no alpha; choose .webm, .mov, .webp or .apng, or --background"
        )
    count, fps = films.measure(source, fps)
    size_px = _size_px(source, width, height)
    under, sources = _background(background)
    settings = {
        "source": [*films.fingerprint(source), count],
        "background": [background, background_ends, *[films.fingerprint(path) for path in sources]],
        "fps": fps,
        "size_px": size_px,
        **dataclasses.asdict(config),
        **encoding.settings(out),
    }
    if films.is_made(out, settings, command=COMMAND, overwrite=overwrite, sources=[source, *sources]):
        print(f"{out}  already done")
        return
    if background_ends == "end" and under is not None and (least := sum(1 for _ in under())) > 1:
        count = min(count, least)

    def draw(todo: Sequence[int]) -> Iterator[np.ndarray]:
        wanted, frames = frozenset(todo), lambda: films.read(source)
        made = compose_film(
            frames, config, background=under, background_ends=background_ends, size_px=size_px
        )
        return (frame for index, frame in enumerate(made) if index in wanted)

    films.write_film(
        draw,
        out,
        count=count,
        fps=fps,
        settings=settings,
        command=COMMAND,
        encoding=encoding,
        overwrite=overwrite,
    )
    print(f"{out}  {count} frames  {round(count / fps, 2):g} s")


def _color(flag: str, text: str | None) -> tuple[int, int, int] | None:
    if text is None:
        return None
    try:
        red, green, blue = bytes.fromhex(text.removeprefix("#"))
    except ValueError:
        raise InputError(f"{flag} {text}: it should be # and six hexadecimal digits, e.g. #1b4d5c") from None
    return red, green, blue


def _size_px(source: Path, width: int | None, height: int | None) -> tuple[int, int] | None:
    """(height, width) of the result; None: as they are."""
    for flag, value in (("--width", width), ("--height", height)):
        if value is not None and not 1 <= value <= 16384:
            raise InputError(f"{flag} {value}: it should be 1 to 16384")
    if width is None and height is None:
        return None
    own_height, own_width = next(iter(films.read(source))).shape[:2]
    if width is None:
        width = max(1, round(own_width * (height or own_height) / own_height))
    return height or max(1, round(own_height * width / own_width)), width


def _background(name: str | None) -> tuple[None, list[Path]] | tuple["films.Frames", list[Path]]:
    """How the background is read, and the files that it is made of."""
    if name is None:
        return None, []
    if name.startswith("#"):
        pixel = np.array(_color("--background", name), np.uint8).reshape(1, 1, 3)
        return lambda: [pixel], []
    path = Path(name)
    if not path.exists():
        raise InputError(f"--background {name}: no such file; give a colour (#rrggbb), an image or a film")
    if path.is_dir() or path.suffix.lower() in films.MOVING:
        films.measure(path, None)  # nothing could start
        return lambda: films.read(path), [path]
    picture = read_image(path, mode="rgb")

    def still() -> Iterable[np.ndarray]:
        return [picture]

    return still, [path]
