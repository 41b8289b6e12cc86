"""Timeline files: JSON that says which walks follow one another, and how.

    {"fps": 30, "close_sec": 1, "parts": [
        {"path": "walk.npz", "repeat": 2},
        {"style": "bezier", "seed": 3, "seconds": 8, "config": {"segments": 5}, "fade_sec": 1.5},
        {"style": "circle", "seconds": 4, "reverse": true, "ping_pong": true, "retime_sec": 6}]}

A part is a path file, beside the timeline file, which lasts as long as at its own fps, or a style drawn for
it. `reverse`, `ping_pong`, `retime_sec` and `repeat` are done in this order; `fade_sec` fades over from the
part before, `close_sec` from the end of all to its beginning.
"""

import dataclasses
import json
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from animate.keyframes_config import KeyframesConfig
from animate.paths import PATHS, timeline
from animate.paths import path as walk
from animate.paths.latent_loader import read_keys
from animate.paths.latent_spec import seeds_alone
from animate.paths.path import Walk
from animate.paths.path_file import read_path
from animate.paths.timeline import guessed_cuts
from data_prep.errors import InputError

PART = {
    "path": str,
    "style": str,
    "seed": int,
    "seconds": (int, float),
    "config": dict,
    "reverse": bool,
    "ping_pong": bool,
    "retime_sec": (int, float),
    "repeat": int,
    "fade_sec": (int, float),
}
FILE = {"fps": (int, float), "close_sec": (int, float), "parts": list}


