"""`unpack`: a dataset -> PNG files."""

from pathlib import Path

from tyro.conf import Positional

from data_prep import outputs
from data_prep import unpack as unpacking
from data_prep.dataset import Dataset
from data_prep.progress import progress


def unpack(dataset: Positional[Path], out: Path, overwrite: bool = False) -> None:
    """Write the images of a dataset as PNG files, byte for byte; names say where each comes from.

    Args:
        dataset: Its folder.
        out: Folder of the files.
        overwrite: Replace what an earlier command left in --out.
    """
    opened = Dataset(dataset)
    settings = {"content_hash": opened.content_hash}
    outputs.claim(out, command="data-prep unpack", settings=settings, overwrite=overwrite, source=dataset)
    with progress(len(opened), unit="img", label="unpack") as bar:
        unpacking.unpack(opened, out, on_record=bar.update)
    print(f"{out}  {len(opened)} PNG files")
    outputs.mark_done(out)
