"""How much faster are blob tiles written to records than files by a plain script with Pillow?

One process each, same page, centres, angles and mirroring, in turns; minimum of N of CPU time (all threads)
and of wall-clock time, which threads reduce on idle cores. The baseline crops the square in which a tile
rotates, mirrors and rotates it (bicubic), crops the tile, reduces it if requested and saves it as PNG; it
is timed on some of the tiles, without decoding the page. Decoding is added once per page to both and, in
the last column, once per tile to the baseline, as in scripts that process one tile at a time. Records are
raw under zstd. All tiles of a page, a quarter of a cell apart.
"""

import argparse
import math
import shutil
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import cv2
from PIL import Image

from data_prep.images import CHANNELS, list_images
from data_prep.pages.grid import reach_px
from data_prep.records import writer
from data_prep.tiles.blob_dataset import SCRATCH, plan_records
from data_prep.tiles.blob_plan import BlobConfig, plan_pages
from examples.draw_pages import draw_pages

PILLOW_MODE = {"gray": "L", "rgb": "RGB"}


class Spent(NamedTuple):
    """Milliseconds."""

    processor: float
    clock: float


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--pages", type=Path, help="folder of real pages (the first is used); default: a drawn page"
    )
    parser.add_argument("--plain-tiles", type=int, default=100, help="that the baseline cuts")
    parser.add_argument("--repeats", type=int, default=5)
    options = parser.parse_args()
    cv2.setNumThreads(1)
    print(
        "| tiles | KB each | to records, ms a tile: processor | clock | Pillow: processor | clock |", end=""
    )
    print(" ratio: processor | clock | page opened per tile, processor |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- | --- |")
    with tempfile.TemporaryDirectory() as scratch:
        root = Path(scratch)
        grid: dict[str, Any] = {"steps": 4}
        if options.pages is None:
            rows, cols = draw_pages(root / "pages", count=1)
            grid |= {"rows": rows, "cols": cols}
        path = list_images(options.pages or root / "pages")[0]
        for config in (
            BlobConfig(mode="gray", **grid),
            BlobConfig(mode="rgb", **grid),
            BlobConfig(tile_px=512, mode="gray", **grid),
            BlobConfig(tile_px=384, size=64, mode="rgb", **grid),
        ):
            reduced = f" to {config.size}" if config.size else ""
            numbers = measure(root, path, config, options.plain_tiles, options.repeats)
            print(f"| {config.tile_px}{reduced} px {config.mode} | {numbers} |", flush=True)


def measure(root: Path, path: Path, config: BlobConfig, plain_tiles: int, repeats: int) -> str:
    """Cells of a table row."""
    (page, *_), mode = plan_pages([path], config, {}, report=refuse)
    shape = (config.side_px, config.side_px, CHANNELS[mode])
    recorded = plan_records([page], config, mode=mode, workers=1, scratch=root / SCRATCH, report=refuse)
    poses = [record.source for record in recorded[0:plain_tiles] if record is not None]
    image, out = decode(path, config), root / "out"
    ways: dict[Callable[[], object], int] = {
        lambda: writer.write_dataset(recorded, out, image_shape=shape): len(recorded),
        lambda: plain(image, poses, config, out): len(poses),
        lambda: decode(path, config): 1,
    }
    taken: list[list[Spent]] = [[] for _ in ways]
    stored: list[int] = []  # bytes
    for _ in range(repeats):
        for spent, (way, count) in zip(taken, ways.items(), strict=True):
            out.mkdir()
            processor, clock = time.process_time(), time.perf_counter()
            way()
            processor, clock = time.process_time() - processor, time.perf_counter() - clock
            spent.append(Spent(processor / count * 1e3, clock / count * 1e3))
            stored.extend(file.stat().st_size for file in out.glob("*.array_record"))
            shutil.rmtree(out)
    ours, cut, decoded = (
        Spent(min(s.processor for s in spent), min(s.clock for s in spent)) for spent in taken
    )
    held = Spent(*(c + d / len(recorded) for c, d in zip(cut, decoded, strict=True)))
    return " | ".join(
        [
            f"{sum(stored) / repeats / len(recorded) / 1000:.0f}",
            *(f"{value:.2f}" for value in (*ours, *held)),
            *(f"{plain / value:.1f}" for plain, value in zip(held, ours, strict=True)),
            f"{(cut.processor + decoded.processor) / ours.processor:.0f}",
        ]
    )


def decode(path: Path, config: BlobConfig) -> Image.Image:
    """Decode a page to the channels of the tiles."""
    return Image.open(path).convert(PILLOW_MODE[config.mode or "rgb"])


def plain(image: Image.Image, poses: Sequence[dict], config: BlobConfig, out: Path) -> None:
    """Cut tiles one by one with Pillow."""
    reach, half = math.ceil(reach_px(config.tile_px)), config.tile_px // 2
    inner = (reach - half, reach - half, reach + half, reach + half)
    for i, pose in enumerate(poses):
        x, y = pose["center_px"]
        tile = image.crop((x - reach, y - reach, x + reach, y + reach))
        if pose["mirrored"]:
            tile = tile.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
        tile = tile.rotate(pose["angle_deg"], Image.Resampling.BICUBIC).crop(inner)
        if config.size is not None:
            tile = tile.resize((config.size, config.size), Image.Resampling.BOX)
        tile.save(out / f"{i}.png")


def refuse(name: str, reason: str) -> None:
    raise AssertionError(reason)


if __name__ == "__main__":
    main()
