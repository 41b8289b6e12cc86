"""How fast does an exported page play in a browser, and does its first frame equal ours?

Untrained networks of the sizes of the presets `small` and `demo` (their speed is that of trained ones), in
/usr/bin/chromium, served as a static host would, window of 960 x 540 px. Per network: bytes without the
runtime, seconds from the request of the page to the first image, images per second that are shown (at most
60, the rate of the screen), the largest difference of the first image from `gan sample` in levels of 255,
memory of the browser's processes after SECONDS of playing over that after 10 s, and foreign requests.
"""

import functools
import http.server
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

import jax
import numpy as np

from animate.page.config import PageConfig
from animate.page.site import export_page
from configs.gan import demo, small
from gan.config import ProganConfig, TrainConfig, replace
from gan.families import build
from gan.sample import Generator, sample_seeds

SECONDS = 60
WINDOW: Any = {"width": 960, "height": 540}
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
PROGAN = replace(small.CONFIG, family="progan", network=ProganConfig(channel_base=1024, channel_max=64))
NETWORKS: dict[str, tuple[TrainConfig, int]] = {
    "field (demo), 64 px": (demo.CONFIG, 64),
    "progan, 64 px": (PROGAN, 64),
    "stylegan2 (small), 64 px": (small.CONFIG, 64),
    "field (demo), 128 px": (demo.CONFIG, 128),
    "progan, 128 px": (PROGAN, 128),
    "stylegan2 (small), 128 px": (small.CONFIG, 128),
}
STATE = """
async () => {
  const { player } = await import("./app.js");
  const { width, height } = player.canvas;
  return [player.rate, [...player.context.getImageData(0, 0, width, height).data]];
}
"""


class Quiet(http.server.SimpleHTTPRequestHandler):
    """A static host that logs nothing."""

    def log_message(self, format: str, *args: Any) -> None:
        pass


def untrained(config: TrainConfig, size_px: int) -> Generator:
    """A generator with random weights."""
    family = build(replace(config, compute_dtype="float32"), (size_px, size_px, 1))
    rng = np.random.default_rng(0)
    shapes = jax.eval_shape(family.init_generator, jax.random.key(0))
    params = jax.tree.map(lambda a: (rng.normal(size=a.shape) * 0.5).astype(np.float32), shapes)
    return Generator(family, params, "untrained", 0)


def memory_mb(name: str) -> float:
    """Resident memory of all processes whose command line has `name`, without shared pages counted twice."""
    total = 0
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if name.encode() in (process / "cmdline").read_bytes():
                rollup = (process / "smaps_rollup").read_text()
                total += int(rollup.split("Pss:")[1].split()[0])
        except (OSError, IndexError):
            continue
    return total / 1024


def measure(browser: Any, profile: str, generator: Generator, site: Path, *, seconds: float) -> str:
    """One row of the table."""
    found = export_page(generator, site, config=PageConfig(), name="run")
    handler = functools.partial(Quiet, directory=str(site))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    address, foreign = f"http://127.0.0.1:{server.server_address[1]}", []
    page = browser.new_page()
    page.on("request", lambda r: None if r.url.startswith((address, "data:")) else foreign.append(r.url))
    started = time.perf_counter()
    page.goto(f"{address}/?play=0&canvas=one")
    page.wait_for_selector("html[data-shown]")
    first_sec = time.perf_counter() - started
    shown = np.array(page.evaluate(STATE)[1], np.int64).reshape(*generator.resolution, 4)[..., :1]
    (expected,) = next(iter(sample_seeds(generator, [0], label=None, truncation=1.0)))
    difference = np.abs(shown - expected).max()
    page.keyboard.press("k")
    time.sleep(10)
    rates, before = [page.evaluate(STATE)[0]], memory_mb(profile)
    end = time.perf_counter() + max(0, seconds - 10)
    while time.perf_counter() < end:
        time.sleep(2)
        rates.append(page.evaluate(STATE)[0])
    after = memory_mb(profile)
    page.close()
    server.shutdown()
    megabytes = (found.size_bytes - runtime_bytes(site)) / 1e6
    return (
        f"{megabytes:.2f} | {first_sec:.1f} | {np.median(rates):.0f} (most {max(rates):.0f}) | "
        f"{difference} | {before:.0f} to {after:.0f} | {len(foreign)}"
    )


def runtime_bytes(site: Path) -> int:
    """Bytes of onnxruntime in a page."""
    return sum(file.stat().st_size for file in (site / "runtime").iterdir())


def main() -> None:
    """Print the table."""
    from playwright.sync_api import sync_playwright

    print("| network | MB | first image, s | images/s | difference | memory, MB | foreign requests |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        for i, (name, (config, size_px)) in enumerate(NETWORKS.items()):
            profile = f"{folder}/profile{i}"
            browser = playwright.chromium.launch_persistent_context(
                profile, executable_path="/usr/bin/chromium", args=FLAGS, viewport=WINDOW
            )
            generator = untrained(config, size_px)
            seconds = SECONDS if i == 0 else 12
            row = measure(browser, profile, generator, Path(folder) / f"site{i}", seconds=seconds)
            print(f"| {name} | {row} |", flush=True)
            browser.close()


if __name__ == "__main__":
    main()
