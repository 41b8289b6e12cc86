"""`doodles`: convert small bitmaps and pen strokes to tiles."""

from pathlib import Path

from tyro.conf import Positional

from configs.data_prep import CONFIGS
from data_prep.progress import print_failure, print_warning, progress, refuse_failures
from data_prep.records.tile_files import TileFiles
from data_prep.sources.doodles import DoodlesConfig, convert_doodles


def doodles(
    source: Positional[Path],
    out: Path,
    config: DoodlesConfig = CONFIGS["doodles"],
    files: TileFiles = TileFiles(),  # noqa: B008
) -> None:
    """Convert small drawings to tiles: 28x28 bitmaps (.npy, .npz) or strokes (.ndjson, .ndjson.gz, .npz).

    Strokes are drawn with a round pen, scaled to the tile. Classes come from the words, names or alphabets
    in the files, else from file names.

    Args:
        source: A file, or a folder of such files, including sub-folders.
        out: Folder for the dataset, or for the tiles, with a sub-folder per class.
    """
    made = convert_doodles(
        source, out, config, files=files, progress=progress, report=print_failure, warn=print_warning
    )
    print(made)
    refuse_failures(made.failures, "drawing")
