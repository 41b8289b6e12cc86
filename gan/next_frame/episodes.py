"""Read tagged videos: sampled frames in segments, and the codes of their pages."""

import dataclasses
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from data_prep.errors import InputError
from data_prep.images import list_images, read_image
from data_prep.json_files import read_json
from data_prep.progress import Progress, no_progress
from data_prep.video.clip import Clip
from data_prep.video.cuts import CutsConfig, find_cuts
from data_prep.video.exclusions import excluded_frames, read_exclusions
from data_prep.video.tags import Tags, read_tags
from gan.next_frame.codes import area_means
from gan.next_frame.pair_set import PairSet
from gan.next_frame.pairs import NO_PAGE, Segment, index_pairs, sampled_frames, segments_of
from gan.projection.inputs import fit


@dataclasses.dataclass(frozen=True)
class Source:
    """A tagged video, and what is left out of it.

    Attributes:
        video: the file.
        tags: tags.json of the video.
        pages: folder of pages.
        exclusions: exclusions.json; None: nothing is left out.
        cuts: cuts.json; None: cuts are detected.
    """

    video: Path
    tags: Path
    pages: Path
    exclusions: Path | None = None
    cuts: Path | None = None


@dataclasses.dataclass(frozen=True, eq=False)
class Episode:
    """Sampled frames of a tagged video.

    Attributes:
        segments: runs of consecutive frames.
        images: frames of each segment, uint8 [T, H, W, C].
        page_names: names of the pages that `Segment.pages` counts.
        page_codes: codes of these pages, float32 [P, n, n].
    """

    segments: tuple[Segment, ...]
    images: tuple[np.ndarray, ...]
    page_names: tuple[str, ...]
    page_codes: np.ndarray


def sources_of(
    videos: Sequence[Path],
    *,
    tags: Sequence[Path],
    pages: Sequence[Path],
    exclusions: Path | None = None,
    cuts: Sequence[Path] = (),
) -> list[Source]:
    """Sources from the flags of a command: `tags` and `cuts` of each video, `pages` of each or of all.

    Raises: InputError: the numbers of files differ.
    """
    count = len(videos)
    for flag, files, may_be in (
        ("tags", tags, (count,)),
        ("pages", pages, (1, count)),
        ("cuts", cuts, (0, count)),
    ):
        if len(files) not in may_be and (count or files):
            raise InputError(
                f"--{flag}: {len(files)} for {count} videos; pass one for each video, in their order"
            )
    every = list(pages) * count if len(pages) == 1 else pages
    all_cuts: Sequence[Path | None] = cuts or [None] * count
    return [
        Source(video, tags=tag, pages=page, exclusions=exclusions, cuts=cut)
        for video, tag, page, cut in zip(videos, tags, every, all_cuts, strict=True)
    ]


def read_episode(
    source: Source,
    *,
    shape: tuple[int, int, int],
    side: int,
    fps: float,
    hold_out_sec: float,
    progress: Progress = no_progress,
) -> Episode:
    """Read the frames of a tagged video that make pairs.

    Args:
        source: video, tags, pages.
        shape: (H, W, C) that frames are cropped and resized to.
        side: n of the codes of pages.
        fps: frames per second to sample.
        hold_out_sec: the last seconds, whose segments are held out.
        progress: opens a progress bar.

    Raises: InputError: a file cannot be read, or tags, pages, exclusions and video do not belong together.
        WorkError: the video is damaged further on.
    """
    paths = list_images(source.pages, recursive=True)
    names = tuple(path.relative_to(source.pages).as_posix() for path in paths)
    tags = read_tags(source.tags)
    with Clip(source.video, mode="gray" if shape[2] == 1 else "rgb") as clip:
        index = clip.index
        if tags.video != source.video.name:
            raise InputError(f"{source.tags} belongs to {tags.video}, not to {source.video.name}")
        tags.check(index, pages=names, where=str(source.tags))
        excluded = np.zeros(len(index), bool)
        if source.exclusions is not None:
            ranges = read_exclusions(source.exclusions).get(source.video.name, ())
            excluded = excluded_frames(ranges, index, where=str(source.exclusions))
        times = index.times_sec()
        end_sec = float(index.duration_sec)
        segments = segments_of(
            sampled_frames(times, fps=fps),
            page_numbers(tags, names, frames=len(index)),
            excluded=excluded,
            cuts=cuts_of(source, clip),
            held_out_from=int(np.searchsorted(times, end_sec - hold_out_sec - 1e-6)),
        )
        images = []
        with progress(sum(len(s.frames) for s in segments), unit="frame", label=source.video.name) as bar:
            for segment in segments:
                images.append(np.stack([fit(clip[int(number)].image, shape) for number in segment.frames]))
                bar.update(len(segment.frames))
    codes = [area_means(read_image(path, mode="gray"), side=side) for path in paths]
    return Episode(tuple(segments), tuple(images), names, np.stack(codes))


