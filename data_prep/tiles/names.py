"""File names of tiles that are cut from pages."""

import collections
from collections.abc import Sequence
from pathlib import Path

from data_prep.errors import InputError
from data_prep.outputs import fit_name


def tile_path(folder: Path, page_name: str, index: int) -> Path:
    """Path of tile `index` of a page: <page stem>/<page stem>_t00042.png."""
    stem = Path(page_name).stem
    return folder / stem / fit_name(stem, f"_t{index:05d}.png")


def check_stems(paths: Sequence[Path]) -> None:
    """Raise InputError if two pages have the same stem: their tiles would have the same file names."""
    stems = collections.Counter(path.stem for path in paths)
    if (most := stems.most_common(1)[0])[1] > 1:
        raise InputError(f"{most[1]} pages are named {most[0]}; rename them, or use --format records")
