"""`verify`: is a dataset whole?"""

from pathlib import Path

from tyro.conf import Positional

from data_prep.commands.datasets import describe
from data_prep.dataset import Dataset
from data_prep.progress import progress


def verify(dataset: Positional[Path]) -> None:
    """Read every record of a dataset again: counts, sizes, checksums.

    Args:
        dataset: Its folder.
    """
    opened = Dataset(dataset)
    with progress(len(opened), unit="img", label="verify") as bar:
        opened.verify(on_record=bar.update)
    print(f"{dataset}  whole: {describe(opened.count, opened.image_shape, len(opened.shards))}")