def cuts_of(source: Source, clip: Clip) -> list[int]:
    """Numbers of the frames that begin a shot: those in the file of cuts, or detected ones.

    Raises: InputError: the file cannot be read, or belongs to another video.
    """
    if source.cuts is None:
        return [cut.frame for cut in find_cuts(clip.index, CutsConfig()).cuts]
    value = read_json(source.cuts)
    try:
        name, listed = value["video"], [(int(cut["frame"]), int(cut["pts"])) for cut in value["cuts"]]
    except (KeyError, TypeError, ValueError):
        raise InputError(f"{source.cuts} is no cuts.json; create it with `data-prep cuts`") from None
    if name != source.video.name:
        raise InputError(f"{source.cuts} belongs to {name}, not to {source.video.name}")
    for frame, pts in listed:
        clip.index.check_stamp(frame, pts, where=str(source.cuts))
    return [frame for frame, _ in listed]


def page_numbers(tags: Tags, names: Sequence[str], *, frames: int) -> np.ndarray:
    """Number in `names` of the page of each frame of a video, NO_PAGE after the last span: int64 [frames]."""
    page_of_span = np.array([names.index(span.page) for span in tags.spans] + [NO_PAGE], np.int64)
    return page_of_span[tags.pages_of(frames)]  # the number of no span is -1, the last entry


def pair_set(
    episodes: Sequence[Episode],
    *,
    held_out: bool,
    codes_side: int | None = None,
) -> PairSet:
    """Pairs of episodes, of the held-out segments or of the others.

    Args:
        episodes: read from videos.
        held_out: which segments.
        codes_side: n of the codes of frames; None: no codes.

    Raises: InputError: there are none.
    """
    segments: list[Segment] = []
    images: list[np.ndarray] = []
    first_page = 0
    for episode in episodes:
        for segment, frames in zip(episode.segments, episode.images, strict=True):
            if segment.held_out == held_out:
                segments.append(dataclasses.replace(segment, pages=segment.pages + first_page))
                images.append(frames)
        first_page += len(episode.page_codes)
    if not segments:
        raise InputError(_no_pairs(held_out))
    frames = np.concatenate(images)
    return PairSet(
        frames=frames,
        pages=np.concatenate([segment.pages for segment in segments]),
        page_codes=np.concatenate([episode.page_codes for episode in episodes]),
        index=index_pairs(segments),
        codes=None if codes_side is None else np.stack([area_means(f, side=codes_side) for f in frames]),
    )


def runs_of(episodes: Sequence[Episode], *, held_out: bool) -> list[np.ndarray]:
    """Frames of the segments that `pair_set` takes, uint8 [T, H, W, C] each."""
    return [
        frames
        for episode in episodes
        for segment, frames in zip(episode.segments, episode.images, strict=True)
        if segment.held_out == held_out
    ]


def _no_pairs(held_out: bool) -> str:
    if held_out:
        return (
            "no two tagged frames in a row are held out; train with a larger --hold-out-sec, or pass --tags"
        )
    return "no two tagged frames in a row are left to train on; check the tags, exclusions and --hold-out-sec"
