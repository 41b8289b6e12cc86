"""Frames of videos as records or PNG files: at a constant rate, without excluded ranges and held drawings."""

import contextlib
import dataclasses
from collections.abc import Iterator, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any, Literal

import numpy as np

from data_prep import images, outputs
from data_prep.checksums import crc_of_file, fingerprint
from data_prep.comics.fit import Fit, check_size, fit_square
from data_prep.errors import InputError, WorkError
from data_prep.outputs import write_json
from data_prep.progress import Failures, Progress, Report, Warn, counted, ignore, no_progress
from data_prep.records.tile_files import TileFiles, TilesResult, write_records
from data_prep.records.writer import Record
from data_prep.video.clip import Clip, Frame
from data_prep.video.durations import parse_seconds
from data_prep.video.exclusions import Exclusion, excluded_frames, read_exclusions
from data_prep.video.frame_index import FrameIndex, read_index
from data_prep.video.thumbnails import read_thumbnails

MAPPING = "frames.json"
HELD_PX = (32, 32)  # thumbnails in which changes are measured
BARS = 0  # gray value of bars around padded frames
FILES = TileFiles()


@dataclasses.dataclass(frozen=True)
class FramesConfig:
    """Frames that are taken from videos."""

    fps: float | Literal["all"] = 12.0
    """Frames per second, by time; all: every frame."""
    start: str = "0"
    """Time in each video from which frames are taken, e.g. 90, 1m30s or 1:30."""
    end: str | None = None
    """Time up to which frames are taken; default: the end of the video."""
    drop_held: bool = False
    """Leave out frames that repeat the one before: held drawings of animation on twos and threes."""
    held_change: float = 4.0
    """With --drop-held: largest change of a held drawing, in gray levels, anywhere in a 32 x 32 thumbnail."""
    size: int | None = None
    """Side of square results in px; None: as they are."""
    fit: Fit = "crop"
    """With --size: crop to the central square, pad with black bars, or stretch."""
    mode: Literal["rgb", "gray"] = "rgb"
    """Channels of the result."""

    def check(self) -> None:
        """Validate; raises InputError naming the flag."""
        check_size(self.size)
        if self.fps != "all" and not 0 < self.fps <= 1000:
            raise InputError(f"--fps {self.fps:g}: must be all, or above 0 and at most 1000")
        if not 0 <= self.held_change <= 255:
            raise InputError(f"--held-change {self.held_change:g}: must be 0 to 255")
        if not 0 <= self.start_sec < self.end_sec:
            raise InputError(f"--end {self.end}: must be after --start {self.start}")

    @property
    def start_sec(self) -> float:
        """Start in seconds."""
        return parse_seconds(self.start, flag="--start")

    @property
    def end_sec(self) -> float:
        """End in seconds; infinite: that of the video."""
        return float("inf") if self.end is None else parse_seconds(self.end, flag="--end")


@dataclasses.dataclass(frozen=True)
class ChosenFrames:
    """Frames of one video that are taken."""

    index: FrameIndex
    frames: tuple[int, ...]
    excluded: int = 0  # frames at the rate that lie in excluded ranges
    held: int = 0  # frames at the rate that repeat the one before


