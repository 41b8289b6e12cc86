"""A video or folder of frames -> another video: recoloured, inverted, over a background, filled, resized."""

import dataclasses
import itertools
import time
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Literal

import numpy as np

from animate.compose import PLAIN, ComposeConfig, compose_frames, parse_color, with_white_point
from animate.compose_config import BackgroundConfig, SizeConfig, TimesConfig
from animate.compose_times import ShownFrames, check_times, choose_shown
from data_prep.errors import InputError
from data_prep.images import Notes, read_image
from data_prep.outputs import partial_name
from data_prep.progress import Failures, Progress, Report, Warn, ignore, no_progress
from data_prep.video import audio, codec, export, sources
from data_prep.video.throughput import Throughput
from fill import config as fill_config
from fill.parallel import reuse_freed_memory
from fill.threshold import prepare_video
from fill.video.coloring import Coloring, needs_first_pass, prepare, summarize
from fill.video.palette import VideoPalette

COMMAND = "animate compose"
FILL_BATCH = 8  # frames coloured at once by default
MAX_SIDE_PX = 16384
SAME_SIZE, WHOLE, PLAIN_ENCODING = SizeConfig(), TimesConfig(), export.Encoding()


@dataclasses.dataclass(frozen=True)
class Background:
    """A colour (#rrggbb), an image, a video or a folder of frames."""

    source: str
    ends: Literal["loop", "end"] = "loop"
    fit: Literal["cover", "stretch"] = "cover"

    @property
    def file(self) -> Path | None:
        """The image, video or folder; None for a colour."""
        return None if self.source.startswith("#") else Path(self.source)

    @property
    def moves(self) -> bool:
        """Whether it is a video or a folder of frames."""
        return self.file is not None and (self.file.is_dir() or sources.is_video(self.file))

    def settings(self) -> list[Any]:
        """What decides the result, JSON-able."""
        return [self.source, self.ends, self.fit, *([sources.fingerprint(self.file)] if self.file else [])]

    def frames(self, *, report: Report = ignore, notes: Notes | None = None) -> sources.Frames:
        """Its frames; images of a folder that cannot be read are reported. Raises InputError if none can."""
        if self.file is None:
            image = np.array(parse_color(self.source, flag="--background"), np.uint8).reshape(1, 1, 3)
        elif self.moves:
            file = self.file
            sources.frame_count_and_fps(file, None)  # raises if it is not a readable video
            return lambda: sources.read_frames(file, report=report, notes=notes)
        else:
            image = read_image(self.file, mode="rgb")
        return lambda: [image]


def open_background(config: BackgroundConfig) -> Background | None:
    """The background that options name; None: none."""
    if config.background is None:
        return None
    return Background(config.background, config.background_ends, config.background_fit)


@dataclasses.dataclass(frozen=True)
class FillSettings:
    """Colours for the regions between lines."""

    palette: VideoPalette
    config: fill_config.VideoConfig
    seed: int = 0
    flatten: fill_config.Choice = "auto"  # divide out uneven light


@dataclasses.dataclass(frozen=True)
class ComposedVideo:
    """A composed video, or one that existed already."""

    path: Path
    frames: int | None = None  # None: it existed
    seconds: float = 0.0
    colors: str = ""  # summary of the colouring
    pace: Throughput | None = None
    failures: Mapping[str, str] = dataclasses.field(default_factory=dict)  # unreadable images -> reason
    copied: bool = False  # without encoding

    def __str__(self) -> str:
        if self.frames is None:
            return f"{self.path}  already done"
        line = f"{self.path}  {self.frames} frames  {round(self.seconds, 2):g} s"
        line += "  streams copied" * self.copied
        return "  ".join(filter(None, [line, self.colors, str(self.pace or "")]))


