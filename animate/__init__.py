"""A trained generator -> latent paths -> frames -> videos.

The public names below are imported on first use; `import animate` loads no jax.
"""

from typing import TYPE_CHECKING

from data_prep.lazy_imports import publish

if TYPE_CHECKING:
    from animate.curves import bezier_loop
    from animate.paths import PATHS
    from animate.paths.path import LatentPath
    from animate.paths.path_file import read_path, write_path
    from animate.render import render
    from animate.video import make_video

PUBLIC = {
    "PATHS": "animate.paths",
    "LatentPath": "animate.paths.path",
    "bezier_loop": "animate.curves",
    "make_video": "animate.video",
    "read_path": "animate.paths.path_file",
    "render": "animate.render",
    "write_path": "animate.paths.path_file",
}
publish(__name__, PUBLIC)
