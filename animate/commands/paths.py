"""`animate path` and `animate plot`: paths without a generator, and plots of them."""

from collections.abc import Callable
from pathlib import Path

import tyro

from animate.config import PathConfig, check_path_name


def path_command(style: str, preset: PathConfig) -> Callable[..., None]:
    """The command `animate path STYLE`, whose flags are the fields of that style's config."""

    def path(
        config: PathConfig = preset,
        *,
        out: Path,
        latent_size: int = 64,
        seed: int = 0,
        overwrite: bool = False,
    ) -> None:
        """Write a path file without a generator; `animate render` renders it, `animate plot` plots it.

        Args:
            out: Path file (.npz).
            latent_size: Latent size of the generators it is for.
            seed: Seed of all random numbers.
            overwrite: Replace a file with other content.
        """
        from animate.paths import path_file
        from animate.paths.path import draw_path

        check_path_name(out, flag="--out")
        drawn = draw_path(style, config, latent_size=latent_size, seed=seed)
        path_file.check_free(out, drawn, overwrite=overwrite)
        path_file.write_path(out, drawn)
        print(f"{out}  {len(drawn.latents)} latents of size {drawn.latents.shape[-1]}")

    path.__annotations__["config"] = type(preset)  # tyro derives the style's flags from it
    return path


def plot(path: tyro.conf.Positional[Path], *, out: Path, overwrite: bool = False) -> None:
    """Plot the latents of a path over time: a chart per dimension up to 64, a heat map above.

    Args:
        path: Path file (.npz).
        out: Plot (.png).
        overwrite: Replace a file that is not a plot of this path.
    """
    from animate.paths.path_file import read_path
    from animate.plot import write_plot

    print(write_plot(read_path(path), out, overwrite=overwrite))