def compose_video(
    source: Path,
    out: Path,
    config: ComposeConfig,
    *,
    background: Background | None = None,
    fill: FillSettings | None = None,
    size: SizeConfig = SAME_SIZE,
    times: TimesConfig = WHOLE,
    batch: int | None = None,
    encoding: export.Encoding,
    overwrite: bool = False,
    progress: Progress = no_progress,
    report: Report = ignore,
    warn: Warn = ignore,
) -> ComposedVideo:
    """Compose every frame of a video; an interrupted video is resumed, an existing one is returned.

    Args:
        source: a video, or a folder of frames in the order of their names.
        out: a video file, or a folder for numbered images.
        config: operations on each frame.
        background: under the drawing, if `config.background`.
        fill: colours of the regions, instead of ink, tint and background.
        size: size and rate of the result.
        times: part and speed of the source, and whether its sound is copied.
        batch: frames per call; does not change the frames.
        encoding: encoder settings.
        overwrite: replace a video with other settings.
        progress: opens a progress bar.
        report: called with each image of a folder that cannot be read, and the reason.
        warn: called with what is changed about the frames of a video that is read.

    Raises: InputError: invalid settings, or other files exist under the name. WorkError.
    """
    _check(out, config, encoding=encoding, fill=fill, batch=batch)
    check_times(times, fps=size.fps)
    packets, fps = sources.frame_count_and_fps(source, size.fps)
    own_fps = fps if source.is_dir() else sources.frame_count_and_fps(source, None)[1]
    size_px = _size_px(source, size)
    files = [background.file] if background is not None and background.file is not None else []
    for file in files:
        if not file.exists():
            raise InputError(f"--background {file}: no such file; pass a colour (#rrggbb), image or video")
    settings = {
        "source": [*sources.fingerprint(source), packets],
        "background": None if background is None else background.settings(),
        "fps": fps,
        "size_px": size_px,
        **dataclasses.asdict(config),
        **encoding.settings(out),
    }
    if times != WHOLE or fps != own_fps:
        settings["times"] = dataclasses.asdict(times)
    if fill is not None:
        settings["fill"] = [*fill.palette.settings(), dataclasses.asdict(fill.config)]
        settings |= {"seed": fill.seed, "flatten": fill.flatten}
        files += [fill.palette.video] if fill.palette.video else []
    videos = [source]
    if background is not None and background.file is not None and background.moves:
        videos.append(background.file)
    if export.is_complete(out, settings, command=COMMAND, overwrite=overwrite, sources=[source, *files]):
        again = [sources.find_unreadable(video, progress=progress, report=report) for video in videos]
        return ComposedVideo(out, failures=dict(itertools.chain.from_iterable(map(dict.items, again))))
    for message in filter(None, map(sources.resampling, videos)):
        warn(message)
    sources.check_one_size(source)
    failures, notes = Failures(report), Notes()
    below = None if background is None else background.frames(report=failures, notes=notes)
    decoded = sources.count_decoded(source)  # a video may hold packets that are not shown
    shown = choose_shown(times, count=decoded, source_fps=own_fps, fps=fps, source=source)
    sound = _sound(source, out, times, shown)
    is_plain = config == PLAIN and fill is None and size_px is None and encoding == PLAIN_ENCODING
    if is_plain and shown.is_whole and _copies(source, out):
        comment = export.stored_comment(settings, command=COMMAND)
        if audio.copy_streams(source, out, comment=comment, audio=sound):
            return ComposedVideo(out, decoded, decoded / own_fps, copied=True)
    count = len(shown.numbers)
    if background is not None and background.ends == "end" and background.moves and background.file:
        below_count = sources.count_decoded(background.file)
        count = min(count, below_count) if below_count > 1 else count  # a single frame is a still image

    def frames() -> Iterator[np.ndarray]:
        return shown.pick(sources.read_frames(source, report=failures, notes=notes))

    config = with_white_point(config, shown.pick(sources.read_frames(source)))
    reuse_freed_memory()
    started, coloring, found = time.monotonic(), None, ""

    def composed(todo: Sequence[int]) -> Iterator[np.ndarray]:
        return compose_frames(
            frames(),
            config,
            background=below,
            background_ends="loop" if background is None else background.ends,
            background_fit="cover" if background is None else background.fit,
            size_px=size_px,
            batch=batch,
            todo=todo,
        )

    def filled(todo: Sequence[int]) -> Iterator[np.ndarray]:
        nonlocal coloring, found
        assert fill is not None
        bar = partial(progress, label=f"tracking {source.name}")
        coloring, found = _coloring(frames, config, fill, batch=batch, count=count, bar=bar)
        made = coloring.draw(todo)
        yield from made if size_px is None else compose_frames(made, PLAIN, size_px=size_px, batch=batch)

    # The video without sound has a temporary name, so that a killed run is not taken for a complete one.
    silent = out.with_name(partial_name(f"silent-{out.name}")) if sound else out
    pace = Throughput()
    if not (sound and export.is_stored(silent, settings, command=COMMAND)):
        pace = export.export_video(
            composed if fill is None else filled,
            silent,
            count=count,
            fps=fps,
            settings=settings,
            command=COMMAND,
            encoding=encoding,
            overwrite=overwrite,
            one_bit=config.one_bit,
            progress=progress,
        )
    if sound:
        length = count / fps if shown.end_sec is not None or count < len(shown.numbers) else None
        if not audio.add_audio(silent, source, out, start_sec=shown.start_sec, duration_sec=length):
            warn(f"{source}: its sound cannot be read; {out} is silent")
        silent.unlink()
    for line in notes.lines():
        warn(line)
    colors = ""
    if coloring is not None:
        spent = time.monotonic() - started
        colors = f"{found}, {summarize(coloring, seconds=spent, drawn=pace.frames)}"
    return ComposedVideo(out, count, count / fps, colors, pace, failures)


