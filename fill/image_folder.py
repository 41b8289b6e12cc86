"""Fill the drawings of a folder: decoding, filling and encoding overlap.

Files of one size form batches. While the device fills one batch, threads decode the next and encode the
one before; memory holds a few batches, however long the folder.
"""

import collections
import dataclasses
import zlib
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from data_prep import outputs
from data_prep.errors import InputError
from data_prep.images import MAX_MEGAPIXELS, Note, write_image
from data_prep.pages.polarity import read_drawing
from data_prep.progress import Failures, Progress, Report, Warn, counted, ignore, no_progress
from data_prep.workers import default_workers
from fill.config import BlobConfig, Choice, FillConfig, FolderConfig, SpecConfig
from fill.drawings import AHEAD, Drawing, decoded, find_drawings, in_batches
from fill.masked_palette import MaskedPalette
from fill.palette import resize
from fill.parallel import explain_out_of_memory
from fill.pins import NO_PINS, Pins, pin_arrays
from fill.pipeline import fill_blob
from fill.specimen import color_orbits, find_orbits
from fill.threshold import Prepared, prepare

Counts = dict[str, jax.Array]  # fields of FillResult, one value per image [B]


class Items(NamedTuple):
    """What each image of a batch has of its own, and a second palette of all."""

    ids: np.ndarray  # uint32 [B]
    thresholds: np.ndarray  # int32 [B]
    pins: tuple[np.ndarray, np.ndarray]  # points int32 [B, P, 2], colours uint8 [B, P, 3]
    masked: MaskedPalette | None = None


Fill = Callable[[jax.Array, jax.Array, jax.Array, Any, Items], tuple[jax.Array, Counts]]
"""(key, images uint8 [B, H, W, 3], palette uint8 [h, w, 3], config, items) -> (filled, counts)."""


@dataclasses.dataclass(frozen=True)
class FillResult:
    """Counts over the drawings that were filled."""

    images: int = 0
    inverted: int = 0  # drawings that are light on dark
    flattened: int = 0  # drawings whose light is uneven
    thresholds: tuple[int, ...] = ()  # different ones, ascending
    orbits: int = 0  # of specimens: groups of regions that share a colour
    single: int = 0  # of specimens: coloured regions without a mirror image, off the centre

    def __add__(self, other: "FillResult") -> "FillResult":
        both = {
            field.name: getattr(self, field.name) + getattr(other, field.name)
            for field in dataclasses.fields(self)
        }
        return FillResult(**both | {"thresholds": tuple(sorted({*self.thresholds, *other.thresholds}))})

    def tones(self) -> str:
        """Describe thresholds, and drawings that were inverted or evened out: ", threshold 160"."""
        ends = (self.thresholds[:1] + self.thresholds[-1:])[: len(self.thresholds)]
        summary = f", threshold {' to '.join(map(str, ends))}" if ends else ""
        if self.inverted:
            summary += f", {self.inverted} light on dark, inverted (--invert off leaves them)"
        if self.flattened:
            summary += f", {self.flattened} with uneven light, evened out (--flatten off leaves them)"
        return summary


@dataclasses.dataclass(frozen=True)
class FolderResult:
    """A folder of filled drawings."""

    folder: Path
    drawings: int  # of the source
    filled: FillResult | None  # None: all existed
    counts_orbits: bool  # specimens: orbits are counted
    failures: Mapping[str, str]  # drawings that were left out -> reason

    def __str__(self) -> str:
        summary = ""
        if self.filled is None:
            summary = ", already done"
        elif self.counts_orbits:
            found = self.filled
            summary = f"  {found.orbits} orbits found, {found.single} regions without a mirror image"
        if self.filled is not None:
            summary += self.filled.tones()
        return f"{self.folder}  {counted(self.drawings, 'image')}{summary}"


