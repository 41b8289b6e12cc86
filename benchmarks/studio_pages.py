"""How quickly do pages of a folder appear in the studio, how smoothly do they scroll, and in what memory?

    python benchmarks/studio_pages.py [--pages 46] [--width-px 5000] [--height-px 3300]

Chromium opens the Grid screen of the studio, which runs as a process of its own. Cold: no tile is cached;
warm: every page was shown before. "Visible": from the request of the address until the middle of the page is
drawn.
"""

import statistics
import tempfile
from pathlib import Path

import numpy as np
import tyro
from studio_server import open_studio

from data_prep.images import write_image

CHROMIUM = "/usr/bin/chromium"
FLAGS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]
VISIBLE = """async () => {
  const canvas = document.querySelector(".stage > canvas");
  const drawn = () => {
    const context = canvas.getContext("2d");
    return context.getImageData(canvas.width / 2 + 9, canvas.height / 2 - 40, 1, 1).data[3] === 255;
  };
  while (!drawn()) await new Promise(requestAnimationFrame);
  return performance.now() / 1000;
}"""
SCROLL = """async (seconds) => {
  const view = document.querySelector(".stage > canvas").view;
  view.zoomTo(1);
  const gaps = [];
  let last = performance.now();
  const end = last + seconds * 1000;
  for (let i = 0; last < end; i++) {
    view.pan(i % 200 < 100 ? -20 : 20, i % 300 < 150 ? -9 : 9);
    const now = await new Promise(requestAnimationFrame);
    gaps.push(now - last);
    last = now;
  }
  return [gaps.length / seconds, Math.max(...gaps)];
}"""
TILE = "async (id) => (await (await fetch(`/api/page/${id}/tile?level=3&column=0&row=0`)).blob()).size"


def draw(folder: Path, count: int, height_px: int, width_px: int) -> None:
    """Pages of noise on paper with thin rings, each different."""
    rng = np.random.default_rng(0)
    y, x = np.mgrid[:height_px, :width_px].astype(np.float32)
    page = np.full((height_px, width_px), 238, np.uint8)
    page[np.abs(np.hypot(x % 400 - 200, y % 400 - 200) - 120) < 4] = 25
    page -= rng.integers(0, 12, page.shape, np.uint8)
    for number in range(1, count + 1):
        image = np.roll(page, 97 * number, axis=1)[..., None]
        write_image(folder / f"{number:02d}.png", image, dpi=300, png_level=1)


def main(pages: int = 46, width_px: int = 5000, height_px: int = 3300) -> None:
    """Measure and print one line per question.

    Args:
        pages: number of pages.
        width_px: width of a page.
        height_px: height of a page.
    """
    from playwright.sync_api import sync_playwright

    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        root = Path(folder) / "project"
        draw(root / "pages", pages, height_px, width_px)
        with open_studio(root) as studio:
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
            page = browser.new_page(viewport={"width": 1280, "height": 800})
            page.goto(studio.address)
            page.wait_for_selector(".card")
            entry = studio.read("/api/home")["entries"][0]["id"]
            listing = studio.read(f"/api/grid/{entry}")["pages"]
            times: dict[str, list[float]] = {"cold": [], "warm": []}
            for state in times:
                for shown in listing[:: max(1, pages // 8)]:
                    page.goto(f"{studio.origin}/s/grid?folder={entry}&page={shown['id']}")
                    page.wait_for_selector(".stage > canvas")
                    times[state].append(page.evaluate(VISIBLE))
            frames, longest_ms = page.evaluate(SCROLL, 3)
            for shown in listing:
                page.evaluate(TILE, shown["id"])
            print(f"{pages} pages of {width_px} x {height_px} px")
            for state, values in times.items():
                middle, worst = statistics.median(values), max(values)
                print(f"page visible, {state}: median {middle:.2f} s, worst {worst:.2f} s")
            print(f"scrolling at 100 %: {frames:.0f} frames/s, longest gap {longest_ms:.0f} ms")
            print(f"memory of the server, peak: {studio.peak_mb():.0f} MB")
            browser.close()


if __name__ == "__main__":
    tyro.cli(main)
