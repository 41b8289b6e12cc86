"""How much does a process pay to read its block of rows, and does it fall with the number of processes?

The global batches of a training run, read as process 0 of 1, 2 and 4 in turns, one reader at a time: on
separate hosts all read concurrently. Drawn tiles, raw under zstd, shuffled, at random positions in the
shards. Bytes are those read through the operating system (Linux counts them); CPU time is that of all
threads of the reader. Both are measured in steady state, after warm-up batches. Median of N.
"""

import argparse
import itertools
import statistics
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

from data_prep.images import list_images, read_image
from data_prep.pages.grid import fit_grid
from data_prep.records.dataset import Dataset
from data_prep.records.writer import Record, write_dataset
from data_prep.tiles.blob import blob_tiles
from examples.draw_pages import draw_pages
from gan.data.batches import PREFETCH_BATCHES, batches

PROCESSES = (1, 2, 4)
COUNTER = Path("/proc/self/io")


class Cost(NamedTuple):
    """Cost of a global batch to one process."""

    processor_ms: float
    read_kb: float
    clock_ms: float


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, default=600)
    parser.add_argument("--batch-size", type=int, default=64)
    parser.add_argument("--batches", type=int, default=100, help="per measurement")
    parser.add_argument("--repeats", type=int, default=5)
    options = parser.parse_args()
    print("| records | processes | rows each | processor, ms | read, KB | ", end="")
    print("images/s read | of the global batch | ratio to one process |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- |")
    with tempfile.TemporaryDirectory() as scratch:
        root = Path(scratch)
        draw_pages(root / "pages", count=1)
        for size in (64, 256):
            write_dataset(cut(root / "pages", size, options.records), root / f"{size}")
            measure(Dataset(root / f"{size}"), size, options)


def cut(pages: Path, size: int, count: int) -> list[Record]:
    """`count` gray tiles of the first page; small ones are reduced from 256 px."""
    page = read_image(list_images(pages)[0], mode="gray")
    grid = fit_grid(page.shape[0], page.shape[1], dpi=300)
    tiles = blob_tiles(page, grid, name="page", tile_px=256, size=size, steps=6, seed=0, indices=range(count))
    return [Record(tile.image, tile.source) for tile in tiles]


def measure(dataset: Dataset, size: int, options: argparse.Namespace) -> None:
    """Print the rows of one dataset."""
    taken: dict[int, list[Cost]] = {count: [] for count in PROCESSES}
    for _, count in itertools.product(range(options.repeats), PROCESSES):
        taken[count].append(read(dataset, count, options.batch_size, options.batches))
    costs = {count: Cost(*map(statistics.median, zip(*runs, strict=True))) for count, runs in taken.items()}
    for count, cost in costs.items():
        rows = options.batch_size // count
        print(
            f"| {size} px gray | {count} | {rows} | {cost.processor_ms:.2f} | {cost.read_kb:.0f} | "
            f"{rows / cost.clock_ms * 1000:.0f} | {options.batch_size / cost.clock_ms * 1000:.0f} | "
            f"{costs[1].clock_ms / cost.clock_ms:.2f} |",
            flush=True,
        )


def read(dataset: Dataset, count: int, batch_size: int, number: int) -> Cost:
    """Read as process 0 of `count`; the mean over `number` global batches."""
    stream = batches(dataset, batch_size=batch_size, seed=0, process_index=0, process_count=count)
    for _ in range(4 * PREFETCH_BATCHES):
        next(stream)
    processor, handed, clock = time.process_time(), bytes_read(), time.perf_counter()
    for _ in range(number):
        next(stream)
    clock, processor = time.perf_counter() - clock, time.process_time() - processor
    return Cost(processor / number * 1000, (bytes_read() - handed) / number / 1000, clock / number * 1000)


def bytes_read() -> int:
    """Bytes that this process has read so far, from disk or the system's cache; 0 where not reported."""
    if not COUNTER.exists():
        return 0
    return int(COUNTER.read_text().split("rchar:")[1].split()[0])


if __name__ == "__main__":
    main()