def fill_folder(
    source: Path,
    palette: np.ndarray,
    config: FillConfig,
    files: FolderConfig,
    *,
    palette_name: str,
    command: str,
    pins: Pins = NO_PINS,
    masked: MaskedPalette | None = None,
    progress: Progress = no_progress,
    report: Report = ignore,
    warn: Warn = ignore,
) -> FolderResult:
    """Fill the drawings of a folder, or one; files that exist and are not older than their source stay.

    Args:
        source: folder of images, or one image.
        palette: uint8 [h, w, 3].
        config: type of a fill in FILLS.
        files: output folder and format.
        palette_name: recorded in the output folder.
        command: that writes it, e.g. "fill blob".
        pins: of drawings by file name.
        masked: a second palette, of BlobConfig.
        progress: opens a progress bar.
        report: called with each drawing that is left out, and the reason.
        warn: called with one line for each drawing without ink or regions.

    Raises:
        InputError: invalid settings, no images, two of the same name, or the output folder holds something
            else. WorkError: a file could not be written, or a batch does not fit in memory.
    """
    files.check()
    config.check()
    drawings = find_drawings(source, files.out, suffix=f".{files.format}", warn=warn)
    settings = {
        "source": str(source),
        "palette": [palette_name, zlib.crc32(palette.tobytes())],
        "seed": files.seed,
        "format": files.format,
        "invert": files.invert,
        "flatten": files.flatten,
        **({"png_level": files.png_level} if files.format == "png" else {}),
        **dataclasses.asdict(config),
        **({"pins": own} if (own := _pins_of(drawings, pins)) else {}),
        **({"mask": masked.settings()} if masked is not None else {}),
    }
    failures, filled = Failures(report), None
    with outputs.work(
        files.out,
        command=command,
        settings=settings,
        overwrite=files.overwrite,
        source=source,
        failures=failures,
    ):
        if todo := [drawing for drawing in drawings if not drawing.is_filled()]:
            with progress(len(todo), unit="img", label="fill") as bar:
                filled = fill_drawings(
                    todo,
                    palette,
                    config,
                    seed=files.seed,
                    batch=files.batch,
                    max_megapixels=files.max_megapixels,
                    png_level=files.png_level,
                    invert=files.invert,
                    flatten=files.flatten,
                    pins=pins,
                    masked=masked,
                    on_image=bar.update,
                    report=failures,
                    warn=warn,
                )
    return FolderResult(files.out, len(drawings), filled, isinstance(config, SpecConfig), failures)


def fill_drawings(
    drawings: list[Drawing],
    palette: np.ndarray,
    config: FillConfig,
    *,
    seed: int = 0,
    batch: int = 8,
    max_megapixels: float = MAX_MEGAPIXELS,
    png_level: int = 3,
    invert: Choice = "auto",
    flatten: Choice = "auto",
    pins: Pins = NO_PINS,
    masked: MaskedPalette | None = None,
    on_image: Callable[[], object] = lambda: None,
    report: Report = ignore,
    warn: Warn = ignore,
) -> FillResult:
    """Fill files; unreadable ones are left out.

    Args:
        drawings: see find_drawings.
        palette: uint8 [h, w, 3].
        config: BlobConfig or SpecConfig.
        seed: random seed; colours also depend on the file name.
        batch: images of one size filled at once.
        max_megapixels: maximum image size; larger files are skipped.
        png_level: zlib level of PNG files, 0 to 9.
        invert, flatten: see threshold.prepare.
        pins: of drawings by file name.
        masked: a second palette, of BlobConfig.
        on_image: called once per drawing, filled or skipped.
        report: called with each file that cannot be read, and the reason.
        warn: called with one line for each file without ink or regions.

    Raises:
        WorkError: a file could not be written, or a batch does not fit in memory.
    """
    result = FillResult()

    def refuse(drawing: Drawing, error: InputError) -> None:
        report(drawing.source.name, str(error))
        on_image()

    key, colors = jax.random.key(seed), jnp.asarray(palette)
    encoding: collections.deque[Future[None]] = collections.deque()
    with ThreadPoolExecutor(default_workers()) as pool:
        try:
            batches = in_batches(drawings, batch, max_megapixels, refuse, torus=config.wraps)

            def read(path: Path) -> Prepared:
                notes: list[Note] = []
                image = read_drawing(path, mode="rgb", max_megapixels=max_megapixels, note=notes.append)
                prepared = prepare(image, config, invert_it=invert, flatten_it=flatten)
                return dataclasses.replace(prepared, notes=tuple(notes))

            for members, images, prepared in decoded(pool, batches, read, refuse):
                if config.overlay and colors.shape[:2] != images.shape[1:3]:
                    colors = resize(palette, height_px=images.shape[1], width_px=images.shape[2])
                filled, counts = fill_batch(
                    key, members, images, prepared, colors, config, pins=pins, masked=masked
                )
                result += counts
                for drawing, image, one in zip(members, filled, prepared, strict=False):
                    for note in one.notes:
                        warn(f"{drawing.source}: {note}")
                    if doubt := one.doubt(config.threshold) or _doubt(image, palette):
                        warn(f"{drawing.source}: {doubt}")
                    encoding.append(pool.submit(write_image, drawing.target, image, png_level=png_level))
                while len(encoding) > AHEAD * batch:
                    encoding.popleft().result()
                    on_image()
            while encoding:
                encoding.popleft().result()
                on_image()
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise
    return result


