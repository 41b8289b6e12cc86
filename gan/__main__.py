"""The door of gan: train, sample."""

import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated

import tyro

from configs.gan import CONFIGS
from data_prep import door
from data_prep.errors import InputError
from gan import config as configuration
from gan.config import TrainConfig

PROG, DESCRIPTION = "inkloop gan", "Train a generator on a dataset of tiles; sample it."


def train_command(default: TrainConfig) -> Callable[..., None]:
    """`gan train` with the values of `default` in its flags: a preset's, or those of the run that goes on."""

    def train(
        preset: tyro.conf.Positional[str],
        config: Annotated[TrainConfig, tyro.conf.arg(name="")] = default,
        *,
        data: Path,
        run: Path,
        coordinator: str | None = None,
        num_processes: int | None = None,
        process_id: int | None = None,
    ) -> None:
        """Train a GAN; the same command again goes on where it was.

        Args:
            preset: a checked-in config (tiny, demo, blob-256, blob-512, blob-1024); once it is named, its
                values are this help's defaults.
            config: every field is a flag; the run folder remembers them.
            data: dataset folder, made by data-prep: tiles, or whole pages that are cut while training.
            run: run folder: config, log, samples, checkpoints and the generator.
            coordinator: HOST:PORT of process 0, when several processes train together.
            num_processes: how many processes there are.
            process_id: which of them this is, from 0.
        """
        if preset not in CONFIGS:
            raise InputError(f"no preset {preset!r}; there are {', '.join(CONFIGS)}")
        if config.preset != preset:
            raise InputError(
                f"{run} was started from preset {config.preset!r}, not {preset!r}; choose a new --run"
            )
        configuration.check(config)
        if coordinator is not None or num_processes is not None or process_id is not None:
            if coordinator is None or num_processes is None or process_id is None:
                raise InputError(
                    "--coordinator, --num-processes and --process-id are given together or not at all"
                )
            if not 0 <= process_id < num_processes:
                raise InputError(f"--process-id {process_id}: it should be 0 to {num_processes - 1}")
            import jax

            jax.distributed.initialize(coordinator, num_processes, process_id)
        from gan import sharding

        with sharding.leaving_together():
            _train(config, data, run)

    return train


def _train(config: TrainConfig, data: Path, run: Path) -> None:
    import contextlib

    import jax

    from data_prep.dataset import Dataset
    from gan import loop, run_folder, sharding
    from gan.reals import open_reals

    dataset = Dataset(data)
    reals = open_reals(dataset, config)
    configuration.check_shape(config, reals.image_shape)
    mesh = sharding.make_mesh()
    sharding.check_batch(config.batch_size, mesh)
    with sharding.first_process_first("run folder"):
        config, changed = run_folder.open_run(run, config, dataset, reals.image_shape)
    leads = jax.process_index() == 0
    with run_folder.locked(run) if leads else contextlib.nullcontext():
        nimg = loop.train(config, reals, run, mesh=mesh, changed=changed)
    if leads:
        print(f"{run}/generator  nimg {nimg}")


def sample(
    run: tyro.conf.Positional[Path],
    *,
    out: Path,
    seeds: str = "0-63",
    truncation: float = 1.0,
    scale: int = 1,
    overwrite: bool = False,
) -> None:
    """Pictures of a trained generator, one PNG per seed, and a grid of them.

    Args:
        run: run folder, or its generator folder.
        out: folder for seed00017.png ... and grid.png.
        seeds: numbers and ranges, as in 0-63 or 3,17,40-49; the same seed is the same picture everywhere.
        truncation: below 1 draws pictures towards the mean.
        scale: enlarge the pictures by this whole factor (Lanczos).
        overwrite: replace other pictures of ours in --out.
    """
    from data_prep import outputs
    from data_prep.images import write_image
    from gan import latents
    from gan.log import write_grid
    from gan.sample import load_generator, sample_images

    numbers = parse_seeds(seeds)
    if not 1 <= scale <= 16:
        raise InputError(f"--scale {scale}: it should be 1 to 16")
    generator = load_generator(run)
    settings = {
        "generator": generator.identity,
        "seeds": numbers,
        "truncation": truncation,
        "scale": scale,
    }
    claimed = outputs.claim(out, command="gan sample", settings=settings, overwrite=overwrite, source=run)
    if claimed == "done":
        print(f"{out}  already done")
        return
    z = latents.from_seeds(numbers, z_dim=generator.z_dim)
    batches = sample_images(generator.family, generator.params, z, truncation=truncation, scale=scale)
    images = [image for batch in batches for image in batch]
    for number, image in zip(numbers, images, strict=True):
        write_image(out / f"seed{number:05d}.png", image)
    columns = next(c for c in range(1, len(images) + 1) if c * c >= len(images))
    import numpy as np

    write_grid(out / "grid.png", np.stack(images), columns=columns)
    outputs.mark_done(out)
    print(f"{out}  {len(images)} pictures and grid.png")


def parse_seeds(text: str) -> list[int]:
    """'3,17,40-49' -> [3, 17, 40, ..., 49]; raises InputError for anything else, or a repeated seed."""
    numbers: list[int] = []
    try:
        for part in text.split(","):
            first, dash, last = part.partition("-")
            numbers += range(int(first), int(last if dash else first) + 1)
    except ValueError:
        numbers = []
    if not numbers or len(set(numbers)) < len(numbers) or max(numbers) >= 2**32:
        raise InputError(f"--seeds {text}: give distinct numbers and ranges, as in 0-63 or 3,17,40-49")
    return numbers


def _commands(default: TrainConfig) -> dict[str, Callable[..., None]]:
    return {"train": train_command(default), "sample": sample}


def _train_default(args: Sequence[str]) -> TrainConfig:
    """The config whose values flags start from: the run's own if --run exists, else the named preset's."""
    from gan.run_folder import FILE, saved_config

    for i, word in enumerate(args):
        run = args[i + 1] if word == "--run" and i + 1 < len(args) else word.removeprefix("--run=")
        if run != word and (Path(run) / FILE).is_file():
            return saved_config(Path(run)) or TrainConfig()
    words = [word for before, word in zip(["", *args], args, strict=False) if not before.startswith("--")]
    return next((CONFIGS[word] for word in words if word in CONFIGS), TrainConfig())


app = door.open_door(_commands(TrainConfig()))


def main(args: Sequence[str] | None = None) -> int:
    """Run one command of this room; returns the exit code."""
    args = list(sys.argv[1:] if args is None else args)
    room = app
    if args[:1] == ["train"] and len(args) > 1:
        try:
            room = door.open_door(_commands(_train_default(args[1:])))
        except InputError as error:
            print(f"{PROG}: {error}", file=sys.stderr)
            return 2
    return door.run(room, prog=PROG, description=DESCRIPTION, args=args)


if __name__ == "__main__":
    sys.exit(main())
