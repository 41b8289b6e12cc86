"""A trained generator -> latent paths -> frames -> videos.

The public names below are imported on first use; `import animate` loads no jax.
"""

from typing import TYPE_CHECKING

from data_prep.lazy_imports import publish

if TYPE_CHECKING:
    from animate.curves import bezier_loop
    from animate.paths.path_file import read_path, write_path
    from animate.paths.styles import PATHS
    from animate.render import render

PUBLIC = {
    "PATHS": "animate.paths.styles",
    "bezier_loop": "animate.curves",
    "read_path": "animate.paths.path_file",
    "render": "animate.render",
    "write_path": "animate.paths.path_file",
}
publish(__name__, PUBLIC)
