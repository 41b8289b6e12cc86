"""Contact sheets: images of seeds, to choose keyframes from, and frames of a video."""

import dataclasses
from collections.abc import Sequence
from pathlib import Path

import jax.numpy as jnp
import numpy as np

from data_prep.errors import InputError
from data_prep.images import check_suffix, write_image
from data_prep.images.contact_sheet import contact_sheet
from data_prep.outputs import check_place, replacing
from data_prep.video import sources
from gan import latents
from gan.sample import Generator, class_number, sample_images


@dataclasses.dataclass(frozen=True)
class VideoSheet:
    """Frames of a video on one image."""

    image: np.ndarray  # uint8 [H, W, C]
    frames: list[int]  # numbers of the frames shown
    total: int  # frames of the video


def seed_sheet(
    generator: Generator,
    seeds: Sequence[int],
    *,
    truncation: float = 1.0,
    columns: int = 10,
    tile_px: int = 96,
    label: str | None = None,
) -> np.ndarray:
    """Images of seeds with their numbers: uint8 [H, W, C].

    Args:
        generator: draws the images.
        seeds: in the order shown.
        truncation: 1 = off, 0 = mean image.
        columns: images per row.
        tile_px: side of an image on the sheet.
        label: class by name or number; default: the first.
    """
    chosen = 0 if label is None else class_number(generator.class_names, label)
    labels = jnp.full(len(seeds), chosen, jnp.int32) if generator.class_names else None
    z = latents.from_seeds(seeds, z_dim=generator.z_dim)
    batches = sample_images(generator.family, generator.params, z, labels=labels, truncation=truncation)
    images = (image for batch in batches for image in batch)
    return contact_sheet(images, columns=columns, labels=[str(n) for n in seeds], tile_px=(tile_px, tile_px))


def video_sheet(video: Path, *, rows: int = 4, columns: int = 6, tile_px: int = 160) -> VideoSheet:
    """Frames of a video at equal intervals, with numbers and times; those of unequal lengths are repeated.

    Args:
        video: a video file, or a folder of frames.
        rows, columns: of the sheet; a video of fewer frames fills less.
        tile_px: longer side of a frame on the sheet.
    """
    for flag, value in (("--rows", rows), ("--columns", columns), ("--tile-px", tile_px)):
        if value < 1:
            raise InputError(f"{flag} {value}: must be at least 1")
    (_, fps), total = sources.frame_count_and_fps(video, None), sources.count_decoded(video)
    height_px, width_px = next(iter(sources.read_frames(video))).shape[:2]
    count = min(rows * columns, total)
    chosen = sorted({i * total // count for i in range(count)})
    frames = (frame for i, frame in enumerate(sources.read_frames(video)) if i in set(chosen))
    labels = [f"{i}  {i / fps:.2f} s" for i in chosen]
    scale = tile_px / max(height_px, width_px)
    tile = max(1, round(scale * height_px)), max(1, round(scale * width_px))
    return VideoSheet(contact_sheet(frames, columns=columns, labels=labels, tile_px=tile), chosen, total)


def check_sheet(out: Path) -> None:
    """Raise InputError unless an image file can be written there."""
    check_suffix(out)
    check_place(out)
    if out.is_dir():
        raise InputError(f"--out {out} is a folder; name a file in it")


def write_sheet(out: Path, sheet: np.ndarray, *, overwrite: bool = False) -> None:
    """Write a sheet. Raises: InputError: another file exists and not `overwrite`."""
    with replacing(out) as partial:
        write_image(partial, sheet)
        if out.exists() and not overwrite and out.read_bytes() != partial.read_bytes():
            raise InputError(
                f"--out {out} exists with other content; choose another, or replace it with --overwrite"
            )
