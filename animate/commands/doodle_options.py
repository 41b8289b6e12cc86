"""Options that `animate doodles` and `animate drawing` have in common."""

from pathlib import Path
from typing import Any

from data_prep.progress import print_note, progress
from gan.config.draw import Ink


def opened(
    run: Path, seed_image: Path | None, *, ink: Ink, label: str | None, scale: int, overwrite: bool
) -> dict[str, Any]:
    """The generator, and options that both commands pass on; notes the polarity of the seed image."""
    from gan.draw.seed_image import read_seed_image
    from gan.draw.variations import draw_family
    from gan.sample import class_number, load_generator

    generator = load_generator(run)
    draw_family(generator.family, name=run)
    seed = None
    if seed_image is not None:
        seed = read_seed_image(seed_image, shape=generator.resolution, ink=ink)
        print_note(str(seed))
    number = None if label is None else class_number(generator.class_names, label)
    options: dict[str, Any] = {"scale": scale, "overwrite": overwrite, "progress": progress}
    return options | {"generator": generator, "seed_image": seed, "label": number}
