"""A folder of drawings in, a folder of coloured ones out: decoding, filling and encoding overlap.

Files of one size form batches. While the device fills one batch, threads decode the next and encode the
one before; memory holds a few batches, however long the folder.
"""

import collections
import dataclasses
import itertools
import sys
import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np

from data_prep.errors import InputError, WorkError
from data_prep.images import list_images, read_header, read_image, write_image
from data_prep.progress import progress
from data_prep.workers import default_workers
from fill import bitmap
from fill.config import BlobConfig, FillConfig, SpecConfig
from fill.lines import MAX_SIDE_PX
from fill.palette import resize
from fill.parallel import told_when_full
from fill.pipeline import fill_blob
from fill.specimen import color_orbits, find_orbits

AHEAD = 2  # batches being decoded, and batches being encoded


@dataclasses.dataclass(frozen=True)
class Drawing:
    """One file to fill, and the file it becomes."""

    source: Path
    target: Path

    @property
    def item_id(self) -> int:
        """From the file's name alone: its colours do not depend on its neighbours."""
        return zlib.crc32(self.source.name.encode())

    def is_filled(self) -> bool:
        return self.target.exists() and self.target.stat().st_mtime_ns >= self.source.stat().st_mtime_ns


@dataclasses.dataclass(frozen=True)
class Batch:
    """Drawings of one size, filled together in `rows` rows; rows left over are ink."""

    drawings: list[Drawing]
    rows: int
    size_px: tuple[int, int]  # height, width


Refuse = Callable[[Drawing, InputError], None]


def find_drawings(source: Path, out: Path, *, suffix: str = ".png") -> list[Drawing]:
    """The images of a folder, or one image, each with its file in `out`.

    Raises:
        InputError: no images, or two of them would become the same file.
    """
    drawings = [Drawing(path, out / f"{path.stem}{suffix}") for path in list_images(source)]
    taken: dict[Path, str] = {}
    for drawing in drawings:
        name = drawing.source.name
        if (other := taken.setdefault(drawing.target, name)) != name:
            raise InputError(
                f"{other} and {name} in {source} would both become {drawing.target.name}; rename one"
            )
    return drawings


def fill_drawings(
    drawings: list[Drawing],
    palette: np.ndarray,
    config: FillConfig,
    *,
    seed: int,
    batch: int,
    max_megapixels: float,
    png_level: int = 3,
) -> Counter[str]:
    """Fill files; one that cannot be read is named on stderr, and the rest goes on.

    Args:
        drawings: see find_drawings.
        palette: uint8 [h, w, 3].
        config: how to fill.
        seed: random colours follow from it and from the file's name.
        batch: images of one size filled at once.
        max_megapixels: larger files are refused.
        png_level: effort of PNG files, 0 to 9.

    Returns:
        of specimens, how many "orbits" were found and how many regions are "single".

    Raises:
        WorkError: files could not be read, or not be written, or a batch does not fit in memory.
    """
    refused: list[str] = []
    tally: Counter[str] = Counter()

    def refuse(drawing: Drawing, error: InputError) -> None:
        refused.append(drawing.source.name)
        bar.write(f"left out: {error}", file=sys.stderr)
        bar.update()

    key, colors = jax.random.key(seed), jnp.asarray(palette)
    encoding: collections.deque[Future[None]] = collections.deque()
    with (
        progress(len(drawings), unit="img", label="fill") as bar,
        ThreadPoolExecutor(default_workers()) as pool,
    ):
        try:
            batches = _batches(drawings, batch, max_megapixels, refuse)
            for members, images in _decoded(pool, batches, max_megapixels, refuse):
                if config.overlay and colors.shape[:2] != images.shape[1:3]:
                    colors = resize(palette, height_px=images.shape[1], width_px=images.shape[2])
                filled, has_paper = _fill(key, members, images, colors, config, tally)
                for drawing, image, any_paper in zip(members, filled, has_paper, strict=False):
                    if not any_paper:
                        bar.write(
                            f"left as it is: {drawing.source} has no paper, all is line", file=sys.stderr
                        )
                    encoding.append(pool.submit(write_image, drawing.target, image, png_level=png_level))
                while len(encoding) > AHEAD * batch:
                    encoding.popleft().result()
                    bar.update()
            while encoding:
                encoding.popleft().result()
                bar.update()
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise
    if refused:
        names = ", ".join(refused[:5]) + (", ..." if len(refused) > 5 else "")
        raise WorkError(f"{len(refused)} of {len(drawings)} images could not be read: {names}")
    return tally