def read_timeline(path: Path, *, latent_size: int) -> Walk:
    """The walk of a timeline file.

    Args:
        path: the JSON file.
        latent_size: of the generator, for parts that are styles.

    Raises: InputError: there is no such file, or something in it cannot be meant; the part is named.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(f"no timeline {path}: {error.strerror}") from error
    except ValueError as error:
        raise InputError(f"{path} is no JSON: {error}") from error
    _check(content, FILE, f"{path}")
    fps = float(content.get("fps", 30))
    if not 0 < fps <= 1000:
        raise InputError(f"{path}: fps is {fps:g}; it should be above 0 and up to 1000")
    if not content.get("parts"):
        raise InputError(f"{path}: it has no parts")
    joined: np.ndarray | None = None
    closed, truncation = False, 1.0
    cuts: timeline.Cuts = ()
    styles: list[str] = []
    for number, part in enumerate(content["parts"], 1):
        where = f"{path}, part {number}"
        _check(part, PART, where)
        own = _part(part, where, path.parent, fps, latent_size)
        made, closed, own_truncation = own.latents, own.closed, own.truncation
        styles += own.styles
        if joined is not None and own_truncation != truncation:
            raise InputError(
                f"{where}: its truncation is {own_truncation:g}, that of those before {truncation:g}; "
                "make its path again"
            )
        truncation = own_truncation
        fade = round(part.get("fade_sec", 0) * fps)
        if joined is None:
            if fade:
                raise InputError(f"{where}: fade_sec is from the part before, but none is; use close_sec")
            joined, cuts = made, own.cuts
            continue
        if made.shape[1:] != joined.shape[1:]:
            raise InputError(
                f"{where}: its latents are {list(made.shape[1:])}, those before {list(joined.shape[1:])}"
            )
        if not 0 <= fade <= min(len(joined), len(made)):
            raise InputError(f"{where}: fade_sec {part['fade_sec']:g} is longer than it or those before")
        cuts = timeline.join_cuts(joined, made, cuts, own.cuts, fade=fade)
        joined = timeline.join(joined, made, fade=fade)
    assert joined is not None
    closed = closed and len(content["parts"]) == 1
    if fade := round(content.get("close_sec", 0) * fps):
        if not 1 <= fade <= len(joined) // 2:
            raise InputError(f"{path}: close_sec {content['close_sec']:g} is longer than half of the whole")
        cuts = timeline.close_cuts(len(joined), cuts, fade=fade)
        joined, closed = timeline.close(joined, fade=fade), True
    if len(joined) < 2:
        raise InputError(f"{path}: {len(joined)} frames; a clip has at least 2")
    config = content | {"styles": sorted(set(styles))}
    return Walk(joined.astype(np.float32), "timeline", config, 0, fps, closed, truncation, None, cuts)


class _Part(NamedTuple):
    """A part as it is joined."""

    latents: np.ndarray
    closed: bool
    truncation: float
    cuts: timeline.Cuts
    styles: list[str]  # all from which it was drawn


def _part(part: dict[str, Any], where: str, folder: Path, fps: float, latent_size: int) -> _Part:
    if ("path" in part) == ("style" in part):
        raise InputError(f"{where}: it should have either path or style")
    if "path" in part:
        extra = {"seed", "seconds", "config"} & set(part)
        if extra:
            raise InputError(f"{where}: {', '.join(sorted(extra))} belong to a style, not to a path")
        source = read_path(folder / part["path"])
        latents, closed, truncation = source.latents[:], source.closed, source.truncation
        own_fps, known = source.fps, source.cuts
        styles = list(map(str, source.config.get("styles", [source.style])))
    else:
        config = _config(part, where, fps, latent_size)
        latents, closed, truncation = _drawn(part, config, where, folder), config.closed, 1.0
        own_fps, known, styles = fps, (), [part["style"]]
    if part.get("reverse"):
        latents = timeline.reverse(latents)
    if part.get("ping_pong"):
        latents, closed = timeline.ping_pong(latents), True
    if "retime_sec" in part:
        frames = round(part["retime_sec"] * fps)
        if frames < 2:
            raise InputError(f"{where}: retime_sec {part['retime_sec']:g} is {frames} frames; 2 is the least")
        latents = timeline.retime(latents, frames, closed=closed)
    elif own_fps != fps:  # it lasts as long as by itself
        latents = timeline.retime(latents, max(2, round(len(latents) * fps / own_fps)), closed=closed)
    times = part.get("repeat", 1)
    if times < 1 or (times > 1 and not closed):
        raise InputError(f"{where}: repeat {times}: it should be 1, or more for closed walks")
    latents = timeline.repeat(latents, times)
    if known is None or (known and (own_fps != fps or set(part) - {"path", "fade_sec"})):
        known = guessed_cuts(latents, closed=closed)  # where it is cut is not said, or was moved
    return _Part(latents, closed, truncation, known, styles)


def _drawn(part: dict[str, Any], config: Any, where: str, folder: Path) -> np.ndarray:
    given: dict[str, Any] = {}
    try:
        if isinstance(config, KeyframesConfig) and seeds_alone(config.keys, flag="keys") is None:
            given = {"points": read_keys(config.keys, z_dim=config.latent_size, flag="keys", folder=folder)}
            config = dataclasses.replace(config, key_count=len(given["points"]))
        return walk.make_walk(part["style"], config, seed=part.get("seed", 0), **given).latents[:]
    except InputError as error:
        raise InputError(f"{where}: {error}") from error


def _config(part: dict[str, Any], where: str, fps: float, latent_size: int) -> Any:
    if part["style"] not in PATHS:
        raise InputError(f"{where}: no style {part['style']!r}; there are {', '.join(PATHS)}")
    config_type = PATHS[part["style"]][0]
    fields = {field.name for field in dataclasses.fields(config_type)}
    fields -= {"fps", "latent_size", "seconds", "space", "constant_speed", "key_count"}
    if unknown := set(part.get("config", {})) - fields:
        raise InputError(
            f"{where}: config has no {', '.join(sorted(unknown))}; there are {', '.join(sorted(fields))}"
        )
    given: dict[str, Any] = {
        k: tuple(v) if isinstance(v, list) else v for k, v in part.get("config", {}).items()
    }
    for name in {"keys", "hold_sec", "move_sec"} & set(given):
        several = given[name] if isinstance(given[name], tuple) else (given[name],)
        given[name] = tuple(map(str, several)) if name == "keys" else several
    return config_type(**given, fps=fps, latent_size=latent_size, seconds=part.get("seconds"))


def _check(given: Any, known: dict[str, Any], where: str) -> None:
    if not isinstance(given, dict):
        raise InputError(f"{where}: it should be an object with {', '.join(known)}")
    for name, value in given.items():
        if name not in known:
            raise InputError(f"{where}: {name} is unknown; there are {', '.join(known)}")
        kind = known[name]
        if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
            raise InputError(f"{where}: {name} is {json.dumps(value)[:40]}, which is of no use there")
