"""How close is packing PNG files to decoding them?

`pack` reads each file for its checksum, decodes it, and compresses its pixels into a shard. Baseline:
Pillow decodes the same files and discards the pixels, in as many processes. Whole commands including the
start of their workers; minimum of N, in turns, of CPU time (all processes) and wall-clock time.
"""

import argparse
import resource
import shutil
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image

from data_prep.images import list_images, read_image, with_mode, write_image
from data_prep.pages.grid import fit_grid
from data_prep.records import writer
from data_prep.sources.pack import CHUNK_IMAGES, PackConfig, plan_pack
from data_prep.tiles.blob import blob_tiles
from data_prep.workers import default_workers, map_in_order
from examples.draw_pages import draw_pages


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--images", type=int, default=600)
    parser.add_argument("--repeats", type=int, default=3)
    options = parser.parse_args()
    print(
        "| images | processes | pack, ms an image: processors | clock | Pillow decodes: processors |", end=""
    )
    print(" clock | decode / pack: processors | clock |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- |")
    with tempfile.TemporaryDirectory() as scratch:
        root = Path(scratch)
        draw_pages(root / "pages", count=1)
        page = read_image(list_images(root / "pages")[0])
        for channels, side in ((1, 256), (3, 256), (3, 64)):
            folder = root / f"{side}-{channels}"
            write_files(page, folder, channels, side, options.images)
            for workers in sorted({1, default_workers()}):
                packed, decoded = measure(root, folder, workers, options.repeats)
                each = " | ".join(f"{spent / options.images * 1e3:.2f}" for spent in (*packed, *decoded))
                ratios = " | ".join(f"{d / p:.2f}" for d, p in zip(decoded, packed, strict=True))
                kind = "gray" if channels == 1 else "rgb"
                print(f"| {side} px {kind} | {workers} | {each} | {ratios} |", flush=True)


def write_files(page: np.ndarray, folder: Path, channels: int, side: int, count: int) -> None:
    """Tiles of a page as PNG files."""
    page = page if channels == 3 else with_mode(page, "gray")
    grid = fit_grid(page.shape[0], page.shape[1], dpi=300)
    tiles = blob_tiles(page, grid, name="page", tile_px=256, size=side, steps=6, indices=range(count))
    for tile in tiles:
        write_image(folder / f"{tile.index:05d}.png", tile.image, png_level=6)


def measure(root: Path, folder: Path, workers: int, repeats: int) -> list[list[float]]:
    """CPU and wall-clock seconds to pack the files of a folder and to decode them."""
    ways: dict[Callable[[Path, Path, int], object], list[list[float]]] = {pack: [], decode: []}
    for _ in range(repeats):
        for way, spent in ways.items():
            processors, clock = processors_sec(), time.perf_counter()
            way(root, folder, workers)
            spent.append([processors_sec() - processors, time.perf_counter() - clock])
            shutil.rmtree(root / "out", ignore_errors=True)
    return [[min(column) for column in zip(*ways[way], strict=True)] for way in (pack, decode)]


def processors_sec() -> float:
    """CPU seconds of this process and of its children that have ended."""
    whose = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    return sum(sum(resource.getrusage(who)[:2]) for who in whose)


def pack(root: Path, folder: Path, workers: int) -> None:
    """Pack files into a dataset."""
    plan = plan_pack(folder, PackConfig(), workers=workers, report=refuse)
    writer.write_dataset(plan.records, root / "out", image_shape=plan.image_shape)


def decode(root: Path, folder: Path, workers: int) -> None:
    """Decode files and discard the pixels."""
    paths = sorted(folder.iterdir())
    chunks = [paths[i : i + CHUNK_IMAGES] for i in range(0, len(paths), CHUNK_IMAGES)]
    assert sum(map_in_order(decode_files, chunks, workers=workers)) == len(paths)


def decode_files(paths: list[Path]) -> int:
    """Decode some files; returns how many."""
    for path in paths:
        with Image.open(path) as image:
            image.load()
    return len(paths)


def refuse(name: str, reason: str) -> None:
    raise AssertionError(reason)


if __name__ == "__main__":
    main()
