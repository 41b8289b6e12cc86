"""`find`: opening titles and the like in videos, by an image or by what the videos have in common."""

import sys
from collections.abc import Sequence
from pathlib import Path

from tyro.conf import Positional

from data_prep.errors import InputError, WorkError
from data_prep.images import read_image
from data_prep.inputs import is_file
from data_prep.outputs import check_file
from data_prep.progress import Failures, print_failure, print_note, progress, refuse_failures
from data_prep.video.durations import format_seconds, parse_seconds
from data_prep.video.exclusions import Exclusion, read_exclusions, write_exclusions
from data_prep.video.frame_index import FrameIndex, read_index
from data_prep.video.similar import FindConfig, common_segments, find_image


def find(
    videos: Positional[tuple[Path, ...]],
    image: Path | None = None,
    before: str = "0s",
    after: str = "0s",
    window: str = "3m",
    min_score: float = FindConfig.min_score,
    min_length: str = "5s",
    out: Path = Path("exclusions.json"),
    yes: bool = False,
) -> None:
    """Find ranges to exclude: around the frame most similar to an image, or what videos have in common.

    Args:
        videos: Video files; two or more without --image.
        image: A frame of the segment, as an image; without it, the longest common segment is found.
        before: With --image: time before the frame that is excluded, e.g. 10s.
        after: With --image: time after the frame that is excluded, e.g. 1m20s.
        window: Length of the parts at the start and the end of each video that are searched.
        min_score: Least similarity of a match (zero-mean cosine of gray 32 x 32 thumbnails), 0 to 1.
        min_length: Without --image: shortest common segment.
        out: Exclusions file that the ranges are added to, for `frames --exclude-file`.
        yes: Accept all ranges without asking.
    """
    config = FindConfig(
        parse_seconds(window, flag="--window"), min_score, parse_seconds(min_length, flag="--min-length")
    )
    config.check()
    margins = parse_seconds(before, flag="--before"), parse_seconds(after, flag="--after")
    if image is None and max(margins) > 0:
        raise InputError("--before, --after: require --image")
    check_file(out, suffix=".json", overwrite=True)
    known = {name: list(ranges) for name, ranges in read_exclusions(out).items()} if is_file(out) else {}
    if len({video.name for video in videos}) < len(videos):
        raise InputError("two videos have the same name; the exclusions file needs different ones")
    if not yes and not sys.stdin.isatty():
        raise InputError("--yes: required where nobody can answer, e.g. in scripts")
    goal = None if image is None else read_image(image, mode="gray")
    failures = Failures(print_failure)
    indexes = _read_indexes(videos, failures)
    found: list[Exclusion | None] = []
    with progress(None, unit="frame", label="find") as bar:
        if goal is None:
            found = common_segments(indexes, config, on_frame=bar.update, report=failures)
        else:
            for index in indexes:
                try:
                    match = find_image(index, goal, config, on_frame=bar.update)
                except WorkError as error:
                    failures(index.video.name, str(error))
                    found.append(None)
                    continue
                if match.score < min_score:
                    place = f"frame {match.frame}, {format_seconds(match.time_sec)}"
                    print_note(
                        f"{index.video.name}: best score {match.score:.3f}, {place}: below --min-score"
                    )
                reason = image.name if image else ""
                around = match.exclusion(index, *margins, reason=reason)
                found.append(around if match.score >= min_score else None)
    accepted = 0
    for index, entry in zip(indexes, found, strict=True):
        if index.video.name in failures:
            continue
        print(_describe(index, entry))
        if entry is not None and (yes or _agrees()):
            ranges = known.setdefault(index.video.name, [])
            ranges += [entry] if entry not in ranges else []
            accepted += 1
            write_exclusions(out, known)
    print(f"{out}  {accepted} of {len(videos)} videos with a range")
    refuse_failures(failures, "video")


def _read_indexes(videos: Sequence[Path], failures: Failures) -> list[FrameIndex]:
    """Indexes of the videos that can be read. Raises InputError if none can."""
    indexes = []
    for video in videos:
        try:
            indexes.append(read_index(video))
        except InputError as error:
            if len(videos) == 1:
                raise
            failures(video.name, str(error))
    if not indexes:
        raise InputError(next(iter(failures.values())) + " (and no other video can be read)")
    return indexes


def _agrees() -> bool:
    try:
        return input("exclude? [y/n] ").strip().lower().startswith("y")
    except EOFError:
        raise InputError("no answer; pass --yes to accept all ranges") from None


def _describe(index: FrameIndex, entry: Exclusion | None) -> str:
    if entry is None:
        return f"{index.video}  nothing found"
    ends = [format_seconds(index.time_sec(frame)) for frame in (entry.first_frame, entry.last_frame)]
    frames = f"frames {entry.first_frame} to {entry.last_frame}"
    return f"{index.video}  {frames}  {ends[0]} to {ends[1]}  score {entry.score}"