def _pins_of(drawings: list[Drawing], pins: Pins) -> dict[str, list[Any]]:
    """The pins of these drawings, as settings of a folder."""
    names = {drawing.source.name for drawing in drawings}
    return {
        name: [dataclasses.asdict(pin) for pin in own] for name, own in pins.images.items() if name in names
    }


def _doubt(image: np.ndarray, palette: np.ndarray) -> str:
    """One line if a filled drawing, uint8 [H, W, 3], has one colour all over, unlike its palette, else ""."""
    if image.size > 3 and (image == image[0, 0]).all() and (palette != palette[0, 0]).any():
        return "one colour all over: no lines enclose a region; try --close-gaps-px 4, or another --threshold"
    return ""


def fill_batch(
    key: jax.Array,
    members: Sequence[Drawing],
    images: np.ndarray,
    prepared: Sequence[Prepared],
    colors: jax.Array,
    config: FillConfig,
    *,
    pins: Pins = NO_PINS,
    masked: MaskedPalette | None = None,
) -> tuple[np.ndarray, FillResult]:
    """Fill uint8 [B, H, W, 3], of which the first rows are `members`; returns them filled, and counts."""
    ids, limits = np.zeros(len(images), np.uint32), np.full(len(images), config.fixed_threshold, np.int32)
    ids[: len(members)] = [drawing.item_id for drawing in members]
    limits[: len(members)] = [one.threshold for one in prepared]
    own = [pins.images.get(drawing.source.name, ()) for drawing in members]
    items = Items(ids, limits, pin_arrays([*own, *[()] * (len(images) - len(own))]), masked)
    on_device = jnp.asarray(images)
    with explain_out_of_memory(len(images)):
        filled, per_image = FILLS[type(config)](key, on_device, colors, config, items)
        counts = {name: int(np.asarray(values)[: len(members)].sum()) for name, values in per_image.items()}
        counts |= {"inverted": sum(one.inverted for one in prepared)}
        counts |= {"flattened": sum(one.flattened for one in prepared)}
        thresholds = tuple(sorted({one.threshold for one in prepared}))
        return np.asarray(filled), FillResult(len(members), thresholds=thresholds, **counts)


def _blob(
    key: jax.Array, images: jax.Array, colors: jax.Array, config: Any, items: Items
) -> tuple[jax.Array, Counts]:
    ids, thresholds, pins, masked = items
    own: dict[str, Any] = {"item_ids": ids, "thresholds": thresholds, "pins": pins, "masked": masked}
    filled = fill_blob(key, images, colors, config, **own)
    return filled, {}


def _spec(
    key: jax.Array, images: jax.Array, colors: jax.Array, config: Any, items: Items
) -> tuple[jax.Array, Counts]:
    ids, thresholds, pins, _ = items
    found = find_orbits(images, config, thresholds=thresholds)
    filled = color_orbits(key, images, found, colors, config, item_ids=ids, thresholds=thresholds, pins=pins)
    return filled, {"orbits": found.orbits, "single": found.single}


FILLS: dict[type[FillConfig], Fill] = {BlobConfig: _blob, SpecConfig: _spec}
"""Type of a config -> fill operation."""