def _fill(
    key: jax.Array,
    members: list[Drawing],
    images: np.ndarray,
    colors: jax.Array,
    config: FillConfig,
    tally: Counter[str],
) -> tuple[np.ndarray, np.ndarray]:
    """uint8 [B, H, W, 3], of which the first are `members` -> filled, and which of them have paper."""
    ids = np.zeros(len(images), np.uint32)
    ids[: len(members)] = [drawing.item_id for drawing in members]
    on_device = jnp.asarray(images)
    with told_when_full(len(images)):
        if isinstance(config, SpecConfig):
            found = find_orbits(on_device, config)
            filled = color_orbits(key, on_device, found, colors, config, item_ids=ids)
            for name in ("orbits", "single"):
                tally[name] += int(np.asarray(getattr(found, name))[: len(members)].sum())
        else:
            assert isinstance(config, BlobConfig), config
            filled = fill_blob(key, on_device, colors, config, item_ids=ids)
        has_paper = bitmap.has_paper(on_device, threshold=config.threshold)
        return np.asarray(filled), np.asarray(has_paper)


def _batches(drawings: list[Drawing], batch: int, max_megapixels: float, refuse: Refuse) -> Iterator[Batch]:
    """Group drawings by size, which is read from the files' headers."""
    groups: dict[tuple[int, int], list[Drawing]] = {}
    for drawing in drawings:
        try:
            header = read_header(drawing.source, max_megapixels=max_megapixels)
            size_px = header.height_px, header.width_px
            if max(size_px) > MAX_SIDE_PX:
                raise InputError(
                    f"{drawing.source} has a side of {max(size_px)} px; fill takes up to {MAX_SIDE_PX}"
                )
        except InputError as error:
            refuse(drawing, error)
        else:
            groups.setdefault(size_px, []).append(drawing)
    for size_px, group in groups.items():
        rows = min(batch, len(group))
        for start in range(0, len(group), rows):
            yield Batch(group[start : start + rows], rows, size_px)


def _decoded(
    pool: ThreadPoolExecutor, batches: Iterator[Batch], max_megapixels: float, refuse: Refuse
) -> Iterator[tuple[list[Drawing], np.ndarray]]:
    """The readable drawings of each batch, and their images, uint8 [rows, H, W, 3]."""

    def begin(batch: Batch) -> tuple[Batch, list[Future[np.ndarray]]]:
        return batch, [
            pool.submit(read_image, drawing.source, mode="rgb", max_megapixels=max_megapixels)
            for drawing in batch.drawings
        ]

    def finish(batch: Batch, decoding: list[Future[np.ndarray]]) -> tuple[list[Drawing], np.ndarray]:
        members: list[Drawing] = []
        images = np.zeros((batch.rows, *batch.size_px, 3), np.uint8)
        for drawing, image in zip(batch.drawings, decoding, strict=True):
            try:
                images[len(members)] = image.result()
            except InputError as error:
                refuse(drawing, error)
            else:
                members.append(drawing)
        return members, images

    begun = collections.deque(map(begin, itertools.islice(batches, AHEAD)))
    while begun:
        members, images = finish(*begun.popleft())
        begun.extend(map(begin, itertools.islice(batches, 1)))
        if members:
            yield members, images
