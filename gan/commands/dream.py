"""`gan dream`: activation maximisation of a discriminator."""

from pathlib import Path
from typing import Annotated

import tyro

from configs.gan.dream import CONFIG
from data_prep.errors import InputError
from gan.explore.dream_config import DreamConfig

FPS = 30.0


def dream(
    run: tyro.conf.Positional[Path],
    config: Annotated[DreamConfig, tyro.conf.arg(name="")] = CONFIG,
    *,
    out: Path,
    image: Path | None = None,
    count: int = 8,
    label: str | None = None,
    plain: bool = False,
    overwrite: bool = False,
) -> None:
    """Show what a discriminator rewards: images that increase its score, from noise or from an image.

    --out holds dream.mp4 (the ascent), dream00.png ... (the final images) and grid.png. Scores are logits of
    each image alone; high means real. With --plain scores rise but images stay noise.

    Args:
        run: run folder; the discriminator of its newest checkpoint is used.
        config: options of the ascent.
        out: output folder.
        image: start from this image instead of noise.
        count: number of images, each with its own noise and shifts.
        label: name or number of a class; default: the first, if there are classes.
        plain: disable total variation and jitter.
        overwrite: replace other results in --out.
    """
    import dataclasses

    import jax
    import numpy as np

    from data_prep import outputs
    from data_prep.images import write_image
    from data_prep.progress import progress
    from data_prep.video.codec import write_video
    from data_prep.video.sources import fingerprint
    from gan.explore.dream import MOST_FRAMES, run_dream
    from gan.projection.inputs import read_fitted
    from gan.runs.log import image_grid, square_columns, write_grid
    from gan.runs.run_folder import load_state, saved_data
    from gan.sample import class_number, identity
    from gan.sharding import make_mesh

    config = config.plain() if plain else config
    config.check()
    if not 1 <= count <= 256:
        raise InputError(f"--count {count}: must be from 1 to 256")
    recipe, state = load_state(run, make_mesh(devices=jax.devices()[:1]))
    family = recipe.family
    described = saved_data(run)
    assert described is not None
    number = 0 if label is None else class_number(described["classes"], label)
    start = None if image is None else read_fitted(image, family.shape)
    settings = {
        "discriminator": identity(recipe.config, family.shape, state.discriminator),
        "image": None if image is None else fingerprint(image),
        "count": count,
        "label": number,
        "config": dataclasses.asdict(config),
    }
    with outputs.work(
        out, command="gan dream", settings=settings, source=run, overwrite=overwrite
    ) as claimed:
        if claimed == "done":
            print(f"{out}  already done")
            return
        on_cpu = jax.default_backend() == "cpu"
        with progress(config.steps, unit="step", label="dream") as bar:
            result = run_dream(
                family,
                state.discriminator,
                config=config,
                count=count,
                label=number,
                start=start,
                steps_per_call=1 if on_cpu else max(1, config.steps // MOST_FRAMES),
                report=bar.update,
            )
        columns = square_columns(count)
        grids = (image_grid(frame, columns=columns) for frame in result.frames)
        write_video((g[..., :3] if g.shape[2] == 4 else g for g in grids), out / "dream.mp4", fps=FPS)
        before, after = result.scores_before, result.scores_after
        for i, drawn in enumerate(result.images):
            write_image(out / f"dream{i:02d}.png", drawn)
            print(f"{out / f'dream{i:02d}.png'}  score {before[i]:.2f} -> {after[i]:.2f}")
        write_grid(out / "grid.png", np.asarray(result.images), columns=columns)
    print(f"{out}  {count} images, mean score {before.mean():.2f} -> {after.mean():.2f}")
