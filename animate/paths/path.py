"""LatentPath: latents with the settings that produced them; drawing the path of a style."""

import dataclasses
import hashlib
import json
from collections.abc import Callable
from functools import cached_property, partial
from typing import Any, Literal

import jax
import numpy as np

from animate import curves
from animate.config import PathConfig, check_seed
from animate.lazy_latents import Latents, LazyLatents, iter_blocks
from animate.paths import PATHS
from animate.paths.constant_speed import Measure, Retiming, even_positions
from animate.paths.latent_loader import load_keyframes
from data_prep.errors import InputError


@dataclasses.dataclass(frozen=True, eq=False)
class LatentPath:
    """Content of a path file; with a generator it determines a video."""

    latents: Latents  # float32 [T, Z] in z or [T, L, W] in w
    style: str  # key of PATHS, or "timeline", "projection"
    config: dict[str, Any]  # the style's config, JSON-able
    seed: int
    fps: float
    closed: bool  # frame T would equal frame 0
    truncation: float  # 1 = off; a path in w is truncated already
    generator: str | None  # identity of the generator it was made for
    cuts: tuple[int, ...] | None = None  # steps at which it jumps; None: unknown

    @property
    def space(self) -> Literal["z", "w"]:
        return "z" if self.latents.ndim == 2 else "w"

    def header(self) -> dict[str, Any]:
        """All fields except the latents, JSON-able; `cuts` only where known."""
        names = {f.name for f in dataclasses.fields(self)} - {"latents", "cuts"}
        fields = {f.name: getattr(self, f.name) for f in dataclasses.fields(self) if f.name in names}
        return {"space": self.space} | fields | ({} if self.cuts is None else {"cuts": list(self.cuts)})

    def digest(self) -> str:
        """First 16 hex digits of the latents' SHA-256; computed once."""
        return self._digest

    @cached_property
    def _digest(self) -> str:
        if known := getattr(self.latents, "digest", None):
            return str(known)
        sha = hashlib.sha256()
        for block in iter_blocks(self.latents):
            sha.update(block.tobytes())
        return sha.hexdigest()[:16]


Transform = Callable[[np.ndarray, np.ndarray], np.ndarray]
"""Latents [T, ...] and their times u [T] -> latents, for example in w."""


def transformed(latents: Latents, u: np.ndarray, transform: Transform) -> Latents:
    """`transform` of latents at times u [T], evaluated lazily block by block."""
    return LazyLatents(len(latents), lambda rows: transform(latents[rows], u[rows]))


def make_path(
    style: str,
    config: PathConfig,
    *,
    seed: int,
    truncation: float = 1.0,
    generator: str | None = None,
    at: np.ndarray | None = None,
    transform: Transform | None = None,
    **points: Any,
) -> LatentPath:
    """Draw the path of a style.

    Args:
        style: key of PATHS.
        config: of that style.
        seed: of the key from which all random numbers come.
        truncation, generator: recorded in the path.
        at: positions on the curve, float64 [T] in [0, 1]; default: evenly spaced.
        transform: applied to the latents lazily, block by block.
        points: `points` of keyframes.
    """
    curve = curve_of(style, config, seed=seed, **points)
    drawn = np.asarray(curve() if at is None else curve(at=at))
    u = curves.positions(len(drawn), closed=config.closed) if at is None else at
    latents = drawn if transform is None else transformed(drawn, u, transform)
    settings = json_settings(config)
    return LatentPath(latents, style, settings, seed, config.fps, config.closed, truncation, generator)


def json_settings(config: PathConfig) -> dict[str, Any]:
    """The fields of a config as JSON holds them."""
    settings: dict[str, Any] = json.loads(json.dumps(dataclasses.asdict(config), default=str))
    return settings


def draw_path(style: str, config: PathConfig, *, latent_size: int, seed: int) -> LatentPath:
    """Draw the path of a style in z without a generator; latents named by keyframes are loaded.

    Raises: InputError: invalid settings, or settings that need a generator.
    """
    check_seed(seed)
    if config.space == "w":
        raise InputError("--space w needs a generator's mapping network; use `inkloop animate STYLE RUN`")
    if config.constant_speed:
        raise InputError("--constant-speed needs a generator; use `inkloop animate STYLE RUN`")
    config, points = load_keyframes(dataclasses.replace(config, latent_size=latent_size))
    config.check()
    return make_path(style, config, seed=seed, **points)


def retime_style(
    style: str,
    config: PathConfig,
    measure: Measure,
    *,
    seed: int,
    transform: Transform | None = None,
    **points: Any,
) -> Retiming:
    """Positions on the path of a style at constant apparent speed, for `make_path(at=...)`.

    Raises: InputError: the style is not a curve, or all images are the same.
    """
    config.check()
    if style == "random":
        raise InputError("--constant-speed: random is not a curve; leave it out")
    curve = curve_of(style, config, seed=seed, **points)

    def drawn(at: np.ndarray) -> np.ndarray:
        latents = np.asarray(curve(at=at))
        return latents if transform is None else transform(latents, at)

    return even_positions(drawn, measure, frames=config.frame_count, closed=config.closed)


def curve_of(style: str, config: PathConfig, *, seed: int, **points: Any) -> Callable[..., jax.Array]:
    """The path of a style as a function of `at` (default: once per frame)."""
    config_type, path = PATHS[style]
    assert isinstance(config, config_type), (style, config)
    return partial(path, jax.random.key(seed), config, **points)
