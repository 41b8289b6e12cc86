"""`animate compose`: a film or a folder of frames -> another film."""

import dataclasses
import time
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import tyro

from data_prep.errors import InputError
from data_prep.images import read_image
from data_prep.progress import progress
from data_prep.video import export
from data_prep.video import sources as footage
from fill import config as fill_config

if TYPE_CHECKING:
    from animate.compose import ComposeConfig
    from fill.video.coloring import Coloring
    from fill.video.palette import VideoPalette

COMMAND = "animate compose"
ENCODING = export.Encoding()
PLAIN_FILL, PLAIN_PALETTE = fill_config.VideoConfig(), fill_config.PaletteConfig()
FILL_BATCH = 8  # frames coloured at once, where nobody says how many


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
    palette_config: fill_config.PaletteConfig = PLAIN_PALETTE,
    fill_with: fill_config.VideoConfig = PLAIN_FILL,
    seed: int = 0,
    width: int | None = None,
    height: int | None = None,
    fps: float | None = None,
    batch: int | None = None,
    encoding: tyro.conf.OmitArgPrefixes[export.Encoding] = ENCODING,
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
        background_fit: Of a background of other proportions the middle is seen, as large as covers the
            frames, or it is stretched.
        fill: Colour the regions between the lines: an image, a named palette, or colours such as
            #1b4d5c,#f2c14e, as `inkloop fill film` does. After --invert, before another size.
        palette_config: How it is read.
        fill_with: How colours are laid on.
        seed: Random colours follow from it.
        width: Of the result in px; with one of the two the other follows.
        height: Of the result in px.
        fps: Frames per second of the result; by default the source's, 30 for a folder.
        batch: Frames composed, or coloured, at once; by default what suits their size, and 8 with --fill.
            Changes no frame.
        encoding: How the film is written.
        overwrite: Replace a film that was made in another way.
    """
    from animate.compose import PLAIN, ComposeConfig, compose_film

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
    palette = _palette(fill, palette_config, fill_with, config, seed)
    encoding.check(out)
    if batch is not None and batch < 1:
        raise InputError(f"--batch {batch}: it should be 1 or more")
    if config.has_alpha and not export.supports_alpha(out, encoding):
        raise InputError(
            f"{out.suffix or '.jpg'} has no alpha; choose .webm, .mov, .webp or .apng, or --background"
        )
    packets, fps = footage.frame_count_and_fps(source, fps)
    size_px = _size_px(source, width, height)
    sources = _background_files(background)
    settings = {
        "source": [*footage.fingerprint(source), packets],
        "background": [
            background,
            background_ends,
            background_fit,
            *[footage.fingerprint(path) for path in sources],
        ],
        "fps": fps,
        "size_px": size_px,
        **dataclasses.asdict(config),
        **_fill_settings(palette, fill_with, seed),
        **encoding.settings(out),
    }
    made_of = [source, *sources, *([palette.video] if palette is not None and palette.video else [])]
    if export.is_complete(out, settings, command=COMMAND, overwrite=overwrite, sources=made_of):
        print(f"{out}  already done")
        return
    footage.check_one_size(source)
    under = _background(background)
    count = footage.count_decoded(source)  # a clip may hold packets that are not shown
    if background_ends == "end" and sources and _moves(sources[0]):
        shown = footage.count_decoded(sources[0])
        count = min(count, shown) if shown > 1 else count  # one frame stands still

    from fill.parallel import reuse_freed_memory

    reuse_freed_memory()
    begun = time.monotonic()
    coloring: Coloring | None = None

    def frames() -> Iterator[np.ndarray]:
        return footage.read_frames(source)

    def negatives() -> Iterator[np.ndarray]:
        return compose_film(frames(), config, batch=batch)

    def draw(todo: Sequence[int]) -> Iterator[np.ndarray]:
        if palette is not None:
            made = colored(negatives if invert else frames, todo)
            if size_px is None:
                return made
            return compose_film(made, PLAIN, size_px=size_px, batch=batch)
        return compose_film(
            frames(),
            config,
            background=under,
            background_ends=background_ends,
            background_fit=background_fit,
            size_px=size_px,
            batch=batch,
            todo=todo,
        )

    def colored(drawings: footage.Frames, todo: Sequence[int]) -> Iterator[np.ndarray]:
        from fill.video.coloring import needs_first_pass, prepare

        nonlocal coloring
        assert palette is not None
        begin = partial(prepare, drawings, palette, fill_with, batch=batch or FILL_BATCH, count=count)
        if needs_first_pass(palette, fill_with):
            with progress(count, unit="frame", label=f"following {source.name}") as bar:
                coloring = begin(seed=seed, on_frame=bar.update)
        else:
            coloring = begin()
        yield from coloring.draw(todo)

    pace = export.export_video(
        draw,
        out,
        count=count,
        fps=fps,
        settings=settings,
        command=COMMAND,
        encoding=encoding,
        overwrite=overwrite,
    )
    told = [f"{out}  {count} frames  {round(count / fps, 2):g} s"]
    if coloring is not None:
        from fill.video.coloring import summarize

        told.append(summarize(coloring, seconds=time.monotonic() - begun, drawn=pace.frames))
    print("  ".join(filter(None, [*told, str(pace)])))


def _palette(
    name: str | None,
    read: fill_config.PaletteConfig,
    how: fill_config.VideoConfig,
    config: "ComposeConfig",
    seed: int,
) -> "VideoPalette | None":
    """Of --fill; None: no colours."""
    read.check()
    how.check()
    if not 0 <= seed < 2**32:
        raise InputError(f"--seed {seed}: it should be 0 to {2**32 - 1}")
    if name is None:
        if how != PLAIN_FILL or read != PLAIN_PALETTE:
            raise InputError("colours are asked for without --fill PALETTE; give it too")
        return None
    for flag, given in (("ink", config.ink), ("tint", config.tint), ("background", config.background)):
        if given:
            raise InputError(
                f"--fill colours all of a frame, and --{flag} would hide it; leave one of them out"
            )
    from fill.commands.palettes import read_video_palette

    return read_video_palette(name, read, how, flag="--fill")


def _fill_settings(palette: "VideoPalette | None", how: fill_config.VideoConfig, seed: int) -> dict[str, Any]:
    if palette is None:
        return {}
    return {"fill": [*palette.settings(), dataclasses.asdict(how)], "seed": seed}


def _moves(path: Path) -> bool:
    """Whether a background is a film or a folder of frames, and no picture."""
    return path.is_dir() or footage.is_video(path)


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
    own_height, own_width = next(iter(footage.read_frames(source))).shape[:2]
    if width is None:
        width = max(1, round(own_width * (height or own_height) / own_height))
    return height or max(1, round(own_height * width / own_width)), width


def _background_files(name: str | None) -> list[Path]:
    """What the background is made of."""
    if name is None or name.startswith("#"):
        return []
    if not Path(name).exists():
        raise InputError(f"--background {name}: no such file; give a colour (#rrggbb), an image or a film")
    return [Path(name)]


def _background(name: str | None) -> footage.Frames | None:
    """How the background is read; what cannot be read is told here."""
    if name is None:
        return None
    if name.startswith("#"):
        picture = np.array(_color("--background", name), np.uint8).reshape(1, 1, 3)
    elif _moves(path := Path(name)):
        footage.frame_count_and_fps(path, None)  # nothing could start
        return lambda: footage.read_frames(path)
    else:
        picture = read_image(Path(name), mode="rgb")
    return lambda: [picture]
