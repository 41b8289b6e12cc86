"""By which distance pictures are compared: LPIPS, or that of a run's own discriminator."""

from pathlib import Path

import jax

from gan.perceptual import Perceptual, of_discriminator
from gan.sample import WEIGHTS


def distance_of(run: Path, lpips: Path | None, *, shape: tuple[int, ...]) -> Perceptual:
    """LPIPS if its weights are named, else the distance of the run's own discriminator.

    `run` may also be the folder of one of a run's generators, such as RUN/best; its images are of `shape`.

    Raises: InputError: the file, or the run's checkpoint, cannot be read; images are too small.
    """
    if lpips is not None:
        from gan.lpips import check_size, load_lpips

        check_size(shape)
        return load_lpips(lpips)
    from gan.run_folder import FILE
    from gan.saved_state import load_state
    from gan.sharding import make_mesh

    alone = (run / WEIGHTS).is_file() or not (run / FILE).is_file()
    home = run.parent if alone and (run.parent / FILE).is_file() else run
    family, state = load_state(home, make_mesh(jax.local_devices()[:1]))
    return of_discriminator(family, state.discriminator)