def choose_frames(
    index: FrameIndex,
    config: FramesConfig,
    *,
    exclusions: Sequence[Exclusion] = (),
    where: str = "exclusions",
    progress: Progress = no_progress,
) -> ChosenFrames:
    """Choose the frames of a video: at the rate, then not excluded, then not held.

    Args:
        index: of the video.
        config: rate, times, and whether held drawings are left out.
        exclusions: ranges of this video.
        where: file of the ranges, named in errors.
        progress: opens a progress bar, if frames are compared.

    Raises: InputError: --start lies beyond the end, or a range does. WorkError: the video is damaged.
    """
    end_sec = min(config.end_sec, float(index.duration_sec))
    if config.start_sec >= float(index.duration_sec):
        raise InputError(
            f"--start {config.start}: {index.video.name} ends after {float(index.duration_sec):.3f} s"
        )
    times = index.times_sec()
    if config.fps == "all":
        inside = np.flatnonzero((times >= config.start_sec - 1e-9) & (times < end_sec - 1e-9)).tolist()
    else:
        step = 1 / (Fraction(config.fps).limit_denominator(1001) or Fraction(config.fps))
        start = Fraction(config.start_sec).limit_denominator(1000)
        count = max(1, -int(-((Fraction(end_sec).limit_denominator(10**6) - start) // step)))
        steps = (start + k * step for k in range(count + 1) if start + k * step < end_sec - 1e-9)
        inside = list(dict.fromkeys(index.frame_at(time) for time in steps))
    marked = excluded_frames(exclusions, index, where=where)
    allowed = [frame for frame in inside if not marked[frame]]
    if not config.drop_held or not allowed:
        return ChosenFrames(index, tuple(allowed), len(inside) - len(allowed))
    with progress(allowed[-1] - allowed[0] + 1, unit="frame", label=f"comparing {index.video.name}") as bar:
        span = range(allowed[0], allowed[-1] + 1)
        small = read_thumbnails(index, frames=span, size_px=HELD_PX, on_frame=bar.update)
    taken: list[int] = []
    for frame in allowed:
        if (
            not taken
            or _change(small[frame - span.start], small[taken[-1] - span.start]) > config.held_change
        ):
            taken.append(frame)
    return ChosenFrames(index, tuple(taken), len(inside) - len(allowed), len(allowed) - len(taken))


def write_frames(
    videos: Sequence[Path],
    out: Path,
    config: FramesConfig,
    *,
    exclude_file: Path | None = None,
    files: TileFiles = FILES,
    progress: Progress = no_progress,
    report: Report = ignore,
    warn: Warn = ignore,
) -> TilesResult:
    """Write frames of videos as a dataset or as PNG files; an existing result is returned.

    Each record's source has video, frame, pts and time_s; frames.json lists the same of PNG files, which are
    named NAME_f000123.png.

    Args:
        videos: files with different names.
        out: folder of the dataset or of the files.
        config: which frames, and their size.
        exclude_file: exclusions.json; None: none.
        files: how they are written.
        progress: opens a progress bar.
        report: called with each video that is left out, and the reason.
        warn: called with a summary of the frames that are left out of each video.

    Raises: InputError: an invalid setting or file, no video can be read, frames differ in size without
        --size, or `out` holds something else. WorkError: a file could not be written.
    """
    config.check()
    files.check()
    names = [video.name for video in videos]
    if len({Path(name).stem for name in names}) < len(names):
        raise InputError(f"two videos have the same name ({', '.join(names)}); rename one")
    exclusions = {} if exclude_file is None else read_exclusions(exclude_file)
    failures = Failures(report)
    chosen: list[ChosenFrames] = []
    for video in videos:
        ranges = exclusions.get(video.name, ())
        try:
            index, where = read_index(video), str(exclude_file)
            chosen.append(choose_frames(index, config, exclusions=ranges, where=where, progress=progress))
        except (InputError, WorkError) as error:
            if len(videos) == 1:
                raise
            failures(video.name, str(error))
            continue
        if ranges or config.drop_held:
            left_out = f"{counted(chosen[-1].excluded, 'excluded frame')}, {chosen[-1].held} held"
            warn(f"{video.name}: {len(chosen[-1].frames)} frames; left out: {left_out}")
    if not chosen:
        raise InputError(next(iter(failures.values())) + " (and no other video can be read)")
    plan = FramesPlan(chosen, config, failures)
    if not len(plan):
        raise InputError("no frame is left; change --start, --end or --exclude-file")
    shape = plan.image_shape()
    settings: dict[str, Any] = dataclasses.asdict(config) | {"format": files.format}
    settings |= {"encoding": files.encoding, "shard_mb": files.shard_mb}
    settings["inputs"] = fingerprint((str(video), crc_of_file(video)) for video in videos if video.is_file())
    settings["exclude"] = None if exclude_file is None else crc_of_file(exclude_file)
    with outputs.work(
        out,
        command="data-prep frames",
        settings=settings,
        source=list(videos),
        overwrite=files.overwrite,
        failures=failures,
    ) as state:
        if files.format == "png":
            with progress(len(plan), unit="frame", label="frames") as bar:
                count = plan.write_files(out, on_frame=bar.update)
            summary = f"{counted(count, 'frame')} of {shape[1]} x {shape[0]} px as PNG files"
            return TilesResult(out, count, summary, failures)
        return write_records(
            plan,
            out,
            state=state,
            command="frames",
            image_shape=shape,
            files=files,
            settings=settings,
            failures=failures,
            progress=progress,
        )


@dataclasses.dataclass(frozen=True)
class FramesPlan:
    """One record per chosen frame, in the order of the videos; None from where a video is damaged."""

    chosen: Sequence[ChosenFrames]
    config: FramesConfig
    failures: Failures

    def __len__(self) -> int:
        return sum(len(video.frames) for video in self.chosen)

    def __getitem__(self, span: slice) -> Iterator[Record | None]:
        start, stop, _ = span.indices(len(self))
        return self._made(start, stop)

    def image_shape(self) -> tuple[int, int, int]:
        """(height, width, channels) of all records. Raises: InputError: videos differ in size."""
        channels = images.CHANNELS[self.config.mode]
        if self.config.size is not None:
            return self.config.size, self.config.size, channels
        sizes = {}
        for video in self.chosen:
            with self._left_out_if_damaged(video), Clip(video.index.video, index=video.index) as clip:
                sizes[video.index.video.name] = clip[0].image.shape[:2]
        if not sizes:
            raise InputError(next(iter(self.failures.values())))
        if len(set(sizes.values())) > 1:
            listed = ", ".join(f"{name} {width} x {height} px" for name, (height, width) in sizes.items())
            raise InputError(f"videos differ in size ({listed}); pass --size")
        height_px, width_px = next(iter(sizes.values()))
        return height_px, width_px, channels

    def write_files(self, folder: Path, *, on_frame: Any) -> int:
        """Write PNG files and frames.json; files that exist are skipped. Returns how many exist."""
        rows = []
        for video in self.chosen:
            stem = video.index.video.stem
            paths = {frame: folder / outputs.fit_name(stem, f"_f{frame:06d}.png") for frame in video.frames}
            missing = [frame for frame in video.frames if not paths[frame].exists()]
            with self._left_out_if_damaged(video), self._open(video) as clip:
                for frame in missing:
                    images.write_image(paths[frame], self._record(clip[frame], clip.video.name).image)
                    on_frame(1)
            on_frame(len(video.frames) - len(missing))
            for frame in filter(lambda frame: paths[frame].exists(), video.frames):
                place = video.index.stamp(frame) | {"time_s": round(video.index.time_sec(frame), 6)}
                rows.append({"file": paths[frame].name, "video": video.index.video.name} | place)
        write_json(folder / MAPPING, rows)
        return len(rows)

    def _open(self, video: ChosenFrames) -> Clip:
        return Clip(video.index.video, mode=self.config.mode, index=video.index)

    @contextlib.contextmanager
    def _left_out_if_damaged(self, video: ChosenFrames) -> Iterator[None]:
        try:
            yield
        except (InputError, WorkError) as error:
            self.failures(video.index.video.name, str(error))

    def _made(self, start: int, stop: int) -> Iterator[Record | None]:
        first = 0
        for video in self.chosen:
            part = video.frames[max(start - first, 0) : max(stop - first, 0)]
            first += len(video.frames)
            if not part:
                continue
            made = 0
            if video.index.video.name not in self.failures:
                with self._left_out_if_damaged(video), self._open(video) as clip:
                    for frame in part:
                        record = self._record(clip[frame], clip.video.name)
                        made += 1
                        yield record
            yield from [None] * (len(part) - made)

    def _record(self, frame: Frame, video: str) -> Record:
        image = frame.image
        if self.config.size is not None:
            image = fit_square(image, self.config.size, self.config.fit, bars=BARS)
        source = {"video": video, "frame": frame.number, "pts": frame.pts, "time_s": round(frame.time_sec, 6)}
        return Record(image, source)


def _change(image: np.ndarray, before: np.ndarray) -> int:
    """Largest difference of two thumbnails, in gray levels."""
    return int(np.abs(image.astype(np.int16) - before).max())
