"""How much faster are tiles written straight to records than through PNG files?

The straight way is `blob`; the other way is `blob --format png`, then `pack` of the files. Same pages, same
tiles, same records at the end, in one run; min of N, in one process and with workers (their start counts).
"""

import argparse
import dataclasses
import shutil
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from data_prep import records
from data_prep.blob_pages import SCRATCH, BlobConfig, BlobRecords, plan_pages, write_tiles
from data_prep.images import CHANNELS, list_images
from data_prep.pack import PackConfig, plan_pack
from data_prep.workers import default_workers
from examples.draw_pages import draw_pages


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pages", type=int, default=2)
    parser.add_argument("--tiles", type=int, default=128, help="per page")
    parser.add_argument("--repeats", type=int, default=3)
    options = parser.parse_args()
    print("| tiles | workers | straight, tiles/s | through PNG, tiles/s | ratio |")
    print("| --- | --- | --- | --- | --- |")
    with tempfile.TemporaryDirectory() as scratch:
        root = Path(scratch)
        grid_rows, grid_cols = draw_pages(root / "pages", count=options.pages)
        grid = {"rows": grid_rows, "cols": grid_cols, "max_tiles": options.tiles}
        cases = (BlobConfig(), BlobConfig(tile_px=512, mode="gray"), BlobConfig(tile_px=384, size=64))
        for case in cases:
            config = dataclasses.replace(case, steps=4, **grid)
            for workers in sorted({1, default_workers()}):
                count, direct_sec, files_sec = measure(root, config, workers, options.repeats)
                name = f"{case.tile_px} px {case.mode or 'rgb'}" + (f" to {case.size}" if case.size else "")
                rates = f"{count / direct_sec:.0f} | {count / files_sec:.0f} | {files_sec / direct_sec:.2f}"
                print(f"| {name} | {workers} | {rates} |", flush=True)


def measure(root: Path, config: BlobConfig, workers: int, repeats: int) -> tuple[int, float, float]:
    """(tiles, seconds straight to records, seconds through PNG files), each the least of `repeats`."""
    plans, mode = plan_pages(list_images(root / "pages"), config, {}, report=refuse)
    shape = (config.side_px, config.side_px, CHANNELS[mode])

    def straight() -> None:
        tiles = BlobRecords(plans, config, mode, workers, root / "out" / SCRATCH, refuse)
        records.write_dataset(tiles, root / "out", image_shape=shape)

    def through_files() -> None:
        write_tiles(plans, root / "files", config, mode=mode, workers=workers, report=refuse)
        packed = plan_pack(root / "files", PackConfig(mode=mode), workers=workers, report=refuse)
        records.write_dataset(packed, root / "out", image_shape=shape)

    times: dict[Callable[[], None], list[float]] = {straight: [], through_files: []}
    for _ in range(repeats):  # taking turns, so that other load falls on both
        for way, taken in times.items():
            start = time.perf_counter()
            way()
            taken.append(time.perf_counter() - start)
            shutil.rmtree(root / "out")
            shutil.rmtree(root / "files", ignore_errors=True)
    return sum(len(plan.indices) for plan in plans), min(times[straight]), min(times[through_files])


def refuse(name: str, reason: str) -> None:
    raise AssertionError(reason)


if __name__ == "__main__":
    main()
