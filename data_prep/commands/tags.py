"""`tags`: which page of a comic each frame of a video belongs to."""

from pathlib import Path

from tyro.conf import Positional

from data_prep.comics.alignment import align as align_pages
from data_prep.errors import InputError
from data_prep.images import list_images, read_image
from data_prep.json_files import read_json
from data_prep.outputs import check_file
from data_prep.progress import counted, print_warning, progress
from data_prep.video.durations import format_seconds
from data_prep.video.exclusions import excluded_frames, read_exclusions
from data_prep.video.frame_index import read_index
from data_prep.video.tags import guess_linear, read_last_frames, read_tags, tags_from_last_frames, write_tags


def tags(
    video: Positional[Path],
    pages: Positional[Path],
    tags: Path | None = None,
    align: bool = False,
    exclude_file: Path | None = None,
    out: Path | None = None,
    overwrite: bool = False,
) -> None:
    """Tag the frames of a video with the pages of a comic: check tags, import a list, guess, or align.

    Without --tags and --align, each page gets the same number of frames.

    Args:
        video: Video file.
        pages: Folder of pages, in natural order.
        tags: tags.json to check, or the list form [last frame of page 0, of page 1, ...] to import.
        align: Compare frames with the panels of the pages, by colours and edges; pages never go back.
        exclude_file: exclusions.json; its frames do not count for a guess. Frame numbers count all frames.
        out: File for the tags (.json); default: only print them.
        overwrite: Replace --out.
    """
    if tags is not None and align:
        raise InputError("--tags and --align: pass one of them")
    if out is not None:
        check_file(out, suffix=".json", overwrite=overwrite)
    paths = list_images(pages, recursive=True, warn=print_warning)
    names = [path.name if pages.is_file() else path.relative_to(pages).as_posix() for path in paths]
    index = read_index(video)
    excluded = None
    if exclude_file is not None:
        ranges = read_exclusions(exclude_file).get(video.name, ())
        excluded = excluded_frames(ranges, index, where=str(exclude_file))
    how = "each page has as many frames"
    if tags is not None and isinstance(read_json(tags), list):
        made = tags_from_last_frames(read_last_frames(tags), names, index, where=str(tags))
        how = "imported"
    elif tags is not None:
        made = read_tags(tags)
        made.check(index, pages=names, where=str(tags))
        how = "valid"
    elif align:
        with progress(len(index), unit="frame", label="align") as bar:
            images = [read_image(path, mode="rgb") for path in paths]
            found = align_pages(index, images, excluded=excluded, on_frame=bar.update)
        made = tags_from_last_frames(found.last_frames, names, index)
        how = f"aligned, mean similarity {found.score:.2f}"
    else:
        made = guess_linear(names, index, excluded=excluded)
    for span in made.spans:
        print(f"{span.page}  to frame {span.last_frame}, {format_seconds(index.time_sec(span.last_frame))}")
    if out is not None:
        write_tags(out, made)
    print(f"{out or tags or video}  {counted(len(made.spans), 'page')}: {how}")