def _sound(source: Path, out: Path, times: TimesConfig, shown: ShownFrames) -> bool:
    """Whether the result gets the sound of the source."""
    if not times.audio or times.retime or source.is_dir() or not shown.numbers:
        return False
    return out.suffix.lower() in audio.ENCODERS and audio.has_audio(source)


def _copies(source: Path, out: Path) -> bool:
    """Whether copied streams are what decoding and encoding would show, in a format for them."""
    if source.is_dir() or sources.resampling(source) is not None:
        return False
    suffix = out.suffix.lower()
    if suffix == ".mp4":
        return not codec.has_alpha(source)
    return suffix in audio.ENCODERS and suffix == source.suffix.lower()


def _coloring(
    read: sources.Frames,
    config: ComposeConfig,
    fill: FillSettings,
    *,
    batch: int | None,
    count: int,
    bar: Progress,
) -> tuple[Coloring, str]:
    """The prepared colouring of all frames, inverted first if so configured, and a line about their light."""

    def frames() -> Iterator[np.ndarray]:
        return iter(read()) if config == PLAIN else compose_frames(read(), config, batch=batch)

    light = fill_config.LightConfig("off" if config.invert else "auto", fill.flatten)
    prepared = prepare_video(fill.config, frames(), light=light)

    def drawings() -> Iterator[np.ndarray]:
        return prepared.frames(frames())

    begin = partial(prepare, drawings, fill.palette, prepared.config, batch=batch or FILL_BATCH, count=count)
    if not needs_first_pass(fill.palette, fill.config):
        return begin(), str(prepared)
    with bar(count, unit="frame") as shown:
        return begin(seed=fill.seed, on_frame=shown.update), str(prepared)


def _check(
    out: Path,
    config: ComposeConfig,
    *,
    encoding: export.Encoding,
    fill: FillSettings | None,
    batch: int | None,
) -> None:
    config.check()
    encoding.check(out)
    if batch is not None and batch < 1:
        raise InputError(f"--batch {batch}: must be at least 1")
    if fill is not None:
        for flag, value in (
            ("ink", config.ink),
            ("tint", config.tint),
            ("background", config.background),
        ):
            if value:
                raise InputError(f"--fill and --{flag}: --fill colours the whole frame; pass one of them")
    if config.has_alpha and not export.supports_alpha(out, encoding):
        raise InputError(
            f"--out {out}: {out.suffix or '.jpg'} has no alpha; choose .webm, .mov, .webp or .apng, or pass "
            "--background"
        )


def _size_px(source: Path, size: SizeConfig) -> tuple[int, int] | None:
    """(height, width) of the result; None: unchanged."""
    width, height = size.width, size.height
    for flag, value in (("--width", width), ("--height", height)):
        if value is not None and not 1 <= value <= MAX_SIDE_PX:
            raise InputError(f"{flag} {value}: must be 1 to {MAX_SIDE_PX}")
    if width is None and height is None:
        return None
    own_height, own_width = next(iter(sources.read_frames(source))).shape[:2]
    if width is None:
        width = max(1, round(own_width * (height or own_height) / own_height))
    return height or max(1, round(own_height * width / own_width)), width
