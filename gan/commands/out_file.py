"""A result that is one file: where it may be written."""

from pathlib import Path

from data_prep.errors import InputError
from data_prep.outputs import check_place


def check_out_file(path: Path, *, suffix: str, overwrite: bool) -> None:
    """Raise InputError unless --out can be this file: of the right name, in a folder that can be, and new."""
    if path.suffix.lower() != suffix:
        raise InputError(f"--out {path}: it should end in {suffix}")
    if path.is_dir():
        raise InputError(f"--out {path} is a folder; name a file in it")
    if path.exists() and not overwrite:
        raise InputError(f"{path} exists; choose another --out, or replace it with --overwrite")
    check_place(path)
