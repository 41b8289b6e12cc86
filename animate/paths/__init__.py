"""Latent paths: the styles, keyframes, timelines, path files and constant-speed retiming.

`PATHS` maps a style's name to (config type, function). Importing this package imports no jax.
"""

from typing import TYPE_CHECKING

from data_prep.lazy_imports import publish

if TYPE_CHECKING:
    from animate.paths.styles import PATHS

publish(__name__, {"PATHS": "animate.paths.styles"})
