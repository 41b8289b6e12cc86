"""Latent paths: the styles, keyframes, timelines, path files and constant-speed retiming.

`PATHS` maps a style's name to (config type, function). Importing this package imports no jax.
"""

from typing import Any


def __getattr__(name: str) -> Any:
    if name == "PATHS":
        from animate.paths.styles import PATHS

        return PATHS
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
