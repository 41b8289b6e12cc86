"""Drawings to fill: the files of a folder, batches of one size, and their images, decoded ahead."""

import collections
import dataclasses
import itertools
import zlib
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import numpy as np

from data_prep import outputs
from data_prep.errors import InputError
from data_prep.images import list_images, read_header
from data_prep.progress import Warn, ignore
from fill.lines import check_side
from fill.threshold import Prepared

AHEAD = 2  # batches being decoded, and batches being encoded


@dataclasses.dataclass(frozen=True)
class Drawing:
    """A file to fill, and the file to write."""

    source: Path
    target: Path

    @property
    def item_id(self) -> int:
        """CRC-32 of the file name: colours do not depend on other files of the folder."""
        return zlib.crc32(self.source.name.encode(errors="surrogateescape"))

    def is_filled(self) -> bool:
        """Whether the target exists and is not older than the source."""
        try:
            return self.target.stat().st_mtime_ns >= self.source.stat().st_mtime_ns
        except OSError:  # no target, or a source that cannot be read, which is reported later
            return False


@dataclasses.dataclass(frozen=True)
class Batch:
    """Drawings of one size, filled together in `rows` rows; unused rows are black (all line)."""

    drawings: list[Drawing]
    rows: int
    size_px: tuple[int, int]  # height, width


Refuse = Callable[[Drawing, InputError], None]


def find_drawings(source: Path, out: Path, *, suffix: str = ".png", warn: Warn = ignore) -> list[Drawing]:
    """List the images of a folder, or one image, each with its target in `out`.

    Args:
        source: folder, or one image.
        out: folder of the targets.
        suffix: of the targets.
        warn: called with one line about files that are left out for their suffix.

    Raises:
        InputError: no images, or two of them have the same target.
    """
    drawings = [
        Drawing(path, out / outputs.fit_name(path.stem, suffix)) for path in list_images(source, warn=warn)
    ]
    names: dict[Path, str] = {}
    for drawing in drawings:
        name = drawing.source.name
        if (other := names.setdefault(drawing.target, name)) != name:
            raise InputError(
                f"{other} and {name} in {source} have the same output {drawing.target.name}; rename one"
            )
    return drawings


def in_batches(
    drawings: list[Drawing],
    batch: int,
    max_megapixels: float,
    refuse: Refuse,
    *,
    torus: bool = False,
) -> Iterator[Batch]:
    """Group drawings by size, which is read from the files' headers; larger ones are refused."""
    groups: dict[tuple[int, int], list[Drawing]] = {}
    for drawing in drawings:
        try:
            header = read_header(drawing.source, max_megapixels=max_megapixels)
            size_px = header.height_px, header.width_px
            check_side(drawing.source, size_px, torus=torus)
        except InputError as error:
            refuse(drawing, error)
        else:
            groups.setdefault(size_px, []).append(drawing)
    for size_px, group in groups.items():
        rows = min(batch, len(group))
        for start in range(0, len(group), rows):
            yield Batch(group[start : start + rows], rows, size_px)


def decoded(
    pool: ThreadPoolExecutor,
    batches: Iterator[Batch],
    read: Callable[[Path], Prepared],
    refuse: Refuse,
) -> Iterator[tuple[list[Drawing], np.ndarray, list[Prepared]]]:
    """The readable drawings of each batch, and their images, uint8 [rows, H, W, 3]."""

    def begin(batch: Batch) -> tuple[Batch, list[Future[Prepared]]]:
        return batch, [pool.submit(read, drawing.source) for drawing in batch.drawings]

    def finish(
        batch: Batch, decoding: list[Future[Prepared]]
    ) -> tuple[list[Drawing], np.ndarray, list[Prepared]]:
        members: list[Drawing] = []
        prepared: list[Prepared] = []
        images = np.zeros((batch.rows, *batch.size_px, 3), np.uint8)
        for drawing, future in zip(batch.drawings, decoding, strict=True):
            try:
                one = future.result()
                if one.image.shape != images.shape[1:]:
                    raise InputError(f"{drawing.source} changed while it was read; run the command again")
            except InputError as error:
                refuse(drawing, error)
            else:
                images[len(members)] = one.image
                members.append(drawing)
                prepared.append(one)
        return members, images, prepared

    pending = collections.deque(map(begin, itertools.islice(batches, AHEAD)))
    while pending:
        members, images, prepared = finish(*pending.popleft())
        pending.extend(map(begin, itertools.islice(batches, 1)))
        if members:
            yield members, images, prepared
