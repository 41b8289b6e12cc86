"""`animate path` and `animate plot`: walks without a generator, and pictures of them."""

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Any

import tyro

from animate.config import PathConfig
from animate.keyframes_config import KeyframesConfig
from animate.paths.latent_spec import seeds_alone
from configs.animate import CONFIGS
from data_prep.errors import InputError


def path_command(style: str) -> Callable[..., None]:
    """`animate path` with the flags of a style."""

    def path(
        config: PathConfig = CONFIGS[style],
        *,
        out: Path,
        latent_size: int = 64,
        seed: int = 0,
        overwrite: bool = False,
    ) -> None:
        """Draw a walk and keep it, without a generator: `animate render` plays it, `animate plot` draws it.

        Args:
            out: Path file (.npz).
            latent_size: Of the generators that it is for.
            seed: Everything random comes from it.
            overwrite: Replace a file that holds something else.
        """
        from animate.paths import path as walk
        from animate.paths import path_file

        if not 0 <= seed < 2**32:
            raise InputError(f"--seed {seed}: it should be 0 to {2**32 - 1}")
        if config.space == "w":
            raise InputError("--space w is behind a generator's mapping network: use it where there is one")
        if config.constant_speed:
            raise InputError("--constant-speed looks at pictures: use it where there is a generator")
        path_file.check_name(out, flag="--out")
        config = dataclasses.replace(config, latent_size=latent_size)
        given: dict[str, Any] = {}
        if isinstance(config, KeyframesConfig) and seeds_alone(config.keys, flag="--keys") is None:
            from animate.paths.latent_loader import read_keys

            given = {"points": read_keys(config.keys, z_dim=latent_size)}
            config = dataclasses.replace(config, key_count=len(given["points"]))
        config.check()
        made = walk.make_walk(style, config, seed=seed, **given)
        path_file.check_free(out, made, overwrite=overwrite)
        path_file.write_path(out, made)
        print(f"{out}  {len(made.latents)} latents of size {made.latents.shape[-1]}")

    path.__annotations__["config"] = type(CONFIGS[style])  # tyro makes the style's own flags of it
    return path


def plot(path: tyro.conf.Positional[Path], *, out: Path, overwrite: bool = False) -> None:
    """Draw how the latents of a walk move: a chart for each dimension up to 64, a heat map of more.

    Args:
        path: Path file (.npz).
        out: The picture, a .png file.
        overwrite: Replace a file that is no plot of this path.
    """
    from animate.paths.path_file import read_path
    from animate.plot import write_plot

    print(write_plot(read_path(path), out, overwrite=overwrite))
