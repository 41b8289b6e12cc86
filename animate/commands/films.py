"""`animate STYLE` and `animate render`: a generator and a path -> a film."""

import dataclasses
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import tyro

from animate.config import FilmConfig, KeyframesConfig, PathConfig
from configs.animate import CONFIGS
from data_prep.errors import InputError


def style_command(style: str) -> Callable[..., None]:
    """`animate STYLE`."""

    def command(
        run: tyro.conf.Positional[Path],
        film: FilmConfig,
        config: PathConfig = CONFIGS[style],
        *,
        seed: int = 0,
        truncation: float = 1.0,
        save_path: Path | None = None,
    ) -> None:
        from animate import path_file, walk
        from animate.film import make_film
        from animate.plot import plot_beside, write_plot
        from animate.speed import thumbnails
        from gan.sample import load_generator

        if not 0 <= seed < 2**32:
            raise InputError(f"--seed {seed}: it should be 0 to {2**32 - 1}")
        film.check()
        if save_path is not None:
            path_file.check_name(save_path)
        palette = _palette(film)
        generator = load_generator(run)
        config, given = _for_generator(config, generator)
        at = None
        if config.constant_speed:
            measure = thumbnails(generator, truncation=truncation)
            even = walk.even_walk(style, config, measure, seed=seed, **given)
            at = even.at
            print(f"constant speed: {even}", file=sys.stderr)
        identity = generator.identity
        path = walk.make_walk(
            style, config, seed=seed, truncation=truncation, generator=identity, at=at, **given
        )
        if save_path is not None:
            path_file.write_path(save_path, path)
            print(f"{save_path}  {len(path.latents)} latents of size {path.latents.shape[-1]}")
        print(make_film(generator, path, film, palette=palette))
        if plot_beside(style):
            print(write_plot(path, film.out.with_name(f"{film.out.stem}-path.png")))

    command.__annotations__["config"] = type(CONFIGS[style])  # tyro makes the style's own flags of it
    command.__doc__ = f"""{type(CONFIGS[style]).__doc__}

    Args:
        run: Run folder, or its generator/ folder.
        seed: Everything random comes from it.
        truncation: Pull towards the mean picture; 1 is none, 0 the mean alone.
        save_path: Write the path there too (.npz), for `inkloop animate render`.
    """
    return command


def _for_generator(config: PathConfig, generator: Any) -> tuple[PathConfig, dict[str, Any]]:
    """The config for this generator's latents, and the points that keyframes read from a file."""
    if not isinstance(config, KeyframesConfig) or config.latents is None:
        return dataclasses.replace(config, latent_size=generator.z_dim), {}
    import jax.numpy as jnp

    from animate.path_file import read_path
    from animate.render import check_path

    points = read_path(config.latents).latents
    check_path(generator, points)
    config = dataclasses.replace(config, latent_size=points.shape[-1], key_count=len(points))
    return config, {"points": jnp.asarray(points)}


def render(
    path: tyro.conf.Positional[Path],
    run: tyro.conf.Positional[Path],
    film: FilmConfig,
    *,
    truncation: float | None = None,
) -> None:
    """Render a saved path: the same frames as when it was saved, or another generator's view of it.

    Args:
        path: Path file (.npz).
        run: Run folder, or its generator/ folder.
        truncation: In place of the path's own.
    """
    from animate.film import make_film
    from animate.path_file import read_path
    from gan.sample import load_generator

    film.check()
    palette = _palette(film)
    walk, generator = read_path(path), load_generator(run)
    if walk.generator not in (None, generator.identity):
        print(f"{path} was made for another generator; drawing it with {run}", file=sys.stderr)
    if truncation is not None:
        walk = dataclasses.replace(walk, truncation=truncation)
    print(make_film(generator, walk, film, palette=palette))


def timeline(
    file: tyro.conf.Positional[Path],
    run: tyro.conf.Positional[Path],
    film: FilmConfig,
    *,
    truncation: float = 1.0,
    save_path: Path | None = None,
) -> None:
    """Cut walks together as a JSON file says, joined, repeated, reversed, retimed, faded over; render it.

    Args:
        file: Timeline: {"fps": 30, "close_sec": 1, "parts": [{"path": "walk.npz", "repeat": 2}, {"style":
            "bezier", "seed": 3, "seconds": 8, "config": {"segments": 5}, "fade_sec": 1.5, "reverse": true,
            "ping_pong": true, "retime_sec": 6}]}.
        run: Run folder, or its generator/ folder.
        truncation: Pull towards the mean picture; 1 is none, 0 the mean alone.
        save_path: Write the whole walk there too (.npz), for `inkloop animate render`.
    """
    from animate import path_file
    from animate.film import make_film
    from animate.timeline_file import read_timeline
    from gan.sample import load_generator

    film.check()
    if save_path is not None:
        path_file.check_name(save_path)
    palette, generator = _palette(film), load_generator(run)
    walk = read_timeline(file, latent_size=generator.z_dim)
    if truncation != 1:
        walk = dataclasses.replace(walk, truncation=truncation)
    count = len(walk.latents)
    print(f"{file}: {count} frames, {count / walk.fps:g} s at {walk.fps:g} fps", file=sys.stderr)
    if save_path is not None:
        path_file.write_path(save_path, walk)
        print(f"{save_path}  {count} latents of size {walk.latents.shape[-1]}")
    print(make_film(generator, walk, film, palette=palette))


def _palette(film: FilmConfig) -> Any:
    """uint8 [h, w, 3] of --fill; None: no colours."""
    if film.fill is None:
        return None
    from fill.commands.palettes import read_palette

    return read_palette(film.fill, overlay=film.fill_with.overlay)
