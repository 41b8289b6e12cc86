"""A path with all that says how it was made."""

import dataclasses
import hashlib
import json
from typing import Any, Literal

import jax
import numpy as np

from animate.config import PathConfig
from animate.paths import PATHS


@dataclasses.dataclass(frozen=True, eq=False)
class Walk:
    """What a path file holds, and what a film is made of beside its generator."""

    latents: np.ndarray  # float32 [T, Z] in z or [T, L, W] in w
    style: str  # key of PATHS
    config: dict[str, Any]  # the style's config, JSON-able
    seed: int
    fps: float
    closed: bool  # frame T would be frame 0
    truncation: float  # 1 = none; in w it was done before
    generator: str | None  # identity of the one it was made for

    @property
    def space(self) -> Literal["z", "w"]:
        return "z" if self.latents.ndim == 2 else "w"

    def header(self) -> dict[str, Any]:
        """Everything but the latents, JSON-able."""
        fields = {f.name: getattr(self, f.name) for f in dataclasses.fields(self) if f.name != "latents"}
        return {"space": self.space} | fields

    def digest(self) -> str:
        """Short name of the latents' very bits."""
        return hashlib.sha256(np.ascontiguousarray(self.latents).tobytes()).hexdigest()[:16]


def make_walk(
    style: str,
    config: PathConfig,
    *,
    seed: int,
    truncation: float = 1.0,
    generator: str | None = None,
    **points: Any,
) -> Walk:
    """Draw the path of a style.

    Args:
        style: key of PATHS.
        config: of that style.
        seed: names the key from which everything random comes.
        truncation, generator: noted in the walk.
        points: `points` [K, D] of keyframes.
    """
    config_type, path = PATHS[style]
    assert isinstance(config, config_type), (style, config)
    latents = np.asarray(path(jax.random.key(seed), config, **points))
    settings = json.loads(json.dumps(dataclasses.asdict(config), default=str))
    return Walk(latents, style, settings, seed, config.fps, config.closed, truncation, generator)
