"""`inkloop demo`: the whole pipeline by the commands that a user would type.

Sample pages are drawn (or --pages read), tiles cut, a small GAN trained, videos rendered, drawings coloured.
Every step is one command, printed before it runs; an interrupted demo is resumed.
"""

import json
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from configs.gan import CONFIGS
from data_prep import cli, outputs
from data_prep.errors import InputError, WorkError
from data_prep.images import list_images
from data_prep.progress import progress
from gan.config import check_shape

DRAWN_PAGES = 4


def demo(
    *,
    pages: Path | None = None,
    out: Path = Path("demo"),
    dpi: int = 300,
    rows: str = "auto",
    cols: str = "auto",
    tile_px: int = 384,
    steps: int = 6,
    preset: str = "demo",
    size: int = 64,
    seconds: float = 12.0,
    scale: int = 4,
    seed: int = 0,
    overwrite: bool = False,
) -> None:
    """Run everything from scanned pages to looping videos and coloured drawings.

    Args:
        pages: folder of scanned drawings, dark lines on light paper; without it, sample pages are drawn.
        out: folder of everything that is made.
        dpi: resolution of the scans.
        rows: rows of grid cells on a page (data-prep blob); auto: as many as fit.
        cols: columns of grid cells on a page.
        tile_px: side of a tile on the page in px; it should span about ten cells of a web.
        steps: tiles per grid cell and axis.
        preset: what to train (gan train).
        size: side of the network's images in px.
        seconds: length of the videos in seconds.
        scale: size of the videos as a multiple of the network's images.
        seed: seed of all random numbers.
        overwrite: start over in an --out that holds a demo of other settings.
    """
    settings = {k: v for k, v in locals().items() if k not in ("out", "overwrite")}
    _check(pages, dpi=dpi, preset=preset, size=size)
    with outputs.work(out, command="demo", settings=settings, overwrite=overwrite):
        if pages is None:
            rows, cols = _draw_pages(out / "pages", dpi=dpi, seed=seed)
        _run_commands(**settings | {"pages": pages or out / "pages", "rows": rows, "cols": cols}, out=out)


def _run_commands(
    *,
    pages: Path,
    out: Path,
    dpi: int,
    rows: str,
    cols: str,
    tile_px: int,
    steps: int,
    preset: str,
    size: int,
    seconds: float,
    scale: int,
    seed: int,
) -> None:
    """Run the commands of the demo; each resumes, or finds its work done."""
    tiles, run, video, coloured = out / "tiles", out / "run", out / "bezier.mp4", out / "coloured"
    grid = ["--dpi", dpi, "--rows", rows, "--cols", cols]
    cut = [*grid, "--tile-px", tile_px, "--steps", steps, "--size", size, "--mode", "gray", "--seed", seed]
    video_options = ["--seconds", seconds, "--scale", scale, "--seed", seed]
    segments = max(2, round(seconds / 2))
    failed = run_command("data-prep", "blob", pages, "--out", tiles, *cut, makes=tiles / "dataset.json")
    run_command("gan", "train", preset, "--data", tiles, "--run", run, "--seed", seed)
    run_command("animate", "bezier", run, "--out", video, "--segments", segments, *video_options)
    run_command("animate", "phase", run, "--out", out / "phase.mp4", *video_options)
    run_command(
        "gan", "sample", run, "--out", out / "samples", "--seeds", "0-31", "--scale", scale, "--no-grid"
    )
    run_command("fill", "blob", out / "samples", "--out", coloured, "--seed", seed)
    run_command("fill", "film", video, "--out", out / "coloured.mp4", "--keep-lines", "--seed", seed)
    _summary(
        out / "summary.png", tiles=tiles, samples=out / "samples", video=video, coloured=coloured, scale=scale
    )
    print(f"{out / 'summary.png'}  reals, fakes, frames of the video, coloured drawings")
    if failed:
        raise WorkError("some pages could not be read (named above); the videos were made from the others")


