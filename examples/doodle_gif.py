"""`inkloop doodle-gif`: a downloaded file of doodles -> a GIF of new ones, by the commands a user would type.

The doodles are packed, DRAW is trained, a GIF of variations of one doodle and a video in which doodles draw
themselves are written. Every step is a command, printed before it runs; an interrupted run is resumed.
"""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import tyro

from animate.config import DoodlesConfig
from configs.gan import DRAW_CONFIGS
from data_prep import cli, outputs
from data_prep.errors import InputError
from data_prep.progress import ignore
from examples.demo import run_command

SIZE_PX = 28
PER_CLASS = 20_000  # doodles of a class that are packed
DOODLES = 9  # that draw themselves
COMPARED = 1000  # doodles of which the most typical is varied


def doodle_gif(
    file: tyro.conf.Positional[Path],
    *,
    out: Path,
    seed_image: Path | None = None,
    doodle: int | None = None,
    count: int = 100,
    strength: float = 1.0,
    jitter: float = 0.1,
    class_name: Annotated[str | None, tyro.conf.arg(name="class")] = None,
    folder: Path | None = None,
    preset: str = "draw",
    total_nimg: int = 200_000,
    seed: int = 0,
    overwrite: bool = False,
) -> None:
    """Make a GIF of new doodles from a file of doodles, such as apple.npy of Quick, Draw!

    Trains DRAW on them for minutes, then varies one doodle. NAME-drawing.mp4 next to the GIF shows doodles
    that draw themselves. The same command again resumes.

    Args:
        file: doodles: 28x28 bitmaps (.npy, .npz) or strokes (.ndjson, .ndjson.gz, .npz), of one class.
        out: GIF file.
        seed_image: drawing whose variations are drawn, of any size and polarity; default: a doodle of the
            file.
        doodle: number of that doodle among those that are packed, from 0; default: the one of the first 1000
            that is most like the others.
        count: number of variations, 0.12 s each.
        strength: multiple of the standard deviation of the posterior.
        jitter: probability that a pixel at an edge of the seed image is changed first.
        class_name: class to use, of a file with several.
        folder: folder of the dataset and the run, default NAME-doodles next to the GIF.
        preset: what to train: draw, draw-tiny or draw-paper.
        total_nimg: length of the training in images.
        seed: seed of all random numbers.
        overwrite: replace a GIF and video with other settings.
    """
    settings = {k: v for k, v in locals().items() if k in ("class_name", "preset", "seed")}
    if out.suffix.lower() != ".gif":
        raise InputError(f"--out {out}: must end in .gif")
    outputs.check_place(out)
    DoodlesConfig(count=count, strength=strength, jitter=jitter, seed=seed).check()
    chosen = _check(file, class_name, seed_image, preset=preset, doodle=doodle)
    folder = folder or out.with_name(f"{out.stem}-doodles")
    drawing = out.with_name(f"{out.stem}-drawing.mp4")
    with outputs.work(folder, command="doodle-gif", settings=settings | {"file": file.name}):
        data, run = folder / "data", folder / "run"
        packing = ["--size", SIZE_PX, "--ink", "light", "--per-class", PER_CLASS]
        packing += [] if chosen is None else ["--classes", chosen]
        run_command("data-prep", "doodles", file, "--out", data, *packing, makes=data / "dataset.json")
        varies = seed_image or _write_doodle(data, doodle, folder)
        flags: list[Any] = ["--total-nimg", total_nimg, "--seed", seed]
        run_command("gan", "train", preset, "--data", data, "--run", run, *flags)
        more = ["--seed", seed, *["--overwrite"] * overwrite]
        varied = ["--count", count, "--strength", strength, "--jitter", jitter]
        run_command("animate", "doodles", run, "--out", out, "--seed-image", varies, *varied, *more)
        run_command("animate", "drawing", run, "--out", drawing, "--count", DOODLES, *more)


def _check(
    file: Path, class_name: str | None, seed_image: Path | None, *, preset: str, doodle: int | None
) -> str | None:
    """Raise InputError for errors that would only appear minutes later; return the class to pack."""
    from data_prep.sources.doodle_files import list_doodles, open_doodles
    from gan.draw.seed_image import read_seed_image

    if preset not in DRAW_CONFIGS:
        raise InputError(f"--preset {preset}: must be one of {', '.join(DRAW_CONFIGS)}")
    if seed_image is not None:
        read_seed_image(seed_image, shape=(SIZE_PX, SIZE_PX))
    files = [open_doodles(path, report=ignore) for path in list_doodles(file)]
    classes = [name for one in files for name in one.classes if name]
    names = sorted(set(classes))
    listed = ", ".join(names[:8]) + ", ..." * (len(names) > 8)
    if class_name is None and len(names) > 1:
        raise InputError(f"{file} holds {len(names)} classes ({listed}); choose one with --class")
    if class_name is not None and class_name not in names:
        raise InputError(f"--class {class_name}: {file} holds {listed}")
    if not classes:
        raise InputError(f"no drawings in {file}: its arrays are empty")
    held = len(classes) if class_name is None else classes.count(class_name)
    held = min(held, PER_CLASS)
    if doodle is not None and not 0 <= doodle < max(held, 1):
        raise InputError(f"--doodle {doodle}: {file} holds doodles 0 to {held - 1}")
    return class_name


def _write_doodle(data: Path, number: int | None, folder: Path) -> Path:
    """Write a doodle of a dataset, or the most typical one, as PNG; returns the file."""
    from data_prep.images import write_image
    from data_prep.records.dataset import Dataset
    from gan.draw.seed_image import most_typical, read_seed_image

    dataset = Dataset(data)
    if number is None:
        number = most_typical(np.stack([dataset[i].image for i in range(min(len(dataset), COMPARED))]))
    if number >= len(dataset):
        raise InputError(f"--doodle {number}: {data} holds doodles 0 to {len(dataset) - 1}")
    out = folder / f"doodle-{number}.png"
    write_image(out, dataset[number].image)
    read_seed_image(out, shape=(SIZE_PX, SIZE_PX))  # refuses a blank one before the training
    return out


COMMANDS = cli.Commands({"doodle-gif": doodle_gif}, description="")


def main(args: Sequence[str] | None = None) -> int:
    """Run `inkloop doodle-gif ARGS...`; returns the exit code."""
    words = sys.argv[1:] if args is None else args
    return cli.run(COMMANDS, prog="inkloop", args=["doodle-gif", *words])


if __name__ == "__main__":
    sys.exit(main())
