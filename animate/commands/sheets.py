"""`animate explore` and `animate summary`: sheets to choose by, and to see a film at a glance."""

from pathlib import Path
from typing import TYPE_CHECKING

import tyro

from data_prep.errors import InputError
from gan.explore.seeds import distinct_seeds

if TYPE_CHECKING:
    import numpy as np


def explore(
    run: tyro.conf.Positional[Path],
    *,
    out: Path,
    seeds: str = "0-99",
    truncation: float = 1.0,
    columns: int = 10,
    tile_px: int = 96,
    label: str | None = None,
    overwrite: bool = False,
) -> None:
    """A sheet of pictures with their seeds, to choose keyframes from by eye.

    Args:
        run: Run folder, or its generator/ folder.
        out: The sheet, an image file.
        seeds: Numbers and ranges, as in 0-99 or 3,17,40-49; `animate keyframes --keys` takes the same.
        truncation: Pull towards the mean picture; 1 is none.
        columns: Pictures in a row.
        tile_px: Side of a picture on the sheet.
        label: Which class, by its name or number, where the generator knows classes; the first by default.
        overwrite: Replace another sheet.
    """
    import jax.numpy as jnp

    from data_prep.images.contact_sheet import contact_sheet
    from gan import latents
    from gan.sample import class_number, load_generator, sample_images

    numbers = distinct_seeds(seeds, flag="--seeds")
    _check_sheet(out)
    generator = load_generator(run)
    chosen = 0 if label is None else class_number(generator.class_names, label)
    labels = jnp.full(len(numbers), chosen, jnp.int32) if generator.class_names else None
    z = latents.from_seeds(numbers, z_dim=generator.z_dim)
    batches = sample_images(generator.family, generator.params, z, labels=labels, truncation=truncation)
    images = (image for batch in batches for image in batch)
    sheet = contact_sheet(
        images, columns=columns, labels=[str(n) for n in numbers], tile_px=(tile_px, tile_px)
    )
    _write_sheet(out, sheet, overwrite=overwrite)
    print(f"{out}  {len(numbers)} pictures; --keys of `animate keyframes` takes their numbers")


def summary(
    clip: tyro.conf.Positional[Path],
    *,
    out: Path,
    rows: int = 4,
    columns: int = 6,
    tile_px: int = 160,
    overwrite: bool = False,
) -> None:
    """Frames of a film at even distances, with their times, on one sheet.

    Args:
        clip: A film.
        out: The sheet, an image file.
        rows: Rows of frames; a film of fewer frames fills fewer.
        columns: Frames in a row.
        tile_px: Longer side of a frame on the sheet.
        overwrite: Replace another sheet.
    """
    from data_prep.images.contact_sheet import contact_sheet
    from data_prep.video.codec import count_frames, read_video, video_info

    if min(rows, columns, tile_px) < 1:
        raise InputError(f"--rows {rows} --columns {columns} --tile-px {tile_px}: each should be 1 or more")
    _check_sheet(out)
    info, shown = video_info(clip), count_frames(clip)
    count = min(rows * columns, shown)
    chosen = sorted({i * shown // count for i in range(count)})
    frames = (frame for i, frame in enumerate(read_video(clip)) if i in set(chosen))
    labels = [f"{i}  {i / info.fps:.2f} s" for i in chosen]
    share = tile_px / max(info.height_px, info.width_px)
    tile = max(1, round(share * info.height_px)), max(1, round(share * info.width_px))
    sheet = contact_sheet(frames, columns=columns, labels=labels, tile_px=tile)
    _write_sheet(out, sheet, overwrite=overwrite)
    print(f"{out}  {len(chosen)} of {shown} frames of {clip}")


def _check_sheet(out: Path) -> None:
    """Raise InputError unless a sheet can be written there."""
    from data_prep.images import check_suffix
    from data_prep.outputs import check_place

    check_suffix(out)
    check_place(out)
    if out.is_dir():
        raise InputError(f"--out {out} is a folder; name a file in it")


def _write_sheet(out: Path, sheet: "np.ndarray", *, overwrite: bool) -> None:
    """Write a sheet, in place of nothing else. Raises: InputError: there is another file."""
    from data_prep.images import write_image
    from data_prep.outputs import replacing

    with replacing(out) as partial:
        write_image(partial, sheet)
        if out.exists() and not overwrite and out.read_bytes() != partial.read_bytes():
            raise InputError(
                f"{out} exists and is another picture; choose another --out, or replace it with --overwrite"
            )
