"""`animate STYLE` and `animate render`: a generator and a path -> a film."""

import dataclasses
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import tyro

from animate.commands.resolve import Fitted, fitted_to
from animate.config import FilmConfig, PathConfig
from animate.controls.config import SteerConfig
from animate.keyframes_config import KeyframesConfig
from configs.animate import CONFIGS
from data_prep.errors import InputError

if TYPE_CHECKING:
    from animate.controls.controls import Steering
    from animate.paths.path import Through, Walk
    from fill.video.palette import VideoPalette

STEER = SteerConfig()


def style_command(style: str) -> Callable[..., None]:
    """`animate STYLE`."""

    def command(
        run: tyro.conf.Positional[Path],
        film: FilmConfig,
        config: PathConfig = CONFIGS[style],
        *,
        seed: int = 0,
        steer: tyro.conf.OmitArgPrefixes[SteerConfig] = STEER,
        save_path: Path | None = None,
    ) -> None:
        from animate.paths import path as walk
        from animate.paths import path_file
        from animate.paths.constant_speed import thumbnails
        from gan.sample import load_generator

        if not 0 <= seed < 2**32:
            raise InputError(f"--seed {seed}: it should be 0 to {2**32 - 1}")
        steer.check()
        film.check()
        if save_path is not None:
            path_file.check_name(save_path)
        palette = _palette(film)
        generator = load_generator(run)
        fitted = fitted_to(generator, config, steer)
        config, points = fitted.config, fitted.points
        config.check()
        through, truncation = _through(fitted, steer, generator)
        at = None
        if config.constant_speed:
            measure = thumbnails(generator, truncation=truncation)
            even = walk.even_style(style, config, measure, seed=seed, through=through, **points)
            at = even.at
            print(f"constant speed: {even}", file=sys.stderr)
        identity = generator.identity
        path = walk.make_walk(
            style,
            config,
            seed=seed,
            truncation=truncation,
            generator=identity,
            at=at,
            through=through,
            **points,
        )
        if through is not None:
            path = dataclasses.replace(path, config=path.config | {"steer": steer.said()})
        _make(generator, path, film, palette, save_path)

    command.__annotations__["config"] = type(CONFIGS[style])  # tyro makes the style's own flags of it
    command.__doc__ = f"""{type(CONFIGS[style]).__doc__}

    Args:
        run: Run folder, or its generator/ folder.
        seed: Everything random comes from it.
        steer: What moves beside the path.
        save_path: Write the path there too (.npz), for `inkloop animate render`.
    """
    return command


def _through(fitted: Fitted, steer: SteerConfig, generator: Any) -> tuple["Through | None", float]:
    """What takes a drawn path to w, and the truncation that is left to the mapping of one that stays in z."""
    from animate.controls.controls import check_label, told_of_jumps

    config = fitted.config
    drawn = not isinstance(config, KeyframesConfig)
    steering = _steering(steer, generator, path_in_w=config.space == "w", drawn=drawn)
    if steering is None:
        return None, steer.constant
    check_label(steering, path_in_w=not fitted.mapped)
    told_of_jumps(steering, closed=config.closed)
    return partial(steering, closed=config.closed), 1.0


def render(
    path: tyro.conf.Positional[Path],
    run: tyro.conf.Positional[Path],
    film: FilmConfig,
    *,
    steer: tyro.conf.OmitArgPrefixes[SteerConfig] = STEER,
    constant_speed: bool = False,
    save_path: Path | None = None,
) -> None:
    """Render a saved path: the same frames as when it was saved, or another generator's view of it.

    The dimensions of a period, phase or bitloop walk are drawn beside the film, as with `animate period`.

    Args:
        path: Path file (.npz).
        run: Run folder, or its generator/ folder.
        steer: What moves beside the path; --truncation is in place of the path's own.
        constant_speed: Walk the path so that pictures change evenly, in as many frames; looks at up to 8
            small pictures for each frame first, up to 4 where there are more than 1,800. Rests are walked
            over. Cuts stay cuts: those that a timeline noted in the file, or else steps that are far longer
            than their neighbours.
        save_path: Write the path as it is rendered there too (.npz).
    """
    from animate.paths import path_file
    from gan.sample import load_generator

    steer.check()
    film.check()
    if save_path is not None:
        path_file.check_name(save_path)
    palette = _palette(film)
    walk, generator = path_file.read_path(path), load_generator(run)
    if walk.generator not in (None, generator.identity):
        print(f"{path} was made for another generator; drawing it with {run}", file=sys.stderr)
    walk = _ready(walk, steer, generator, constant_speed=constant_speed)
    _make(generator, walk, film, palette, save_path)


