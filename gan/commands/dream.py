"""`gan dream`: pictures that climb the discriminator's score."""

from pathlib import Path
from typing import Annotated

import tyro

from configs.gan.dream import CONFIG
from data_prep.errors import InputError
from gan.explore.dream_config import DreamConfig

FRAMES, FPS = 240, 30.0  # of the film at most; a second


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
    """What a run's discriminator looks for: pictures that climb its score, from noise or from a picture.

    --out holds dream.mp4, the way up; dream00.png ..., where each ended; and grid.png of them all. Scores are
    logits, high for real, of each picture alone. With --plain scores rise and pictures stay noise: there are
    such pictures near every other, and nothing tells them apart for the discriminator.

    Args:
        run: run folder; its newest checkpoint holds the discriminator.
        config: how pictures climb.
        out: folder for the results.
        image: begin with this picture instead of noise.
        count: pictures that climb, each with noise and shifts of its own.
        label: name or number of a class; without it the first, where there are any.
        plain: without total variation and jitter.
        overwrite: replace other results of ours in --out.
    """
    import dataclasses
    from functools import partial

    import jax
    import jax.numpy as jnp
    import numpy as np

    from data_prep import outputs
    from data_prep.images import to_float, to_uint8, write_image
    from data_prep.progress import progress
    from data_prep.video.codec import write_video
    from data_prep.video.sources import fingerprint
    from gan import latents
    from gan.explore.dream import begin, climb, scores
    from gan.projection.inputs import read_picture
    from gan.random_streams import Stream
    from gan.runs.log import image_grid, write_grid
    from gan.runs.run_folder import load_state, saved_config, saved_data
    from gan.sample import class_number, identity
    from gan.sharding import make_mesh

    config = config.plain() if plain else config
    config.check()
    if not 1 <= count <= 256:
        raise InputError(f"--count {count}: it should be 1 to 256")
    recipe, state = load_state(run, make_mesh(jax.devices()[:1]))
    family = recipe.family
    params, described, trained = state.discriminator, saved_data(run), saved_config(run)
    assert described is not None
    assert trained is not None
    number = 0 if label is None else class_number(described["classes"], label)
    start = None if image is None else read_picture(image, family.shape)
    settings = {
        "discriminator": identity(trained, family.shape, params),
        "image": None if image is None else fingerprint(image),
        "count": count,
        "label": number,
        "config": dataclasses.asdict(config),
    }
    claimed = outputs.claim(out, command="gan dream", settings=settings, overwrite=overwrite, source=run)
    if claimed == "done":
        print(f"{out}  already done")
        return
    labels = jnp.full(count, number, jnp.int32) if family.num_classes else None
    key = jax.random.fold_in(jax.random.key(config.seed), Stream.DREAM_SHIFTS)
    keys = latents.item_keys(key, latents.numbered(0, count))
    if start is None:
        images = begin(keys, family.shape, std=config.start)
    else:
        images = jnp.broadcast_to(jnp.asarray(to_float(start)), (count, *family.shape))
    score = jax.jit(lambda params, images, labels: scores(family, params, images, labels))
    before = np.asarray(score(params, images, labels))
    columns = next(c for c in range(1, count + 1) if c * c >= count)
    every = max(1, config.steps // FRAMES)
    frames = []

    def keep(images: jax.Array) -> None:
        grid = image_grid(np.asarray(images), columns=columns)
        frames.append(grid[..., :3] if grid.shape[2] == 4 else grid)

    keep(images)
    further = partial(climb, family=family, config=config)
    one = 1 if jax.default_backend() == "cpu" else every
    with progress(config.steps, unit="step", label="dream") as bar:
        done = 0
        while done < config.steps:
            some = min(one, config.steps - done)
            images = further(keys, images, jnp.int32(done), params, labels, count=some)
            done += some
            bar.update(some)
            if done % every == 0 or done == config.steps:
                keep(images)
    after = np.asarray(score(params, images, labels))
    write_video(iter(frames), out / "dream.mp4", fps=FPS)
    drawn = np.asarray(to_uint8(images))
    for i, picture in enumerate(drawn):
        write_image(out / f"dream{i:02d}.png", picture)
        print(f"{out / f'dream{i:02d}.png'}  score {before[i]:.2f} -> {after[i]:.2f}")
    write_grid(out / "grid.png", drawn, columns=columns)
    outputs.mark_done(out)
    print(f"{out}  {count} pictures, score {before.mean():.2f} -> {after.mean():.2f} on average")
