"""Input files: open them, or name the file and the reason.

A path may be a dangling link, a folder, a pipe, lie in a folder that cannot be entered, or vanish; none of
these may end the work on other files.
"""

import os
import stat
from pathlib import Path
from typing import BinaryIO

from data_prep.errors import InputError


def open_file(path: Path) -> BinaryIO:
    """Open a file for reading. Raises: InputError: naming it and why it cannot be opened."""
    try:
        mode = path.stat().st_mode
        if stat.S_ISDIR(mode):
            os.scandir(path).close()  # raises if the folder cannot be listed
        if not stat.S_ISREG(mode):
            raise OSError("not a file")  # a pipe would block
        return path.open("rb")
    except OSError as error:
        raise unreadable(path, error) from error


def is_file(path: Path) -> bool:
    """Whether a path is a file or a link to one; False where the system does not say."""
    return os.path.isfile(path)


def is_folder(path: Path) -> bool:
    """Whether a path is a folder, not a link to one; False where the system does not say."""
    return os.path.isdir(path) and not os.path.islink(path)


def entries(folder: Path) -> list[Path]:
    """Entries of a folder without hidden ones. Raises: InputError: it cannot be listed."""
    try:
        return [path for path in folder.iterdir() if not path.name.startswith(".")]
    except OSError as error:
        raise unreadable(folder, error) from error


def unreadable(path: Path, error: OSError) -> InputError:
    """The InputError for a path that the system does not let us read, naming it and the reason."""
    if os.path.islink(path) and not os.path.exists(path):
        return InputError(f"{path} is a link to a file that does not exist")
    if os.path.isdir(path) and error.errno is None:
        return InputError(f"{path} is a folder, not a file")
    if isinstance(error, FileNotFoundError):
        return InputError(f"{path}: no such file")
    return InputError(f"{path} cannot be read ({error.strerror or error}); check its permissions")