def _check(pages: Path | None, *, dpi: int, preset: str, size: int) -> None:
    """Raise InputError for errors that would only appear minutes later; the commands check the rest."""
    if not 50 <= dpi <= 2400:
        raise InputError(f"--dpi {dpi}: it should be 50 to 2400")
    if preset not in CONFIGS:
        raise InputError(f"--preset {preset}: there are {', '.join(CONFIGS)}")
    check_shape(CONFIGS[preset], (size, size, 1))
    if pages is not None:
        list_images(pages)


def _draw_pages(folder: Path, *, dpi: int, seed: int) -> tuple[str, str]:
    """Sample pages, unless they are there; returns the rows and columns of grid cells on their paper."""
    from examples.draw_pages import draw_pages

    settings = {"count": DRAWN_PAGES, "seed": seed, "dpi": dpi}
    shape = folder / "grid.json"
    with outputs.work(folder, command="demo pages", settings=settings) as state:
        if state != "done":
            cells = draw_pages(folder, count=DRAWN_PAGES, seed=seed, dpi=dpi, progress=progress)
            outputs.write_json(shape, cells)
    print(f"{folder}  {DRAWN_PAGES} sample pages")
    rows, cols = json.loads(shape.read_text(encoding="utf-8"))
    return str(rows), str(cols)


def run_command(package: str, *words: Any, makes: Path | None = None) -> bool:
    """Run one command; its failure ends the demo with the same exit code.

    Args:
        makes: where this is there in the end, a partial failure is passed on instead: returns True.
    """
    import inkloop

    arguments = [package, *map(str, words)]
    print(f"$ inkloop {shlex.join(arguments)}", file=sys.stderr, flush=True)
    code = inkloop.main(arguments)
    if code == cli.INTERRUPTED:
        raise KeyboardInterrupt
    if code == 2:
        raise InputError(f"`inkloop {package} {words[0]}` could not start (its reason stands above)")
    if code and (makes is None or not makes.exists()):
        raise WorkError(f"`inkloop {package} {words[0]}` failed (its reason stands above); rerun to go on")
    return bool(code)


def _summary(path: Path, *, tiles: Path, samples: Path, video: Path, coloured: Path, scale: int) -> None:
    """One image of all results: two rows each of reals, fakes, frames of the video, coloured fakes."""
    import numpy as np
    from PIL import Image, ImageDraw, ImageFont

    from data_prep.images import read_image, write_image
    from data_prep.records.dataset import Dataset
    from data_prep.video.codec import read_video, video_info

    count, side, label_px = 16, 128, 22
    dataset = Dataset(tiles)
    chosen = np.linspace(0, len(dataset) - 1, count).astype(int)
    frames = set(np.linspace(0, video_info(video).frames, count, endpoint=False).astype(int).tolist())
    bands = {
        "reals": [dataset[int(i)].image for i in chosen],
        "fakes": [read_image(p) for p in sorted(samples.glob("seed*.png"))[:count]],
        "frames of the video": [frame for i, frame in enumerate(read_video(video)) if i in frames],
        "coloured fakes": [read_image(p) for p in list_images(coloured)[:count]],
    }
    columns = count // 2
    sheet = Image.new("RGB", (columns * side, len(bands) * (2 * side + label_px)), "white")
    pen, font = ImageDraw.Draw(sheet), ImageFont.load_default(14)
    for band, (label, images) in enumerate(bands.items()):
        top = band * (2 * side + label_px)
        pen.text((4, top + 3), label, fill="black", font=font)
        for i, image in enumerate(images):
            thumbnail = (
                Image.fromarray(image.squeeze()).convert("RGB").resize((side, side), Image.Resampling.LANCZOS)
            )
            sheet.paste(thumbnail, (i % columns * side, top + label_px + i // columns * side))
    write_image(path, np.asarray(sheet))


COMMANDS = cli.Commands({"demo": demo}, description="")


def main(args: Sequence[str] | None = None) -> int:
    """Run `inkloop demo ARGS...`; returns the exit code."""
    return cli.run(COMMANDS, prog="inkloop", args=["demo", *(sys.argv[1:] if args is None else args)])


if __name__ == "__main__":
    sys.exit(main())