def timeline(
    file: tyro.conf.Positional[Path],
    run: tyro.conf.Positional[Path],
    film: FilmConfig,
    *,
    steer: tyro.conf.OmitArgPrefixes[SteerConfig] = STEER,
    constant_speed: bool = False,
    save_path: Path | None = None,
) -> None:
    """Cut walks together as a JSON file says, joined, repeated, reversed, retimed, faded over; render it.

    Args:
        file: Timeline: {"fps": 30, "close_sec": 1, "parts": [{"path": "walk.npz", "repeat": 2}, {"style":
            "bezier", "seed": 3, "seconds": 8, "config": {"segments": 5}, "fade_sec": 1.5, "reverse": true,
            "ping_pong": true, "retime_sec": 6}]}.
        run: Run folder, or its generator/ folder.
        steer: What moves beside the whole.
        constant_speed: Walk the path so that pictures change evenly, in as many frames; looks at up to 8
            small pictures for each frame first, up to 4 where there are more than 1,800. Rests are walked
            over, cuts stay cuts.
        save_path: Write the whole walk there too (.npz), for `inkloop animate render`.
    """
    from animate.paths import path_file
    from animate.paths.timeline_file import read_timeline
    from gan.sample import load_generator

    steer.check()
    film.check()
    if save_path is not None:
        path_file.check_name(save_path)
    palette, generator = _palette(film), load_generator(run)
    walk = read_timeline(file, latent_size=generator.z_dim)
    count = len(walk.latents)
    print(f"{file}: {count} frames, {count / walk.fps:g} s at {walk.fps:g} fps", file=sys.stderr)
    walk = _ready(walk, steer, generator, constant_speed=constant_speed)
    _make(generator, walk, film, palette, save_path)


def _ready(walk: "Walk", steer: SteerConfig, generator: Any, *, constant_speed: bool) -> "Walk":
    """A walk as it is drawn: steered, and at even speed if asked; what moves beside it keeps its place."""
    from animate.controls.controls import check_steered, steered_walk
    from animate.paths.constant_speed import thumbnails
    from animate.paths.resample import even_walk

    steering, through, u = _steering(steer, generator), None, None
    if steering is not None:
        check_steered(walk, steering)
        through = partial(steering, closed=walk.closed, truncation=walk.truncation)
    elif steer.truncation:
        walk = dataclasses.replace(walk, truncation=steer.constant)
    if constant_speed:
        measure = thumbnails(generator, truncation=walk.truncation if steering is None else 1.0)
        walk, even, u = even_walk(walk, measure, through=through)
        walk = dataclasses.replace(walk, generator=generator.identity)
        print(f"constant speed: {even}", file=sys.stderr)
    return walk if steering is None else steered_walk(walk, steering, u=u)


def _steering(
    steer: SteerConfig, generator: Any, *, path_in_w: bool = False, drawn: bool = False
) -> "Steering | None":
    """What acts in w; None: nothing does, and what there is of truncation is left to the mapping.

    Args:
        path_in_w: the path is to run in w whatever else is said.
        drawn: if so, by the law of w.
    """
    if not (path_in_w or steer.in_w):
        return None
    from animate.controls.controls import read_steering

    return read_steering(steer, generator, drawn_in_w=path_in_w and drawn)


def _make(
    generator: Any, walk: "Walk", film: FilmConfig, palette: "VideoPalette | None", save_path: Path | None
) -> None:
    """Make the film of a walk, and what lies beside it: the path, if it is to be kept; the plot of some
    styles. None is written before all are checked.
    """
    from animate.plot import check_plot, plot_beside, write_plot
    from animate.video import make_film

    plot = film.out.with_name(f"{film.out.stem}-path.png") if plot_beside(walk.style) else None
    if plot is not None:
        check_plot(walk, plot, overwrite=film.overwrite)
    _save(walk, save_path, generator, film, palette)
    print(make_film(generator, walk, film, palette=palette))
    if plot is not None:
        print(write_plot(walk, plot, overwrite=film.overwrite))


def _save(
    walk: "Walk", path: Path | None, generator: Any, film: FilmConfig, palette: "VideoPalette | None"
) -> None:
    """Write the path of a film that can be made, if it is to be kept."""
    from animate.paths import path_file
    from animate.video import check_film

    if path is None:
        return
    check_film(generator, walk, film, palette=palette)
    path_file.check_free(path, walk, overwrite=film.overwrite)
    path_file.write_path(path, walk)
    print(f"{path}  {len(walk.latents)} latents of size {walk.latents.shape[-1]}")


def _palette(film: FilmConfig) -> "VideoPalette | None":
    """What --fill says; None: no colours."""
    if film.fill is None:
        return None
    from fill.commands.palettes import read_video_palette
    from fill.parallel import reuse_freed_memory

    reuse_freed_memory()
    return read_video_palette(film.fill, film.fill_palette, film.fill_with, flag="--fill")
