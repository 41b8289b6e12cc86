"""Can tiles be cut from pages as fast as stored tiles are read?

Two drawn pages of 2550 x 3300 px; batches of 32 through the calls that training makes, until they are on
the device. Live tiles are also measured with pages in host memory, and sampled at every pixel of the page
where tiles are reduced. Median of N, measured in turns.
"""

import argparse
import contextlib
import io
import statistics
import tempfile
import time
from pathlib import Path

import jax

from data_prep.__main__ import main as data_prep
from data_prep.records.dataset import Dataset
from examples.draw_pages import draw_pages
from gan.config import LiveConfig
from gan.data.live_pages import load_pages
from gan.data.reals import Draw, LiveReals, Reals, RecordReals
from gan.devices.sharding import make_mesh

BATCH = 32


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--batches", type=int, default=20)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    print("| tiles | source | images/s | ratio to records |")
    print("| --- | --- | --- | --- |")
    with tempfile.TemporaryDirectory() as scratch:
        root = Path(scratch)
        draw_pages(root / "scans", count=2)
        scans = str(root / "scans")
        prepare("pack", scans, "--pages", "--mode", "gray", "--out", str(root / "pages"))
        for size in (64, 256):
            flags = ["--mode", "gray", "--size", str(size), "--max-tiles", "500"]
            prepare("blob", scans, *flags, "--out", str(root / f"{size}"))
            sources: dict[str, Reals] = {"records": RecordReals(Dataset(root / f"{size}"))}
            pages = Dataset(root / "pages")
            for name, config in {
                "live": LiveConfig(),
                "live, every pixel": LiveConfig(supersample=8),
                "live, pages in host memory": LiveConfig(pages_in="host"),
            }.items():
                sources[name] = LiveReals(load_pages(pages, config, resolution=size), config)
            measure(size, sources, options.batches, options.rounds)


def prepare(*words: str) -> None:
    """Run a command of data_prep without its output."""
    with contextlib.redirect_stdout(io.StringIO()):
        assert data_prep(words) == 0


def measure(size: int, sources: dict[str, Reals], batches: int, rounds: int) -> None:
    """Print a line per source."""
    mesh = make_mesh(devices=jax.devices()[:1])
    draws = {k: reals.open(mesh, batch_size=BATCH, seed=0, nimg=0) for k, reals in sources.items()}
    rates: dict[str, list[float]] = {name: [] for name in draws}
    position = 0
    for turn in range(rounds + 1):
        for name, draw in draws.items():
            rate = one_round(draw, position, batches)
            if turn:  # the first compiles, and drains the read-ahead
                rates[name].append(rate)
        position += batches * BATCH
    medians = {name: statistics.median(found) for name, found in rates.items()}
    for name, median in medians.items():
        print(f"| {size} px gray | {name} | {median:.0f} | {median / medians['records']:.2f} |")


def one_round(draw: Draw, nimg: int, batches: int) -> float:
    """Images per second of `batches` calls starting at `nimg`."""
    begun = time.perf_counter()
    for i in range(batches):
        draw(nimg + i * BATCH, 1)[0].block_until_ready()
    return batches * BATCH / (time.perf_counter() - begun)


if __name__ == "__main__":
    main()
