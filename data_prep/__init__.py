"""Scans -> pages -> tiles -> ArrayRecord shards; image and video files in and out. NumPy on the host, no jax.

The public names below are imported on first use.
"""

from typing import TYPE_CHECKING

from data_prep.lazy_imports import publish

if TYPE_CHECKING:
    from data_prep.errors import InputError, WorkError
    from data_prep.images.decoder import read_image
    from data_prep.images.files import to_float, to_uint8, write_image
    from data_prep.pages.grid import Grid, tile_centers
    from data_prep.records.dataset import Dataset
    from data_prep.records.writer import write_dataset
    from data_prep.specimens.detect import find_specimens
    from data_prep.tiles.blob import cut_tile
    from data_prep.tiles.symmetries import symmetries
    from data_prep.video.codec import read_video, write_video

PUBLIC = {
    "Dataset": "data_prep.records.dataset",
    "Grid": "data_prep.pages.grid",
    "InputError": "data_prep.errors",
    "WorkError": "data_prep.errors",
    "cut_tile": "data_prep.tiles.blob",
    "find_specimens": "data_prep.specimens.detect",
    "read_image": "data_prep.images.decoder",
    "read_video": "data_prep.video.codec",
    "symmetries": "data_prep.tiles.symmetries",
    "tile_centers": "data_prep.pages.grid",
    "to_float": "data_prep.images.files",
    "to_uint8": "data_prep.images.files",
    "write_dataset": "data_prep.records.writer",
    "write_image": "data_prep.images.files",
    "write_video": "data_prep.video.codec",
}
publish(__name__, PUBLIC)
