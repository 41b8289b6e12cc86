"""Copies of videos in one container: streams copied without encoding, or scaled and encoded."""

import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

from data_prep import outputs
from data_prep.checksums import crc_of_file, fingerprint
from data_prep.errors import InputError, WorkError
from data_prep.images import natural_key
from data_prep.inputs import entries
from data_prep.json_files import read_json
from data_prep.progress import Failures, Progress, Report, counted, ignore, no_progress
from data_prep.video.codec import is_transparent, square_filters, video_info
from data_prep.video.ffmpeg import Ffmpeg, finish
from data_prep.video.formats import ACCURATE
from data_prep.video.frame_index import read_index
from data_prep.video.sources import VIDEO_SUFFIXES

MAPPING = "videos.json"
OTHER_SUFFIXES = (".ts", ".mpg", ".mpeg", ".flv", ".wmv", ".m2ts", ".ogv", ".3gp")
MAX_SIDE_PX = 8192


@dataclasses.dataclass(frozen=True)
class CopyConfig:
    """Container and size of copies."""

    container: Literal["mp4", "mkv"] = "mp4"
    """Container; streams that mp4 cannot hold are encoded again."""
    width: int | None = None
    """Width in px; with one of width and height the proportions are preserved. Videos are encoded again."""
    height: int | None = None
    """Height in px."""
    reencode: bool = False
    """Encode again even if the streams could be copied: gives damaged or irregular files regular times."""
    crf: int = 18
    """Quality of videos that are encoded again, 0 (best) to 51."""

    def check(self) -> None:
        """Validate; raises InputError naming the flag."""
        for flag, value in (("--width", self.width), ("--height", self.height)):
            if value is not None and not 2 <= value <= MAX_SIDE_PX:
                raise InputError(f"{flag} {value}: must be 2 to {MAX_SIDE_PX}")
        if not 0 <= self.crf <= 51:
            raise InputError(f"--crf {self.crf}: must be 0 to 51")

    @property
    def encodes(self) -> bool:
        """Whether all videos are encoded again."""
        return self.reencode or self.width is not None or self.height is not None


@dataclasses.dataclass(frozen=True)
class CopiedVideos:
    """Videos that were copied, or existed already."""

    folder: Path
    rows: list[dict[str, Any]]  # of videos.json
    failures: Mapping[str, str]  # videos that were left out -> reason

    def __str__(self) -> str:
        copied = sum(row["action"] == "copied" for row in self.rows)
        lines = [f"{self.folder / row['file']}  {row['action']}: {row['source']}" for row in self.rows]
        encoded = f", {len(self.rows) - copied} encoded" if copied < len(self.rows) else ""
        return "\n".join([*lines, f"{self.folder}  {counted(copied, 'video')} copied{encoded}"])


def list_videos(sources: Sequence[Path]) -> list[Path]:
    """Videos of files and folders: those of a folder in natural order, without other files.

    Raises: InputError: a source does not exist, or there is no video.
    """
    found: list[Path] = []
    for source in sources:
        if source.is_dir():
            files = [
                path for path in entries(source) if path.suffix.lower() in VIDEO_SUFFIXES + OTHER_SUFFIXES
            ]
            found += sorted(files, key=lambda path: natural_key(path.name))
        elif source.is_file():
            found.append(source)
        else:
            raise InputError(f"{source}: no such file or folder")
    if not found:
        raise InputError(
            f"{sources[0]}: no videos; supported are {' '.join(VIDEO_SUFFIXES + OTHER_SUFFIXES)}"
        )
    return found


def copy_videos(
    sources: Sequence[Path],
    out: Path,
    config: CopyConfig,
    *,
    numbered: bool,
    overwrite: bool = False,
    progress: Progress = no_progress,
    report: Report = ignore,
) -> CopiedVideos:
    """Copy videos into a folder; sources are never changed. videos.json lists which copy is of which source.

    Args:
        sources: files, and folders in natural order.
        out: folder for the copies.
        config: container and size.
        numbered: name copies 0001.mp4, 0002.mp4, ...; else as their sources.
        overwrite: replace other work in `out`.
        progress: opens a progress bar.
        report: called with each video that is left out, and the reason.

    Raises: InputError: an invalid setting, no video can be read, or `out` holds something else.
    """
    config.check()
    videos = list_videos(sources)
    names = [f"{i:04d}" if numbered else video.stem for i, video in enumerate(videos, start=1)]
    if len(set(names)) < len(names):
        raise InputError(
            "two videos have the same name without the suffix; use `video index`, which numbers them"
        )
    settings: dict[str, Any] = dataclasses.asdict(config) | {"numbered": numbered}
    settings["inputs"] = fingerprint((str(video), crc_of_file(video)) for video in videos)
    failures = Failures(report)
    if len(videos) == 1 and not config.reencode:
        read_index(videos[0])
    command = f"data-prep video {'index' if numbered else 'reformat'}"
    with outputs.work(
        out, command=command, settings=settings, source=videos, overwrite=overwrite, failures=failures
    ) as state:
        if state == "done":
            return CopiedVideos(out, read_json(out / MAPPING)["videos"], failures)
        rows = []
        with progress(len(videos), unit="video", label=command) as bar:
            for video, name in zip(videos, names, strict=True):
                try:
                    rows.append(_copy(video, out / f"{name}.{config.container}", config))
                except (InputError, WorkError) as error:
                    failures(video.name, str(error))
                bar.update(1)
        if not rows:
            raise WorkError(f"no video could be copied: {next(iter(failures.values()))}")
        outputs.write_json(out / MAPPING, {"schema": 1, "videos": rows})
        return CopiedVideos(out, rows, failures)


def _copy(video: Path, target: Path, config: CopyConfig) -> dict[str, Any]:
    """Copy one video unless the copy exists; its row of videos.json."""
    if not config.reencode:
        read_index(video)  # a damaged one is not copied
    if (config.container == "mp4" or config.encodes) and is_transparent(video):
        flags = " without --width, --height and --reencode" if config.encodes else ""
        raise InputError(
            f"{video} is transparent, which {config.container} cannot hold here; pass --container mkv{flags}"
        )
    action = "copied"
    tracks = ["-map", "0:V:0", "-map", "0:a?"]
    end = ["-movflags", "+faststart"] if config.container == "mp4" else []
    with outputs.replacing(target) as partial:
        done = False
        if not config.encodes:
            with Ffmpeg(["-i", str(video), *tracks, "-c", "copy", *end, "-y", str(partial)]) as ffmpeg:
                done = not ffmpeg.failed()
        if not done:
            action = "encoded"
            width, height = config.width or -2, config.height or -2
            scale = [f"scale={width}:{height}:flags={ACCURATE}"] if max(width, height) > 0 else []
            encoder = ["-c:v", "libx264", "-crf", str(config.crf), "-pix_fmt", "yuv420p", "-c:a", "aac"]
            even = [*square_filters(video), *scale, "setsar=1", "pad=ceil(iw/2)*2:ceil(ih/2)*2"]
            filters = ["-vf", ",".join(even)]
            rate = ["-fps_mode", "cfr" if config.reencode else "passthrough"]
            finish(["-i", str(video), *tracks, *filters, *rate, *encoder, *end, "-y", str(partial)], target)
    info = video_info(target)
    return {
        "file": target.name,
        "source": str(video),
        "action": action,
        "frames": info.frames,
        "fps": info.fps,
        "width_px": info.width_px,
        "height_px": info.height_px,
    }
