"""A path with all that says how it was made."""

import dataclasses
import hashlib
import json
from collections.abc import Callable
from functools import cached_property, partial
from typing import Any, Literal

import jax
import numpy as np

from animate import curves
from animate.config import PathConfig
from animate.lazy_latents import Blocks, Latents, chunks
from animate.paths import PATHS
from animate.paths.constant_speed import Even, Measure, even_positions
from data_prep.errors import InputError


@dataclasses.dataclass(frozen=True, eq=False)
class Walk:
    """What a path file holds, and what a film is made of beside its generator."""

    latents: Latents  # float32 [T, Z] in z or [T, L, W] in w
    style: str  # key of PATHS
    config: dict[str, Any]  # the style's config, JSON-able
    seed: int
    fps: float
    closed: bool  # frame T would be frame 0
    truncation: float  # 1 = none; in w it was done before
    generator: str | None  # identity of the one it was made for
    cuts: tuple[int, ...] | None = None  # steps at which it jumps; None: it is not said whether it does

    @property
    def space(self) -> Literal["z", "w"]:
        return "z" if self.latents.ndim == 2 else "w"

    def header(self) -> dict[str, Any]:
        """Everything but the latents, JSON-able; `cuts` only where they are known."""
        names = {f.name for f in dataclasses.fields(self)} - {"latents", "cuts"}
        fields = {f.name: getattr(self, f.name) for f in dataclasses.fields(self) if f.name in names}
        return {"space": self.space} | fields | ({} if self.cuts is None else {"cuts": list(self.cuts)})

    def digest(self) -> str:
        """Short name of the latents' very bits, of which there may be gigabytes: it is made once."""
        return self._digest

    @cached_property
    def _digest(self) -> str:
        bits = hashlib.sha256()
        for rows in chunks(self.latents):
            bits.update(rows.tobytes())
        return bits.hexdigest()[:16]


Through = Callable[[np.ndarray, np.ndarray], np.ndarray]
"""Latents [T, ...] and their times u [T] -> latents, such as those in w."""


def passed(latents: Latents, u: np.ndarray, through: Through) -> Latents:
    """What becomes of latents at their times u [T], made block by block when it is looked at."""
    return Blocks(len(latents), lambda rows: through(latents[rows], u[rows]))


def make_walk(
    style: str,
    config: PathConfig,
    *,
    seed: int,
    truncation: float = 1.0,
    generator: str | None = None,
    at: np.ndarray | None = None,
    through: Through | None = None,
    **points: Any,
) -> Walk:
    """Draw the path of a style.

    Args:
        style: key of PATHS.
        config: of that style.
        seed: names the key from which everything random comes.
        truncation, generator: noted in the walk.
        at: places on the curve, float64 [T]; by default even ones.
        through: what is done to its latents, block by block when they are looked at.
        points: `points` of keyframes.
    """
    curve = curve_of(style, config, seed=seed, **points)
    drawn = np.asarray(curve() if at is None else curve(at=at))
    u = curves.positions(len(drawn), closed=config.closed) if at is None else at
    latents = drawn if through is None else passed(drawn, u, through)
    settings = json.loads(json.dumps(dataclasses.asdict(config), default=str))
    return Walk(latents, style, settings, seed, config.fps, config.closed, truncation, generator)


def even_style(
    style: str,
    config: PathConfig,
    measure: Measure,
    *,
    seed: int,
    through: Through | None = None,
    **points: Any,
) -> Even:
    """Places on the path of a style at which pictures change evenly, for `make_walk`.

    Raises: InputError: the style is no curve, or every picture is the same.
    """
    config.check()
    if style == "random":
        raise InputError("--constant-speed: random is no curve between pictures; leave it out")
    curve = curve_of(style, config, seed=seed, **points)

    def seen(at: np.ndarray) -> np.ndarray:
        latents = np.asarray(curve(at=at))
        return latents if through is None else through(latents, at)

    return even_positions(seen, measure, frames=config.frame_count, closed=config.closed)


def curve_of(style: str, config: PathConfig, *, seed: int, **points: Any) -> Callable[..., jax.Array]:
    """The path of a style as a function of `at` (by default once per frame)."""
    config_type, path = PATHS[style]
    assert isinstance(config, config_type), (style, config)
    return partial(path, jax.random.key(seed), config, **points)
