"""How much faster are the eight copies of tiles written to records than to files?

`symmetries` on a dataset, in one process, compared with Pillow: open the PNG file of a tile, transpose it,
save each copy as a PNG file. Same tiles, same copies, in turns; minimum of N.
"""

import argparse
import shutil
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from PIL import Image

from data_prep.images import CHANNELS, Mode, list_images, read_image, write_image
from data_prep.pages.grid import fit_grid
from data_prep.records.dataset import Dataset
from data_prep.records.writer import Record, write_dataset
from data_prep.tiles.blob import blob_tiles
from data_prep.tiles.symmetric_dataset import plan_records
from data_prep.tiles.symmetries import NAMES
from examples.draw_pages import draw_pages

CASES: tuple[tuple[int, Mode], ...] = ((256, "gray"), (256, "rgb"), (512, "gray"), (64, "rgb"))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tiles", type=int, default=64)
    parser.add_argument("--repeats", type=int, default=3)
    options = parser.parse_args()
    print("| tiles | to records, copies/s | Pillow, copies/s | ratio |")
    print("| --- | --- | --- | --- |")
    with tempfile.TemporaryDirectory() as scratch:
        root = Path(scratch)
        draw_pages(root / "pages", count=1)
        for tile_px, mode in CASES:
            ours_sec, pillow_sec = measure(root, tile_px, mode, options.tiles, options.repeats)
            copies = options.tiles * len(NAMES)
            rates = f"{copies / ours_sec:.0f} | {copies / pillow_sec:.0f} | {pillow_sec / ours_sec:.1f}"
            print(f"| {tile_px} px {mode} | {rates} |", flush=True)


def measure(root: Path, tile_px: int, mode: Mode, count: int, repeats: int) -> tuple[float, float]:
    """Seconds to records and seconds with Pillow, each the minimum of `repeats`."""
    page = read_image(list_images(root / "pages")[0], mode=mode)
    grid = fit_grid(page.shape[0], page.shape[1], dpi=300)
    tiles = list(blob_tiles(page, grid, name="page", tile_px=tile_px, steps=6, indices=range(count)))
    source, files, out = root / "tiles", root / "files", root / "out"
    write_dataset([Record(tile.image, tile.source) for tile in tiles], source)
    for tile in tiles:
        write_image(files / f"{tile.index}.png", tile.image)

    def to_records() -> None:
        plan = plan_records(Dataset(source), workers=1, report=refuse)
        write_dataset(plan, out, image_shape=(tile_px, tile_px, CHANNELS[mode]))

    def with_pillow() -> None:
        out.mkdir()
        for path in files.iterdir():
            with Image.open(path) as tile:
                mirror = tile.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
                for prefix, side in (("", tile), ("m_", mirror)):
                    side.save(out / f"{path.stem}_{prefix}r0.png")
                    for turns, transpose in enumerate(
                        (Image.Transpose.ROTATE_90, Image.Transpose.ROTATE_180, Image.Transpose.ROTATE_270), 1
                    ):
                        side.transpose(transpose).save(out / f"{path.stem}_{prefix}r{turns}.png")

    times: dict[Callable[[], None], list[float]] = {to_records: [], with_pillow: []}
    for _ in range(repeats):
        for way, taken in times.items():
            start = time.perf_counter()
            way()
            taken.append(time.perf_counter() - start)
            shutil.rmtree(out)
    assert len(Dataset(source)) == count
    shutil.rmtree(source)
    shutil.rmtree(files)
    return min(times[to_records]), min(times[with_pillow])


def refuse(name: str, reason: str) -> None:
    raise AssertionError(reason)


if __name__ == "__main__":
    main()
