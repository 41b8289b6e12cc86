"""`animate explore` and `animate summary`: sheets to choose by, and to see a film at a glance."""

from pathlib import Path

import tyro

from data_prep.errors import InputError


def explore(
    run: tyro.conf.Positional[Path],
    *,
    out: Path,
    seeds: str = "0-99",
    truncation: float = 1.0,
    columns: int = 10,
    tile_px: int = 96,
) -> None:
    """A sheet of pictures with their seeds, to choose keyframes from by eye.

    Args:
        run: Run folder, or its generator/ folder.
        out: The sheet, an image file.
        seeds: Numbers and ranges, as in 0-99 or 3,17,40-49; `animate keyframes --keys` takes the same.
        truncation: Pull towards the mean picture; 1 is none.
        columns: Pictures in a row.
        tile_px: Side of a picture on the sheet.
    """
    from data_prep.contact_sheet import contact_sheet
    from data_prep.images import check_suffix, write_image
    from data_prep.outputs import check_place
    from gan import latents
    from gan.commands.sample import parse_seeds
    from gan.sample import load_generator, sample_images

    numbers = parse_seeds(seeds)
    check_suffix(out)
    check_place(out)
    generator = load_generator(run)
    z = latents.from_seeds(numbers, z_dim=generator.z_dim)
    batches = sample_images(generator.family, generator.params, z, truncation=truncation)
    images = (image for batch in batches for image in batch)
    write_image(
        out, contact_sheet(images, columns=columns, labels=[str(n) for n in numbers], tile_px=tile_px)
    )
    print(f"{out}  {len(numbers)} pictures; --keys of `animate keyframes` takes their numbers")


def summary(
    clip: tyro.conf.Positional[Path],
    *,
    out: Path,
    rows: int = 4,
    columns: int = 6,
    tile_px: int = 160,
) -> None:
    """Frames of a film at even distances, with their times, on one sheet.

    Args:
        clip: A film.
        out: The sheet, an image file.
        rows: Rows of frames; a film of fewer frames fills fewer.
        columns: Frames in a row.
        tile_px: Side of a frame on the sheet.
    """
    from data_prep.contact_sheet import contact_sheet
    from data_prep.images import check_suffix, write_image
    from data_prep.outputs import check_place
    from data_prep.video import count_frames, read_video, video_info

    if rows < 1 or columns < 1:
        raise InputError(f"--rows {rows} --columns {columns}: both should be 1 or more")
    check_suffix(out)
    check_place(out)
    info, shown = video_info(clip), count_frames(clip)
    count = min(rows * columns, shown)
    chosen = sorted({i * shown // count for i in range(count)})
    frames = (frame for i, frame in enumerate(read_video(clip)) if i in set(chosen))
    labels = [f"{i}  {i / info.fps:.2f} s" for i in chosen]
    write_image(out, contact_sheet(frames, columns=columns, labels=labels, tile_px=tile_px))
    print(f"{out}  {len(chosen)} of {shown} frames of {clip}")
