"""Timeline files: JSON that describes a sequence of paths.

    {"fps": 30, "close_sec": 1, "parts": [
        {"path": "path.npz", "repeat": 2},
        {"style": "bezier", "seed": 3, "seconds": 8, "config": {"segments": 5}, "fade_sec": 1.5},
        {"style": "circle", "seconds": 4, "reverse": true, "ping_pong": true, "retime_sec": 6}]}

A part is a path file, relative to the timeline file, with its own duration, or a style. `reverse`,
`ping_pong`, `retime_sec` and `repeat` are applied in this order; `fade_sec` cross-fades from the previous
part, `close_sec` from the end of the whole path to its start.
"""

import dataclasses
import json
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from animate.paths import PATHS, timeline
from animate.paths.latent_loader import load_keyframes
from animate.paths.path import LatentPath, make_path
from animate.paths.path_file import read_path
from animate.paths.timeline import detect_cuts
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


def read_timeline(path: Path, *, latent_size: int) -> LatentPath:
    """Build the path of a timeline file.

    Args:
        path: the JSON file.
        latent_size: of the generator, for styles.

    Raises: InputError naming the part: no such file, or invalid content.
    """
    try:
        content = json.loads(path.read_bytes())
    except OSError as error:
        raise InputError(f"no timeline {path}: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise InputError(f"{path} is not JSON: {error}") from error
    _check(content, FILE, f"{path}")
    fps = float(content.get("fps", 30))
    if not 0 < fps <= 1000:
        raise InputError(f"{path}: fps is {fps:g}; must be above 0 and at most 1000")
    if not content.get("parts"):
        raise InputError(f"{path}: has no parts")
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
                f"{where}: its truncation is {own_truncation:g}, the previous parts' {truncation:g}; "
                "render all paths with one truncation"
            )
        truncation = own_truncation
        fade = round(part.get("fade_sec", 0) * fps)
        if joined is None:
            if fade:
                raise InputError(f"{where}: fade_sec needs a previous part; close_sec fades at the seam")
            joined, cuts = made, own.cuts
            continue
        if made.shape[1:] != joined.shape[1:]:
            raise InputError(
                f"{where}: its latents are {list(made.shape[1:])}, the previous {list(joined.shape[1:])}"
            )
        if not 0 <= fade <= min(len(joined), len(made)):
            raise InputError(f"{where}: fade_sec {part['fade_sec']:g} is longer than one of the parts")
        cuts = timeline.join_cuts(joined, made, cuts, own.cuts, fade=fade)
        joined = timeline.join(joined, made, fade=fade)
    assert joined is not None
    closed = closed and len(content["parts"]) == 1
    if fade := round(content.get("close_sec", 0) * fps):
        if not 1 <= fade <= len(joined) // 2:
            raise InputError(f"{path}: close_sec {content['close_sec']:g} is longer than half of the path")
        cuts = timeline.close_cuts(len(joined), cuts, fade=fade)
        joined, closed = timeline.close(joined, fade=fade), True
    if len(joined) < 2:
        raise InputError(f"{path}: {len(joined)} frames; must be at least 2")
    config = content | {"styles": sorted(set(styles))}
    return LatentPath(joined.astype(np.float32), "timeline", config, 0, fps, closed, truncation, None, cuts)


class _Part(NamedTuple):
    """A part ready to be joined."""

    latents: np.ndarray
    closed: bool
    truncation: float
    cuts: timeline.Cuts
    styles: list[str]  # of its path


def _part(part: dict[str, Any], where: str, folder: Path, fps: float, latent_size: int) -> _Part:
    if ("path" in part) == ("style" in part):
        raise InputError(f"{where}: must have either path or style")
    if "path" in part:
        extra = {"seed", "seconds", "config"} & set(part)
        if extra:
            raise InputError(f"{where}: {', '.join(sorted(extra))} require a style, not a path")
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
            raise InputError(
                f"{where}: retime_sec {part['retime_sec']:g} is {frames} frames; must be at least 2"
            )
        latents = timeline.retime(latents, frames, closed=closed)
    elif own_fps != fps:  # preserve its duration
        latents = timeline.retime(latents, max(2, round(len(latents) * fps / own_fps)), closed=closed)
    times = part.get("repeat", 1)
    if times < 1 or (times > 1 and not closed):
        raise InputError(f"{where}: repeat {times}: must be at least 1, and 1 for an open path")
    latents = timeline.repeat(latents, times)
    if known is None or (known and (own_fps != fps or set(part) - {"path", "fade_sec"})):
        known = detect_cuts(latents, closed=closed)  # unknown, or moved
    return _Part(latents, closed, truncation, known, styles)


def _drawn(part: dict[str, Any], config: Any, where: str, folder: Path) -> np.ndarray:
    try:
        config, points = load_keyframes(config, flag="keys", folder=folder)
        return make_path(part["style"], config, seed=part.get("seed", 0), **points).latents[:]
    except InputError as error:
        raise InputError(f"{where}: {error}") from error


def _config(part: dict[str, Any], where: str, fps: float, latent_size: int) -> Any:
    if part["style"] not in PATHS:
        raise InputError(f"{where}: no style {part['style']!r}; choose from {', '.join(PATHS)}")
    config_type = PATHS[part["style"]][0]
    fields = {field.name for field in dataclasses.fields(config_type)}
    fields -= {"fps", "latent_size", "seconds", "space", "constant_speed", "key_count"}
    if unknown := set(part.get("config", {})) - fields:
        raise InputError(
            f"{where}: config has no {', '.join(sorted(unknown))}; its fields are {', '.join(sorted(fields))}"
        )
    given: dict[str, Any] = {
        k: tuple(v) if isinstance(v, list) else v for k, v in part.get("config", {}).items()
    }
    for name in {"keys", "hold_sec", "move_sec"} & set(given):
        listed = given[name] if isinstance(given[name], tuple) else (given[name],)
        given[name] = tuple(map(str, listed)) if name == "keys" else listed
    return config_type(**given, fps=fps, latent_size=latent_size, seconds=part.get("seconds"))


def _check(given: Any, known: dict[str, Any], where: str) -> None:
    if not isinstance(given, dict):
        raise InputError(f"{where}: must be an object with {', '.join(known)}")
    for name, value in given.items():
        if name not in known:
            raise InputError(f"{where}: {name} is unknown; choose from {', '.join(known)}")
        kind = known[name]
        if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
            raise InputError(f"{where}: {name} is {json.dumps(value)[:40]}, which has the wrong type")
