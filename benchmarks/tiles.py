"""How much faster do blob tiles reach records than a plain script crops, turns and saves them with Pillow?

One process each, same pages, centres, angles and mirroring, in one run, taking turns; least of N. The plain
way crops a tile's turning square, mirrors and rotates it (bicubic), crops the tile and saves it as PNG; once
with the page held open, once opening it for every tile, as scripts that know one tile at a time do. Records
lie in the page's resolution, raw under zstd. Tiles are a quarter of a cell apart.
"""

import argparse
import dataclasses
import math
import shutil
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from PIL import Image

from data_prep import records
from data_prep.blob_pages import SCRATCH, BlobConfig, BlobRecords, PagePlan, plan_pages
from data_prep.grid import reach_px
from data_prep.images import CHANNELS, list_images
from examples.draw_pages import draw_pages

PILLOW_MODE = {"gray": "L", "rgb": "RGB"}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pages", type=Path, help="folder of real pages; drawn ones without it")
    parser.add_argument("--tiles", type=int, default=700, help="of one page")
    parser.add_argument("--repeats", type=int, default=3)
    options = parser.parse_args()
    print(
        "| tiles | to records, tiles/s | Pillow, tiles/s | ratio | Pillow, a page opened per tile | ratio |"
    )
    print("| --- | --- | --- | --- | --- | --- |")
    with tempfile.TemporaryDirectory() as scratch:
        root = Path(scratch)
        grid: dict[str, Any] = {}
        if options.pages is None:
            rows, cols = draw_pages(root / "pages", count=1)
            grid = {"rows": rows, "cols": cols}
        paths = list_images(options.pages or root / "pages")[:1]
        for case in (BlobConfig(mode="gray"), BlobConfig(mode="rgb"), BlobConfig(tile_px=512, mode="gray")):
            config = dataclasses.replace(case, steps=4, max_tiles=options.tiles, **grid)
            print(f"| {config.tile_px} px {config.mode} | {measure(root, paths, config, options.repeats)} |")


def measure(root: Path, paths: Sequence[Path], config: BlobConfig, repeats: int) -> str:
    """The cells of a row of the table."""
    (page, *_), mode = plan_pages(paths, config, {}, report=refuse)
    shape = (config.side_px, config.side_px, CHANNELS[mode])
    recorded = BlobRecords([page], config, mode, 1, root / SCRATCH, refuse)
    poses = [record.source for record in recorded[0 : len(recorded)] if record is not None]
    ways: dict[str, tuple[int, Callable[[Path], object]]] = {
        "records": (len(poses), lambda out: records.write_dataset(recorded, out, image_shape=shape)),
        "plain": (len(poses), lambda out: plain(page, poses, config, out, reopen=False)),
        "reopened": (8, lambda out: plain(page, poses[:8], config, out, reopen=True)),
    }
    taken: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(repeats):  # taking turns, so that other load falls on all
        for name, (count, way) in ways.items():
            (root / "out").mkdir()
            start = time.perf_counter()
            way(root / "out")
            taken[name].append((time.perf_counter() - start) / count)
            shutil.rmtree(root / "out")
    ours, held, opened = (min(taken[name]) for name in ways)
    return f"{1 / ours:.0f} | {1 / held:.0f} | {held / ours:.1f} | {1 / opened:.1f} | {opened / ours:.0f}"


def plain(page: PagePlan, poses: Sequence[dict], config: BlobConfig, out: Path, *, reopen: bool) -> None:
    """Tile after tile by Pillow alone."""
    reach, half = math.ceil(reach_px(config.tile_px)), config.tile_px // 2
    inner = (reach - half, reach - half, reach + half, reach + half)
    picture = None
    for i, pose in enumerate(poses):
        if picture is None or reopen:
            picture = Image.open(page.path).convert(PILLOW_MODE[config.mode or "rgb"])
        x, y = pose["center_px"]
        tile = picture.crop((x - reach, y - reach, x + reach, y + reach))
        if pose["mirrored"]:
            tile = tile.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
        tile.rotate(pose["angle_deg"], Image.Resampling.BICUBIC).crop(inner).save(out / f"{i}.png")


def refuse(name: str, reason: str) -> None:
    raise AssertionError(reason)


if __name__ == "__main__":
    main()
