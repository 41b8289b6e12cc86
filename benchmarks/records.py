"""How many records per second can threads read from a dataset at random?

Line drawings with grain, as `blob` cuts them, raw under zstd; baseline: PNG records. A record counts when
its image is decoded in memory. Median and best of N.
"""

import argparse
import statistics
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

from data_prep.images import list_images, read_image
from data_prep.pages.grid import fit_grid
from data_prep.records.dataset import Dataset
from data_prep.records.writer import Encoding, Record, write_dataset
from data_prep.tiles.blob import blob_tiles
from examples.draw_pages import draw_pages

ENCODINGS: tuple[Encoding, ...] = ("raw", "png")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, default=300)
    parser.add_argument("--megabytes", type=int, default=50, help="of images, per measurement")
    parser.add_argument("--repeats", type=int, default=5)
    options = parser.parse_args()
    print("| records | encoding | KB each | threads | records/s, median | best |")
    print("| --- | --- | --- | --- | --- | --- |")
    with tempfile.TemporaryDirectory() as scratch:
        root = Path(scratch)
        draw_pages(root / "pages", count=1)
        page = read_image(list_images(root / "pages")[0])
        for size in (64, 256, 512):
            tiles = cut(page, size, options.records)
            for encoding in ENCODINGS:
                folder = root / f"{size}-{encoding}"
                write_dataset(tiles, folder, encoding=encoding)
                dataset = Dataset(folder)
                stored = sum(shard["bytes"] for shard in dataset.shards) / len(dataset) / 1000
                for threads in (1, 2, 4):
                    count = options.megabytes * 10**6 // dataset[0].image.nbytes
                    rates = [read(dataset, count, threads, seed) for seed in range(options.repeats)]
                    numbers = f"{statistics.median(rates):.0f} | {max(rates):.0f}"
                    print(f"| {size} px rgb | {encoding} | {stored:.0f} | {threads} | {numbers} |")


def cut(page: np.ndarray, size: int, count: int) -> list[Record]:
    """`count` tiles of a page; small ones are reduced from 384 px, as the demo does."""
    tile_px = 384 if size < 256 else size
    grid = fit_grid(page.shape[0], page.shape[1], dpi=300)
    options = {"name": "page", "tile_px": tile_px, "size": size, "steps": 6}
    tiles = blob_tiles(page, grid, **options, indices=range(count))  # type: ignore[arg-type]
    return [Record(tile.image, tile.source) for tile in tiles]


def read(dataset: Dataset, count: int, threads: int, seed: int) -> float:
    """Records per second."""
    order = np.random.default_rng(seed).integers(0, len(dataset), count).tolist()

    def take(part: list[int]) -> int:
        return sum(dataset[index].image.nbytes for index in part)

    with ThreadPoolExecutor(threads) as pool:
        start = time.perf_counter()
        total = sum(pool.map(take, [order[thread::threads] for thread in range(threads)]))
        taken_sec = time.perf_counter() - start
    assert total == count * dataset[0].image.nbytes
    return count / taken_sec


if __name__ == "__main__":
    main()
